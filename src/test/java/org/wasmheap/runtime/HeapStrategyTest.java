package org.wasmheap.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.wasmheap.endive.EndiveGuest;
import org.wasmheap.endive.EndiveModule.MemorySize;
import org.wasmheap.memory.LinearMemory;
import org.wasmheap.pool.CallOptions;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.testkit.Guests;
import org.wasmheap.testkit.Samples;

@Timeout(60)
class HeapStrategyTest {
  /** The sample's declared initial size. */
  private static final int INITIAL = 2;

  /** Grows the sample by so many pages; gives pages before or -1, and pages now. */
  private static List<Integer> grow(
      HeapExecutor<EndiveGuest> executor, SubstrateRuntime sample, int pages)
      throws InterruptedException {
    byte[] input = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(pages).array();
    byte[] result = executor.call(CallOptions.named("test_grow"), sample.call("test_grow", input));
    ByteBuffer numbers = ByteBuffer.wrap(result).order(ByteOrder.LITTLE_ENDIAN);
    return List.of(numbers.getInt(), numbers.getInt());
  }

  @ParameterizedTest
  @CsvSource({
    "2048, 21, 65536, 2069",
    "0, 21, 65536, 21",
    "2048, 21, 100, 2069",
    "2048, 21, 21, 2069",
    "1024, 0, 1023, 1024",
    "65535, 1, 65536, 65536"
  })
  void static_adds_heap_pages_to_the_initial_ones_whatever_the_modules_maximum(
      int heapPages, int initial, int maximum, int expected) {
    assertEquals(
        new MemorySize(expected, expected),
        HeapStrategy.ofStatic(heapPages).size(initial, maximum));
  }

  @ParameterizedTest
  @CsvSource({
    "2069, 21, 65536, 2069",
    "65536, 21, 65536, 65536",
    "65536, 21, 100, 65536",
    "50, 21, 100, 50",
    "21, 21, 65536, 21"
  })
  void dynamic_begins_with_the_initial_pages_and_bounds_growth_by_its_own_maximum(
      int pages, int initial, int maximum, int expected) {
    assertEquals(
        new MemorySize(initial, expected), HeapStrategy.ofDynamic(pages).size(initial, maximum));
  }

  @Test
  void a_strategy_that_does_not_fit_the_module_is_refused() {
    assertThrows(IllegalArgumentException.class, () -> HeapStrategy.ofDynamic(20).size(21, 65_536));
    assertThrows(
        IllegalArgumentException.class, () -> HeapStrategy.ofStatic(65_536).size(1, 65_536));
    assertThrows(IllegalArgumentException.class, () -> Samples.load(HeapStrategy.ofDynamic(1)));
  }

  @Test
  void pages_out_of_range_are_refused() {
    assertThrows(IllegalArgumentException.class, () -> HeapStrategy.ofStatic(-1));
    assertThrows(
        IllegalArgumentException.class, () -> HeapStrategy.ofDynamic(LinearMemory.MAX_PAGES + 1));
  }

  @Test
  void a_guest_under_the_static_strategy_sees_the_full_size_and_cannot_grow() throws Exception {
    // given
    SubstrateRuntime sample = Samples.load(HeapStrategy.ofStatic(2048));
    try (HeapExecutor<EndiveGuest> executor = Guests.onOneWorker(sample)) {
      // when
      List<Integer> none = grow(executor, sample, 0);
      List<Integer> one = grow(executor, sample, 1);
      // then
      assertEquals(List.of(INITIAL + 2048, INITIAL + 2048), none);
      assertEquals(List.of(-1, INITIAL + 2048), one);
      assertEquals(INITIAL + 2048, sample.initialPages());
    }
  }

  @Test
  void the_full_size_takes_little_memory() throws Exception {
    // given
    SubstrateRuntime sample = Samples.load(HeapStrategy.ofStatic(2048));
    try (HeapExecutor<EndiveGuest> executor = Guests.onOneWorker(sample)) {
      // when
      executor.call(CallOptions.named("Core_version"), sample.call("Core_version", new byte[0]));
      // then
      long logical = (long) sample.initialPages() * LinearMemory.PAGE_SIZE;
      assertTrue(executor.statistics().materialisedBytes() < logical / 40);
    }
  }

  @Test
  void a_guest_under_the_dynamic_strategy_begins_small_and_grows_to_the_maximum() throws Exception {
    // given
    SubstrateRuntime sample = Samples.load(HeapStrategy.ofDynamic(10));
    try (HeapExecutor<EndiveGuest> executor = Guests.onOneWorker(sample)) {
      for (int round = 0; round < 3; round++) {
        // then each call begins with the initial pages again
        assertEquals(List.of(INITIAL, INITIAL + 3), grow(executor, sample, 3));
        assertEquals(List.of(INITIAL, 10), grow(executor, sample, 8));
        assertEquals(List.of(-1, INITIAL), grow(executor, sample, 9));
      }
      assertEquals(INITIAL, sample.initialPages());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"small_maximum", "small_imported_maximum"})
  void a_maximum_that_the_module_declares_is_overwritten_by_both_strategies(String name)
      throws Exception {
    // given
    RuntimeCode code = RuntimeCode.of("small", Guests.wasm(name));
    SubstrateRuntime fixed = SubstrateRuntime.load(code, HeapStrategy.ofStatic(2048), List.of());
    SubstrateRuntime growing = SubstrateRuntime.load(code, HeapStrategy.ofDynamic(1000), List.of());
    // when
    try (HeapExecutor<EndiveGuest> executor = Guests.onOneWorker(fixed)) {
      // then
      assertEquals(2049, Guests.call(executor, "size"));
      assertEquals(-1, (int) Guests.call(executor, "grow", 1));
    }
    try (HeapExecutor<EndiveGuest> executor = Guests.onOneWorker(growing)) {
      assertEquals(1, Guests.call(executor, "size"));
      assertEquals(1, Guests.call(executor, "grow", 999));
      assertEquals(-1, (int) Guests.call(executor, "grow", 1000));
    }
  }
}
