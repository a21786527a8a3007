package org.wasmheap.endive;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.wasmheap.testkit.ModuleBytes.EXPORTED_HEAP_BASE;
import static org.wasmheap.testkit.ModuleBytes.F32;
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
import static org.wasmheap.testkit.ModuleBytes.vector;

import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.Ints;
import com.google.common.primitives.Longs;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.wasmheap.pool.CallOptions;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.testkit.Guests;
import org.wasmheap.testkit.WasmNumbers;
import run.endive.compiler.MachineFactoryCompiler;
import run.endive.runtime.ExportFunction;
import run.endive.runtime.Instance;
import run.endive.runtime.InterpreterMachine;
import run.endive.wasm.Parser;
import run.endive.wasm.WasmModule;

/**
 * What does not compute keeps all bits of a NaN, and what computes makes the canonical one: in the
 * first call and in the 300th.
 */
@Timeout(120)
class FloatBitsTest {
  private static final int CALLS = 300;
  private static final int SIGNALLING_32 = 0x7FA0_0001;
  private static final long SIGNALLING_64 = 0xFFF4_0000_0000_0123L;

  /** NaNs with the sign and without, quiet and signalling; and what makes one of numbers. */
  private static final long[] FLOATS = {
    0x7FC0_0123L, 0xFFC0_0456L, SIGNALLING_32, 0x7F80_0000L, 0xFF80_0000L, 0
  };

  private static final long[] DOUBLES = {
    0x7FF8_0000_0000_0123L,
    0xFFF8_0000_0000_0456L,
    SIGNALLING_64,
    0x7FF0_0000_0000_0000L,
    0xFFF0_0000_0000_0000L,
    0
  };

  /** Each instruction that can make a NaN. */
  private static int[] arithmetic() {
    return IntStream.concat(
            IntStream.concat(IntStream.rangeClosed(0x8D, 0x97), IntStream.rangeClosed(0x9B, 0xA5)),
            IntStream.of(0xB6, 0xBB))
        .toArray();
  }

  private static boolean isSingle(int opcode) {
    return WasmNumbers.result(opcode) == F32;
  }

  /** A function of bits that computes a hundred times and gives the last result's bits. */
  private static byte[] looping(int opcode) {
    boolean singleOperand = opcode == 0xBB || (isSingle(opcode) && opcode != 0xB6);
    int operand = singleOperand ? I32 : I64;
    int result = isSingle(opcode) ? I32 : I64;
    byte[] gets = new byte[0];
    for (int i = 0; i < WasmNumbers.operands(opcode).length; i++) {
      gets = join(gets, bytes(0x20, i, singleOperand ? 0xBE : 0xBF));
    }
    return module(
        section(1, vector(bytes(0x60, 2, operand, operand, 1, result))),
        section(3, bytes(1, 0)),
        MEMORY,
        HEAP_BASE,
        section(7, vector(EXPORTED_HEAP_BASE, join(name("f"), bytes(0, 0)))),
        section(
            10,
            vector(
                body(
                    bytes(2, 1, I32, 1, result),
                    bytes(0x03, 0x40),
                    gets,
                    bytes(opcode, result == I32 ? 0xBC : 0xBD, 0x21, 3),
                    bytes(0x20, 2, 0x41, 1, 0x6A, 0x22, 2, 0x41, 0xE4, 0, 0x49, 0x0D, 0, 0x0B),
                    bytes(0x20, 3)))));
  }

  /** Pairs of operands that make a NaN. */
  private static List<long[]> operands(int opcode) {
    long[] edges = opcode == 0xBB || (isSingle(opcode) && opcode != 0xB6) ? FLOATS : DOUBLES;
    List<long[]> operands = new ArrayList<>();
    for (long first : edges) {
      for (long second : edges) {
        long[] pair = {first, second};
        Long expected = WasmNumbers.expected(opcode, pair);
        if (expected != null
            && (isSingle(opcode)
                ? Float.isNaN(Float.intBitsToFloat(expected.intValue()))
                : Double.isNaN(Double.longBitsToDouble(expected)))) {
          operands.add(pair);
        }
      }
    }
    return operands;
  }

  /** The results of each of many calls with each pair of operands. */
  private static Instance.Builder asTheEngineHasIt(WasmModule wasm, boolean compiled) {
    return Instance.builder(wasm)
        .withMachineFactory(
            compiled ? MachineFactoryCompiler.compile(wasm) : InterpreterMachine::new);
  }

  private static Set<Long> results(LinkedModule code, int opcode) {
    return results(Instance.builder(code.wasm()).withMachineFactory(code.machines()), opcode);
  }

  private static Set<Long> results(Instance.Builder code, int opcode) {
    ExportFunction function = code.build().export("f");
    List<long[]> operands = operands(opcode);
    Set<Long> results = new TreeSet<>();
    for (int call = 0; call < CALLS; call++) {
      long[] pair = operands.get(call % operands.size());
      long found = function.apply(pair)[0];
      results.add(isSingle(opcode) ? found & 0xFFFF_FFFFL : found);
    }
    return results;
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void arithmetic_makes_the_canonical_nan_and_no_other_cold_and_warm(boolean compiled) {
    for (int opcode : arithmetic()) {
      // given
      LoadOptions options = compiled ? LoadOptions.DEFAULT : LoadOptions.DEFAULT.asInterpreted();
      LinkedModule code = ModuleLoader.load(looping(opcode), ImmutableMap.of(), options);
      // when
      Set<Long> results = results(code, opcode);
      // then
      assertEquals(
          Set.of(isSingle(opcode) ? WasmNumbers.CANONICAL_32 : WasmNumbers.CANONICAL_64),
          results,
          () -> InstructionSet.name(0, opcode));
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void the_engine_alone_makes_other_nans(boolean compiled) {
    for (int opcode : arithmetic()) {
      // given
      WasmModule wasm = Parser.parse(looping(opcode));
      // when
      Set<Long> results = results(asTheEngineHasIt(wasm, compiled), opcode);
      // then
      assertNotEquals(
          Set.of(isSingle(opcode) ? WasmNumbers.CANONICAL_32 : WasmNumbers.CANONICAL_64),
          results,
          () -> InstructionSet.name(0, opcode));
    }
  }

  /** What a guest's {@code attack} leaves at 1024. */
  private static byte[] attack(HeapExecutor<EndiveGuest> executor, int length)
      throws InterruptedException {
    return executor.call(
        CallOptions.named("attack"),
        guest -> {
          guest.call("attack", 0, 0);
          return guest.heap().read(1024, length);
        });
  }

  @Test
  void sums_products_and_floors_of_nans_have_the_same_bits_in_each_call() throws Exception {
    long reversed = Long.reverseBytes(WasmNumbers.CANONICAL_64);
    try (HeapExecutor<EndiveGuest> executor = Guests.onOneWorker(Guests.load("nan_bits"))) {
      for (int call = 0; call < 200; call++) {
        byte[] found = attack(executor, 24);
        for (int i = 0; i < 24; i += Long.BYTES) {
          assertEquals(reversed, Longs.fromByteArray(Arrays.copyOfRange(found, i, i + 8)));
        }
      }
    }
  }

  @Test
  void the_sign_of_a_positive_number_is_not_taken_for_that_of_a_nan() throws Exception {
    byte[] one = Ints.toByteArray(Integer.reverseBytes(Float.floatToRawIntBits(1)));
    try (HeapExecutor<EndiveGuest> executor = Guests.onOneWorker(Guests.load("copysign"))) {
      assertArrayEquals(one, attack(executor, Float.BYTES));
    }
  }

  @Test
  void moving_a_nan_keeps_its_bits_cold_and_warm() throws Exception {
    try (HeapExecutor<EndiveGuest> executor = Guests.onOneWorker(Guests.load("float_bits"))) {
      for (int call = 0; call < CALLS; call++) {
        assertEquals(SIGNALLING_32, (int) Guests.call(executor, "memory32", SIGNALLING_32));
        assertEquals(SIGNALLING_64, Guests.call(executor, "memory64", SIGNALLING_64));
        assertEquals(SIGNALLING_64, Guests.call(executor, "moved64", SIGNALLING_64));
        assertEquals(0xFFA0_0001, (int) Guests.call(executor, "constant32"));
        assertEquals(0x7FF4_0000_0000_0123L, Guests.call(executor, "constant64"));
      }
    }
  }

  @Test
  void signs_are_set_and_all_else_is_kept_cold_and_warm() throws Exception {
    try (HeapExecutor<EndiveGuest> executor = Guests.onOneWorker(Guests.load("float_bits"))) {
      for (int call = 0; call < CALLS; call++) {
        assertEquals(0xFFA0_0001, (int) Guests.call(executor, "neg32", SIGNALLING_32));
        assertEquals(SIGNALLING_64 ^ Long.MIN_VALUE, Guests.call(executor, "abs64", SIGNALLING_64));
        assertEquals(SIGNALLING_64 ^ Long.MIN_VALUE, Guests.call(executor, "neg64", SIGNALLING_64));
        assertEquals(
            SIGNALLING_64 ^ Long.MIN_VALUE, Guests.call(executor, "copysign64", SIGNALLING_64, 1));
      }
    }
  }
}
