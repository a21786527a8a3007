package org.wasmheap.endive;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.wasmheap.testkit.ModuleBytes.EXPORTED_HEAP_BASE;
import static org.wasmheap.testkit.ModuleBytes.F64;
import static org.wasmheap.testkit.ModuleBytes.HEAP_BASE;
import static org.wasmheap.testkit.ModuleBytes.I32;
import static org.wasmheap.testkit.ModuleBytes.I64;
import static org.wasmheap.testkit.ModuleBytes.MEMORY;
import static org.wasmheap.testkit.ModuleBytes.body;
import static org.wasmheap.testkit.ModuleBytes.bytes;
import static org.wasmheap.testkit.ModuleBytes.join;
import static org.wasmheap.testkit.ModuleBytes.module;
import static org.wasmheap.testkit.ModuleBytes.name;
import static org.wasmheap.testkit.ModuleBytes.section;
import static org.wasmheap.testkit.ModuleBytes.times;
import static org.wasmheap.testkit.ModuleBytes.u32;
import static org.wasmheap.testkit.ModuleBytes.vector;
import static org.wasmheap.testkit.ModuleBytes.vectorOf;
import static org.wasmheap.testkit.ModuleBytes.withFunction;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.wasmheap.allocator.BlockLimit;
import org.wasmheap.endive.EndiveModule.MemorySize;
import org.wasmheap.endive.ModuleRefusedException.Reason;
import org.wasmheap.pool.CallOptions;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.runtime.RuntimeCode;
import org.wasmheap.testkit.Guests;
import org.wasmheap.testkit.RealRuntimes;

/** What becomes of a module whose code is rewritten. */
@Timeout(120)
class SteadyFloatsTest {
  private static final int F64_ADD = 0xA0;
  private static final byte[] SUM = bytes(0x20, 0, 0x20, 0, F64_ADD);

  /** {@code (f64) -> f64}: its argument times a power of two, by sums. */
  private static byte[] sums(byte[] locals, byte[]... more) {
    return body(locals, SUM, join(more));
  }

  /**
   * Functions of many shapes, some with sums, between sections of the module's own; the sizes of
   * the code section and of a body in more bytes than they need.
   */
  private static byte[] mixed() {
    byte[] plain = body(bytes(1, 2, I64), bytes(0x20, 0));
    byte[] manyLocals = sums(join(bytes(2), u32(130), bytes(I32, 1, F64)));
    byte[] twoSums = sums(bytes(0), bytes(0x21, 0), SUM);
    byte[] neverReached = body(bytes(0), bytes(0x20, 0, 0x0F, F64_ADD));
    byte[] branching =
        body(
            bytes(1, 1, I32),
            bytes(0x02, F64),
            SUM,
            bytes(0x41, 1, 0x04, 0x40, 0x05, 0x0B, 0x0C, 0, 0x0B));
    byte[] longSize = join(bytes(0x87, 0x80, 0), bytes(0), SUM, bytes(0x0B));
    byte[] code = vector(plain, manyLocals, twoSums, plain, neverReached, branching, longSize);
    return module(
        section(0, name("first"), bytes(1, 2, 3)),
        section(1, vector(bytes(0x60, 1, F64, 1, F64))),
        section(3, vectorOf(7, bytes(0))),
        MEMORY,
        HEAP_BASE,
        section(7, exports(7)),
        section(0, name("between"), bytes(4, 5)),
        join(bytes(10, code.length | 0x80, code.length >> 7 | 0x80, 0), code),
        section(11, vector(join(bytes(0, 0x41, 8, 0x0B), u32(3), bytes(7, 8, 9)))),
        section(0, name("last"), bytes(6)));
  }

  private static byte[] exports(int functions) {
    byte[] exports = join(u32(functions + 1), EXPORTED_HEAP_BASE);
    for (int i = 0; i < functions; i++) {
      exports = join(exports, name("f" + i), bytes(0, i));
    }
    return exports;
  }

  private static ModuleRefusedException refusal(byte[] wasm) {
    return assertThrows(ModuleRefusedException.class, () -> ModuleCheck.steady(wasm, true));
  }

  private static void assertTooLarge(String what, byte[] wasm) {
    ModuleRefusedException refusal = refusal(wasm);
    assertEquals(Reason.TOO_LARGE, refusal.reason());
    assertTrue(refusal.getMessage().contains(what), refusal.getMessage());
  }

  @Test
  void functions_of_all_shapes_compute_as_before_and_data_stays() throws Exception {
    // given
    EndiveModule module =
        EndiveModule.load(mixed(), MemorySize::new, List.of(), BlockLimit.ON_CHAIN);
    double[] factors = {1, 2, 4, 1, 1, 2, 2};
    try (HeapExecutor<EndiveGuest> executor = Guests.onOneWorker(module)) {
      for (int i = 0; i < factors.length; i++) {
        // when
        long bits = Guests.call(executor, "f" + i, Double.doubleToRawLongBits(1.5));
        // then
        assertEquals(1.5 * factors[i], Double.longBitsToDouble(bits), 0);
      }
      byte[] data = executor.call(CallOptions.named("data"), guest -> guest.heap().read(8, 3));
      assertArrayEquals(bytes(7, 8, 9), data);
    }
  }

  @Test
  void what_is_rewritten_passes_the_check_and_bodies_without_floats_cost_nothing() {
    // given
    byte[] plain = withFunction(bytes(0), bytes(0x01));
    // when
    byte[] same = ModuleCheck.steady(plain, true).wasm();
    byte[] rewritten = ModuleCheck.steady(mixed(), true).wasm();
    // then
    assertSame(plain, same);
    long added =
        ModuleCheck.check(rewritten, true).of(ModuleLimit.INSTRUCTIONS)
            - ModuleCheck.check(mixed(), true).of(ModuleLimit.INSTRUCTIONS);
    assertEquals(6 * 6, added, "six instructions behind each of six");
  }

  @Test
  void code_that_grows_beyond_a_limit_is_refused_as_too_large() {
    byte[] unreached = bytes(0x00);
    byte[] sums = times(60_000, bytes(F64_ADD));
    assertTooLarge("bytes of a function's body", withFunction(bytes(0), unreached, sums));
    assertTooLarge(
        "locals of a function, at most 2,000 are allowed (section code",
        withFunction(join(bytes(1), u32(1_997), bytes(I32)), unreached, bytes(F64_ADD)));
    assertTooLarge(
        "after its code was rewritten",
        withFunction(join(bytes(1), u32(1_997), bytes(I32)), unreached, bytes(F64_ADD)));
    assertTooLarge(
        "values in the stack maps",
        withFunction(
            join(bytes(1), u32(1_900), bytes(I32)), unreached, times(1_100, bytes(F64_ADD))));
  }

  @Test
  void functions_that_grow_beyond_the_instructions_of_a_module_are_refused() {
    byte[] function = body(bytes(0), bytes(0x00), times(43_000, bytes(F64_ADD)));
    assertTooLarge(
        "instructions, at most",
        module(
            section(1, vector(bytes(0x60, 0, 0))),
            section(3, vectorOf(140, bytes(0))),
            MEMORY,
            HEAP_BASE,
            section(10, vectorOf(140, function))));
  }

  @Test
  void a_module_of_as_many_bytes_as_are_allowed_is_refused_with_floats_and_not_without() {
    assertTooLarge(
        "134,217,753 bytes of the module", longest(withFunction(bytes(0), bytes(0x00, F64_ADD))));
    byte[] plain = longest(withFunction(bytes(0), bytes(0x00, 0x7C)));
    assertSame(plain, ModuleCheck.steady(plain, true).wasm());
  }

  /** A module with a custom section behind it, as long as a module may be. */
  private static byte[] longest(byte[] module) {
    int most = ModuleLimit.MODULE_BYTES.most();
    byte[] size = u32(most - module.length - 5);
    byte[] wasm = Arrays.copyOf(join(module, bytes(0), size), most);
    assertEquals(4, size.length);
    return wasm;
  }

  @ParameterizedTest
  @ValueSource(strings = {RealRuntimes.WESTEND, RealRuntimes.KUSAMA})
  void real_runtimes_without_floats_keep_their_bytes(String file) {
    byte[] wasm = RuntimeCode.read(RealRuntimes.find(file)).wasm();
    assertSame(wasm, ModuleCheck.steady(wasm, true).wasm());
  }

  @Test
  void a_real_runtime_with_floats_grows_by_some_bytes() {
    // given
    byte[] wasm = RuntimeCode.read(RealRuntimes.find(RealRuntimes.CORETIME)).wasm();
    // when
    byte[] steady = ModuleCheck.steady(wasm, true).wasm();
    // then
    assertNotSame(wasm, steady);
    assertTrue(steady.length > wasm.length, () -> "" + steady.length);
    assertTrue(steady.length - wasm.length < 300, () -> "" + (steady.length - wasm.length));
  }
}
