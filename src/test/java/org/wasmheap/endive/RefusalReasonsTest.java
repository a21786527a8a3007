package org.wasmheap.endive;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.objectweb.asm.ClassTooLargeException;
import org.objectweb.asm.MethodTooLargeException;
import org.wasmheap.endive.ModuleRefusedException.Reason;
import run.endive.wasm.InvalidException;
import run.endive.wasm.WasmEngineException;

/** A load that fails says whether the module is wrong, the engine too small, or the JVM. */
class RefusalReasonsTest {
  private static void assertRefusal(Reason reason, String words, Throwable failure) {
    ModuleRefusedException refused = ModuleRefusals.ofLoading(failure);
    assertEquals(reason, refused.reason(), refused::getMessage);
    assertTrue(String.valueOf(refused.getMessage()).contains(words), refused::getMessage);
  }

  @Test
  void what_does_not_fit_into_class_files_is_a_limit_of_the_engine() {
    Throwable method = new MethodTooLargeException("a/Machine", "call", "()V", 70_000);
    assertRefusal(Reason.TOO_LARGE, "a limit of its own", method);
    assertRefusal(Reason.TOO_LARGE, "a limit of its own", new ClassTooLargeException("a", 70_000));
    assertRefusal(
        Reason.TOO_LARGE, "a limit of its own", new WasmEngineException("too large", method));
  }

  @Test
  void too_little_memory_or_stack_of_the_jvm_is_said() {
    assertRefusal(
        Reason.TOO_LARGE,
        "the JVM has not the memory to parse and compile it (Metaspace)",
        new OutOfMemoryError("Metaspace"));
    assertRefusal(Reason.TOO_LARGE, "more stack", new StackOverflowError());
  }

  @Test
  void what_the_jvm_does_not_take_is_no_fault_of_the_module() {
    assertRefusal(Reason.UNSUPPORTED, "the JVM does not take", new VerifyError("bad stack map"));
  }

  @Test
  void all_else_is_the_module() {
    assertRefusal(Reason.INVALID, "type mismatch", new InvalidException("type mismatch"));
    assertRefusal(Reason.INVALID, "malformed", new ArrayIndexOutOfBoundsException(3));
    assertRefusal(Reason.INVALID, "malformed", new AssertionError("no"));
  }
}
