package org.wasmheap.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.wasmheap.allocator.BlockLimit;
import org.wasmheap.endive.HostFunction;
import org.wasmheap.endive.PointerSize;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.CallScope;
import org.wasmheap.heap.GrowthPolicy;
import org.wasmheap.heap.Heap;
import org.wasmheap.heap.HeapListener;
import org.wasmheap.host.CryptoVectors.Signed;
import org.wasmheap.memory.LinearMemory;
import org.wasmheap.pool.CallOptions;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.testkit.ScopeGuests;
import run.endive.wasm.types.ValType;

/** Each function that takes something out of the memory, and each way out of the memory. */
class CryptoRowsTest {
  private static final int MEMORY_BYTES = 2 * 65_536;

  /** What there is of the smallest that a pointer leads to, a key or a hash, beyond the end. */
  private static final List<Integer> POINTERS =
      List.of(MEMORY_BYTES - 31, MEMORY_BYTES, MEMORY_BYTES + 1, Integer.MIN_VALUE, -32, -1);

  private static final List<Long> RANGES =
      List.of(
          range(MEMORY_BYTES - 4, 5),
          range(0, MEMORY_BYTES + 1L),
          range(MEMORY_BYTES + 1, 0),
          range(0, 1L << 31),
          range(16, (1L << 31) + 1),
          range(0, (1L << 32) - 1),
          range(MEMORY_BYTES - 4, (1L << 32) - MEMORY_BYTES + 8),
          range(Integer.MIN_VALUE, 1),
          range(-1, 1),
          -1L);

  private static final HeapExecutor<CallScope> EXECUTOR =
      HeapExecutor.builder(ScopeGuests.withPages(2)).workers(1).build();

  @AfterAll
  static void shutDown() {
    EXECUTOR.close();
  }

  /** A call with one argument that leads out of the memory. */
  private record Row(HostFunction function, int index, long argument) {
    long[] arguments() {
      long[] arguments = new long[function.type().params().size()];
      Arrays.fill(arguments, 0);
      arguments[index] = argument;
      return arguments;
    }

    @Override
    public String toString() {
      return function.name() + ", argument " + index + ": 0x" + Long.toHexString(argument);
    }
  }

  static Stream<Row> rows() {
    return CryptoFunctions.all().stream()
        .flatMap(
            function ->
                IntStream.range(0, function.type().params().size())
                    .boxed()
                    .flatMap(index -> arguments(function, index)));
  }

  private static Stream<Row> arguments(HostFunction function, int index) {
    return function.type().params().get(index).equals(ValType.I64)
        ? RANGES.stream().map(range -> new Row(function, index, range))
        : POINTERS.stream().map(pointer -> new Row(function, index, pointer));
  }

  /**
   * The others lead to zeros, so that the signature is wrong for most: it is a trap all the same.
   */
  @ParameterizedTest
  @MethodSource("rows")
  void what_leads_out_of_the_memory_is_the_guests_trap(Row row) {
    // when
    var failure =
        assertThrows(
            CallException.class,
            () ->
                EXECUTOR.call(
                    CallOptions.named("test"),
                    scope -> row.function().body().run(scope, row.arguments())));
    // then
    assertTrue(failure.isDeterministic(), failure.getMessage());
  }

  static Stream<HostFunction> functions() {
    return CryptoFunctions.all().stream().filter(f -> !f.type().params().isEmpty());
  }

  @ParameterizedTest
  @MethodSource("functions")
  void the_last_bytes_of_the_memory_are_inside(HostFunction function) throws Exception {
    // given all that is taken at the very end, where there are zeros
    boolean isEcdsa = function.name().contains("ecdsa");
    boolean recovers = function.name().contains("recover");
    int signature = MEMORY_BYTES - (isEcdsa ? 65 : 64);
    int key = MEMORY_BYTES - (isEcdsa ? 33 : 32);
    int hash = MEMORY_BYTES - 32;
    boolean hashed = recovers || function.name().contains("prehashed");
    long message = hashed ? hash : range(MEMORY_BYTES - 10, 10);
    // when
    long answer =
        EXECUTOR.call(
            CallOptions.named("test"),
            scope ->
                recovers
                    ? PointerSize.of(function.body().run(scope, new long[] {signature, message}))
                        .size()
                    : function.body().run(scope, new long[] {signature, message, key}));
    // then zeros are right for ed25519 and, from before the audit, for sr25519; others have an
    // error
    boolean right =
        function.name().contains("ed25519_")
            || function.name().contains("sr25519_verify_version_1");
    assertEquals(recovers ? 2 : right ? 1 : 0, answer);
  }

  @Test
  void addresses_of_2_31_and_more_lie_inside_a_memory_of_4_gib() throws Exception {
    // given
    Heap heap =
        new Heap(
            "test",
            "test/1",
            LinearMemory.sparse(65_536, 65_536),
            1024,
            BlockLimit.ON_CHAIN,
            GrowthPolicy.ALLOW_ALL,
            HeapListener.NONE);
    heap.claim();
    CallScope scope = CallScope.of(heap.begin(1, "test"), null);
    Signed right = CryptoVectors.signed("sr25519", "right");
    int high = 0xC000_0000;
    scope.heap().write(high, right.signature());
    scope.heap().write(high + 100, right.message());
    scope.heap().write(-32, right.key());
    // when
    long answer =
        CryptoCalls.run(
            scope,
            "sr25519_verify_version_2",
            high,
            range(high + 100, right.message().length),
            -32);
    // then
    assertEquals(1, answer);
    heap.retire();
  }

  private static long range(int pointer, long size) {
    return new PointerSize(pointer, size).packed();
  }
}
