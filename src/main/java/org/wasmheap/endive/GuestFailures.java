package org.wasmheap.endive;

import org.jspecify.annotations.Nullable;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.memory.WasmHeapException;
import org.wasmheap.text.Printable;
import run.endive.runtime.TrapException;
import run.endive.runtime.WasmInterruptedException;
import run.endive.runtime.WasmRuntimeException;
import run.endive.wasm.InvalidException;
import run.endive.wasm.WasmEngineException;

/**
 * Says which kind of failure it is that guest code ended with.
 *
 * <p>A trap is what the specification of WebAssembly makes one, by this list, and nothing else. Of
 * the engine's exceptions, {@link TrapException} and {@link WasmRuntimeException} stand for traps
 * only; a call through a table to a function of another type is a plain {@link
 * WasmEngineException}, or an {@link InvalidException} in modules with very many functions of one
 * type. All others say that the engine was used wrongly or failed, as any unchecked exception does
 * that nobody expects there.
 */
final class GuestFailures {
  private static final String WRONG_TYPE = "indirect call type mismatch";
  private static final String WRONG_TYPE_AMONG_MANY = "unknown function ";

  private GuestFailures() {}

  /** The exception that the making of an instance fails with. */
  static RuntimeException classified(Throwable thrown) {
    return classified(thrown, null);
  }

  /**
   * The exception that a call fails with.
   *
   * @param words what the guest said before, if anything; part of a trap's message
   */
  static RuntimeException classified(Throwable thrown, @Nullable String words) {
    if (thrown instanceof WasmHeapException known) {
      return known;
    }
    if (thrown instanceof WasmInterruptedException) {
      return new CallException(FailureKind.INTERRUPTED, "the guest was interrupted", thrown);
    }
    if (isStackOverflow(thrown)) {
      return new CallException(
          FailureKind.STACK_OVERFLOW, "the guest's calls filled the thread's stack", thrown);
    }
    if (thrown instanceof OutOfMemoryError) {
      String which = Printable.text(String.valueOf(thrown.getMessage())); // Such as Metaspace.
      return new CallException(
          FailureKind.OUT_OF_MEMORY, "the JVM is out of memory (" + which + ")", thrown);
    }
    return isTrap(thrown)
        ? new CallException(FailureKind.TRAP, trapText(thrown, words), thrown)
        : new CallException(
            FailureKind.ENGINE_FAULT,
            "the engine failed: " + Printable.text(thrown.toString()),
            thrown);
  }

  /**
   * The error itself, or as the engine wraps it. Never one further down: a class whose
   * initialisation died at the end of a stack names that as its cause in every later call.
   */
  private static boolean isStackOverflow(Throwable thrown) {
    return thrown instanceof StackOverflowError
        || (thrown instanceof WasmEngineException
            && thrown.getCause() instanceof StackOverflowError);
  }

  private static String trapText(Throwable trap, @Nullable String words) {
    String how = Printable.text(trap.getMessage());
    return words == null ? how : "the guest said: " + words + " (" + how + ")";
  }

  private static boolean isTrap(Throwable thrown) {
    if (thrown instanceof TrapException || thrown instanceof WasmRuntimeException) {
      return true;
    }
    String message = String.valueOf(thrown.getMessage());
    return (thrown.getClass() == WasmEngineException.class && message.equals(WRONG_TYPE))
        || (thrown.getClass() == InvalidException.class
            && message.startsWith(WRONG_TYPE_AMONG_MANY));
  }
}
