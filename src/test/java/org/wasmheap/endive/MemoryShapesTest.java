package org.wasmheap.endive;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.wasmheap.allocator.BlockLimit;
import org.wasmheap.endive.EndiveModule.MemorySize;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.heap.GrowthPolicy;
import org.wasmheap.memory.LinearMemory;
import org.wasmheap.pool.CallOptions;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.testkit.Guests;
import org.wasmheap.testkit.ThreadAllocation;

@Timeout(60)
class MemoryShapesTest {
  private static final CallOptions CALL = CallOptions.named("call");

  private static EndiveModule load(String name, int initialPages, int maximumPages) {
    return EndiveModule.load(
        Guests.wasm(name),
        (initial, maximum) -> new MemorySize(initialPages, maximumPages),
        List.of(),
        BlockLimit.ON_CHAIN);
  }

  @ParameterizedTest
  @ValueSource(strings = {"own_memory", "imported_memory"})
  void data_segments_lie_where_the_module_says(String name) throws Exception {
    // given
    try (HeapExecutor<EndiveGuest> executor = Guests.onOneWorker(Guests.load(name))) {
      // when
      byte[] text = executor.call(CALL, guest -> guest.heap().read(16, 8));
      // then
      assertEquals("pristine", new String(text, StandardCharsets.US_ASCII));
    }
  }

  @Test
  void a_guest_that_grows_page_by_page_takes_memory_in_proportion() throws Exception {
    // given
    int pages = 500;
    try (HeapExecutor<EndiveGuest> executor = Guests.onOneWorker(Guests.load("own_memory"))) {
      // when
      long allocated =
          executor.call(
              CALL,
              guest -> {
                long before = ThreadAllocation.allocated();
                for (int page = 2; page < pages; page++) {
                  assertEquals(page, guest.call("grow", 1)[0]);
                  guest.call("store", (long) page * LinearMemory.PAGE_SIZE, 1);
                }
                return ThreadAllocation.allocated() - before;
              });
      // then
      assertTrue(allocated < 5L * pages * LinearMemory.PAGE_SIZE, () -> allocated + " bytes");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"own_memory", "imported_memory"})
  void guest_and_host_see_the_same_memory(String name) throws Exception {
    // given
    try (HeapExecutor<EndiveGuest> executor = Guests.onOneWorker(Guests.load(name))) {
      // when
      executor.call(
          CALL,
          guest -> {
            guest.call("store", 131_071, 0xAB);
            guest.heap().write(5000, new byte[] {0x77});
            // then
            assertEquals((byte) 0xAB, guest.heap().read(131_071, 1)[0]);
            assertEquals(0x77, guest.call("load", 5000)[0]);
            return true;
          });
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"own_memory", "imported_memory"})
  void the_allocator_begins_at_the_heap_base(String name) throws Exception {
    // given
    try (HeapExecutor<EndiveGuest> executor = Guests.onOneWorker(Guests.load(name))) {
      // when
      long first = Guests.call(executor, "malloc", 1);
      long again = Guests.call(executor, "malloc", 1);
      // then
      assertEquals(1024 + 8, first);
      assertEquals(first, again);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"own_memory", "imported_memory"})
  void growth_is_exact_and_undone_after_the_call(String name) throws Exception {
    // given
    try (HeapExecutor<EndiveGuest> executor = Guests.onOneWorker(Guests.load(name))) {
      for (int round = 0; round < 3; round++) {
        // when
        executor.call(
            CALL,
            guest -> {
              assertEquals(2, guest.call("grow", 5)[0]);
              assertEquals(7, guest.call("size")[0]);
              assertEquals(7, guest.call("grow", 0)[0]);
              assertEquals(0, guest.call("load", 7 * 65_536 - 1)[0]);
              assertEquals(7L * 65_536, guest.heap().memoryBytes());
              return true;
            });
        // then
        assertEquals(2, Guests.call(executor, "size"));
      }
    }
  }

  @Test
  void a_call_without_results_returns_an_empty_array() throws Exception {
    // given
    try (HeapExecutor<EndiveGuest> executor = Guests.onOneWorker(Guests.load("own_memory"))) {
      // when
      long[] results = executor.call(CALL, guest -> guest.call("dirty_low"));
      // then
      assertEquals(0, results.length);
    }
  }

  @Test
  void a_call_of_what_is_not_exported_or_with_other_arguments_is_the_callers_mistake()
      throws Exception {
    // given
    try (HeapExecutor<EndiveGuest> executor = Guests.onOneWorker(Guests.load("own_memory"))) {
      // when
      executor.call(
          CALL,
          guest -> {
            // then
            assertThrows(IllegalArgumentException.class, () -> guest.call("nothing"));
            assertThrows(IllegalArgumentException.class, () -> guest.call("__heap_base"));
            assertThrows(IllegalArgumentException.class, () -> guest.call("memory"));
            assertThrows(IllegalArgumentException.class, () -> guest.call("size", 1));
            assertThrows(IllegalArgumentException.class, () -> guest.call("store", 1));
            return true;
          });
    }
  }

  @Test
  void a_declared_maximum_is_respected() throws Exception {
    // given
    try (HeapExecutor<EndiveGuest> executor = Guests.onOneWorker(Guests.load("small_maximum"))) {
      // when
      executor.call(
          CALL,
          guest -> {
            // then
            assertEquals(-1, (int) guest.call("grow", 3)[0]);
            assertEquals(1, guest.call("size")[0]);
            assertEquals(1, guest.call("grow", 2)[0]);
            assertEquals(-1, (int) guest.call("grow", 1)[0]);
            assertEquals(-1, (int) guest.call("grow", -1)[0]);
            assertEquals(3, guest.call("size")[0]);
            return true;
          });
    }
  }

  @Test
  void a_memory_may_begin_without_pages() throws Exception {
    // given
    try (HeapExecutor<EndiveGuest> executor = Guests.onOneWorker(Guests.load("no_pages"))) {
      // when
      executor.call(
          CALL,
          guest -> {
            // then
            assertEquals(0, guest.call("size")[0]);
            assertEquals(0, guest.call("grow", 1)[0]);
            assertEquals(0, guest.call("load", 65_535)[0]);
            return true;
          });
      assertEquals(0, Guests.call(executor, "size"));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"own_memory", "imported_memory"})
  void the_host_decides_the_size(String name) throws Exception {
    // given
    EndiveModule module = load(name, 2069, 2069);
    try (HeapExecutor<EndiveGuest> executor = Guests.onOneWorker(module)) {
      // when
      executor.call(
          CALL,
          guest -> {
            // then
            assertEquals(2069, guest.call("size")[0]);
            assertEquals(-1, (int) guest.call("grow", 1)[0]);
            assertEquals(0, guest.call("load", 2069 * 65_536 - 1)[0]);
            return true;
          });
      assertEquals(2069, module.initialPages());
      assertTrue(executor.statistics().materialisedBytes() < 2069L * 65_536 / 40);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"own_memory", "imported_memory"})
  void the_host_decides_the_maximum(String name) throws Exception {
    // given
    try (HeapExecutor<EndiveGuest> executor = Guests.onOneWorker(load(name, 2, 4))) {
      // when
      executor.call(
          CALL,
          guest -> {
            // then
            assertEquals(-1, (int) guest.call("grow", 3)[0]);
            assertEquals(2, guest.call("grow", 2)[0]);
            return true;
          });
    }
  }

  @Test
  void growth_that_the_module_allows_and_the_engine_cannot_is_the_hosts_refusal() throws Exception {
    // given
    try (HeapExecutor<EndiveGuest> executor = Guests.onOneWorker(Guests.load("own_memory"))) {
      // when
      CallException refusal =
          assertThrows(CallException.class, () -> Guests.call(executor, "grow", 40_000));
      // then
      assertEquals(FailureKind.GROWTH_REFUSED, refusal.kind());
      assertFalse(refusal.isDeterministic());
      assertEquals(2, Guests.call(executor, "size"));
    }
  }

  @Test
  void growth_beyond_four_gibibytes_is_minus_one() throws Exception {
    // given
    try (HeapExecutor<EndiveGuest> executor = Guests.onOneWorker(Guests.load("own_memory"))) {
      // then
      assertEquals(-1, (int) Guests.call(executor, "grow", 65_535));
      assertEquals(-1, (int) Guests.call(executor, "grow", -1));
      assertEquals(-1, (int) Guests.call(executor, "grow", Integer.MIN_VALUE));
    }
  }

  @Test
  void a_policy_that_refuses_the_guests_growth_aborts_the_call() throws Exception {
    // given
    GrowthPolicy refusing = (heap, fromPages, toPages, cause) -> false;
    try (HeapExecutor<EndiveGuest> executor =
        HeapExecutor.builder(Guests.load("own_memory")).workers(1).growthPolicy(refusing).build()) {
      // when
      CallException refusal =
          assertThrows(CallException.class, () -> Guests.call(executor, "grow", 1));
      // then
      assertEquals(FailureKind.GROWTH_REFUSED, refusal.kind());
      assertEquals(2, Guests.call(executor, "size"));
    }
  }

  @Test
  void a_size_that_the_engine_cannot_address_is_refused() {
    // when
    ModuleRefusedException refusal =
        assertThrows(
            ModuleRefusedException.class, () -> load("own_memory", 40_000, LinearMemory.MAX_PAGES));
    // then
    assertTrue(refusal.getMessage().contains("begins with 40000 pages"), refusal.getMessage());
  }
}
