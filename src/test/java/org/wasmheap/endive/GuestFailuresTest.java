package org.wasmheap.endive;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.wasmheap.allocator.BlockLimit;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.memory.MemoryAccessException;
import org.wasmheap.pool.CallOptions;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.testkit.Guests;
import run.endive.runtime.TrapException;
import run.endive.runtime.WasmInterruptedException;
import run.endive.runtime.WasmRuntimeException;
import run.endive.wasm.InvalidException;
import run.endive.wasm.UninstantiableException;
import run.endive.wasm.UnlinkableException;
import run.endive.wasm.WasmEngineException;

/** Which exceptions out of guest code are whose doing. {@link TrapsTest} has the real traps. */
@Timeout(60)
class GuestFailuresTest {
  static Stream<Arguments> exceptions() {
    return Stream.of(
        Arguments.of(new TrapException("unreachable"), FailureKind.TRAP),
        Arguments.of(new WasmRuntimeException("integer overflow"), FailureKind.TRAP),
        Arguments.of(new WasmEngineException("indirect call type mismatch"), FailureKind.TRAP),
        Arguments.of(new InvalidException("unknown function 7"), FailureKind.TRAP),
        Arguments.of(new WasmInterruptedException("stop"), FailureKind.INTERRUPTED),
        Arguments.of(new StackOverflowError(), FailureKind.STACK_OVERFLOW),
        Arguments.of(
            new WasmEngineException("call stack exhausted", new StackOverflowError()),
            FailureKind.STACK_OVERFLOW),
        Arguments.of(new OutOfMemoryError(), FailureKind.OUT_OF_MEMORY),
        Arguments.of(
            dead(new NoClassDefFoundError("Could not initialize class Some")),
            FailureKind.ENGINE_FAULT),
        Arguments.of(dead(new BootstrapMethodError("no call site")), FailureKind.ENGINE_FAULT),
        Arguments.of(
            new ExceptionInInitializerError(new StackOverflowError()), FailureKind.ENGINE_FAULT),
        Arguments.of(new RuntimeException(new StackOverflowError()), FailureKind.ENGINE_FAULT),
        Arguments.of(new WasmEngineException("call stack exhausted"), FailureKind.ENGINE_FAULT),
        Arguments.of(new WasmEngineException("Unhandled opcode"), FailureKind.ENGINE_FAULT),
        Arguments.of(new InvalidException("unknown table 3"), FailureKind.ENGINE_FAULT),
        Arguments.of(new UnlinkableException("unknown import"), FailureKind.ENGINE_FAULT),
        Arguments.of(new UninstantiableException("elements"), FailureKind.ENGINE_FAULT),
        Arguments.of(new ArrayIndexOutOfBoundsException(-1), FailureKind.ENGINE_FAULT),
        Arguments.of(new NegativeArraySizeException("-1"), FailureKind.ENGINE_FAULT),
        Arguments.of(new ClassCastException(), FailureKind.ENGINE_FAULT),
        Arguments.of(new NullPointerException(), FailureKind.ENGINE_FAULT),
        Arguments.of(new UnsupportedOperationException(), FailureKind.ENGINE_FAULT),
        Arguments.of(new VerifyError(), FailureKind.ENGINE_FAULT),
        Arguments.of(new AssertionError(), FailureKind.ENGINE_FAULT),
        Arguments.of(new InternalError(), FailureKind.ENGINE_FAULT));
  }

  private static Error dead(Error error) {
    error.initCause(new ExceptionInInitializerError(new StackOverflowError()));
    return error;
  }

  @ParameterizedTest
  @MethodSource("exceptions")
  void an_exception_out_of_guest_code_is_of_the_kind_that_the_list_says(
      Throwable thrown, FailureKind kind) {
    // when
    CallException failure = assertInstanceOf(CallException.class, GuestFailures.classified(thrown));
    // then
    assertEquals(kind, failure.kind());
    assertEquals(kind == FailureKind.TRAP, failure.isDeterministic());
    assertSame(thrown, failure.getCause());
  }

  @Test
  void an_exception_of_this_library_stays_what_it_is() {
    MemoryAccessException known = new MemoryAccessException(8, 8, 8);
    assertSame(known, GuestFailures.classified(known));
  }

  @Test
  void what_the_engine_says_is_escaped() {
    String message = GuestFailures.classified(new TrapException("line\n\u001b[31m")).getMessage();
    assertEquals("line\\n\\u{1b}[31m", message);
  }

  @Test
  void a_call_through_a_table_to_another_type_traps_also_among_very_many_functions_of_a_type()
      throws Exception {
    // given more functions than the engine puts into one method
    EndiveModule module =
        EndiveModule.load(
            manyFunctions(1_100), EndiveModule.MemorySize::new, List.of(), BlockLimit.ON_CHAIN);
    try (HeapExecutor<EndiveGuest> executor = Guests.onOneWorker(module)) {
      // when
      CallException failure =
          assertThrows(CallException.class, () -> Guests.call(executor, "other"));
      // then
      assertEquals(FailureKind.TRAP, failure.kind(), failure.getMessage());
      assertEquals(1, Guests.call(executor, "fine"));
    }
  }

  @Test
  void a_deadline_stays_the_cause_if_the_clean_up_after_it_breaks_the_heap() throws Exception {
    // given
    try (HeapExecutor<EndiveGuest> executor = Guests.onOneWorker(Guests.load("traps"))) {
      assertTrue(executor.awaitReady(Duration.ofSeconds(30)).isReady());
      // when
      CallException failure =
          assertThrows(
              CallException.class,
              () ->
                  executor.call(
                      CallOptions.named("call").withDeadline(Duration.ofMillis(400)),
                      guest -> {
                        try {
                          return guest.call("loop_forever");
                        } finally {
                          guest.heap().free(4096);
                        }
                      }));
      // then
      assertEquals(FailureKind.DEADLINE, failure.kind());
      assertFalse(failure.isDeterministic());
      assertEquals(0, executor.statistics().poisoned());
      assertEquals(1, Guests.call(executor, "fine"));
    }
  }

  /**
   * So many functions of type () to i32 and one of type () to i64, all in a table; {@code fine}
   * calls the first through it, {@code other} the last.
   */
  private static byte[] manyFunctions(int count) {
    Bytes functions = new Bytes().u32(count + 3);
    Bytes elements = new Bytes().u32(1).u8(0).u8(0x41).u32(0).u8(0x0b).u32(count + 1);
    Bytes code = new Bytes().u32(count + 3);
    for (int i = 0; i <= count; i++) {
      functions.u8(i < count ? 0 : 1);
      elements.u32(i);
      code.u8(4).u8(0).u8(i < count ? 0x41 : 0x42).u8(1).u8(0x0b);
    }
    functions.u8(0).u8(0);
    for (int index : new int[] {0, count}) {
      byte[] body = new Bytes().u8(0).u8(0x41).s32(index).u8(0x11).u8(0).u8(0).u8(0x0b).get();
      code.u32(body.length).bytes(body);
    }
    return new Bytes()
        .bytes(new byte[] {0, 'a', 's', 'm', 1, 0, 0, 0})
        .section(1, new Bytes().u32(2).u8(0x60).u8(0).u8(1).u8(0x7f).u8(0x60).u8(0).u8(1).u8(0x7e))
        .section(3, functions)
        .section(4, new Bytes().u32(1).u8(0x70).u8(0).u32(count + 1))
        .section(5, new Bytes().u32(1).u8(0).u8(1))
        .section(6, new Bytes().u32(1).u8(0x7f).u8(0).u8(0x41).u32(0).u8(0x0b))
        .section(
            7,
            new Bytes()
                .u32(3)
                .name("__heap_base")
                .u8(3)
                .u32(0)
                .name("fine")
                .u8(0)
                .u32(count + 1)
                .name("other")
                .u8(0)
                .u32(count + 2))
        .section(9, elements)
        .section(10, code)
        .get();
  }

  /** Bytes of a module, in the encoding of its specification. */
  private static final class Bytes {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    Bytes u8(int value) {
      out.write(value);
      return this;
    }

    Bytes u32(int value) {
      int rest = value;
      while (rest >= 0x80) {
        out.write((rest & 0x7f) | 0x80);
        rest >>>= 7;
      }
      return u8(rest);
    }

    /** For values that are not negative: one more bit, which is clear. */
    Bytes s32(int value) {
      int rest = value;
      while (rest >= 0x40) {
        out.write((rest & 0x7f) | 0x80);
        rest >>>= 7;
      }
      return u8(rest);
    }

    Bytes bytes(byte[] bytes) {
      out.writeBytes(bytes);
      return this;
    }

    Bytes name(String ascii) {
      return u32(ascii.length()).bytes(ascii.getBytes(java.nio.charset.StandardCharsets.US_ASCII));
    }

    Bytes section(int id, Bytes content) {
      byte[] bytes = content.get();
      return u8(id).u32(bytes.length).bytes(bytes);
    }

    byte[] get() {
      return out.toByteArray();
    }
  }
}
