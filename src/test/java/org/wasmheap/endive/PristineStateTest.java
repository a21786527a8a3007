package org.wasmheap.endive;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.pool.CallOptions;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.testkit.Guests;

/**
 * Guests that change one thing each, and look at all that they have: memory, size, allocator,
 * globals, segments, tables, and what their start function did.
 */
@Timeout(60)
class PristineStateTest {
  private static final CallOptions CALL = CallOptions.named("call");

  /** Modules are immutable, so one of each serves all tests. */
  private static final Map<String, EndiveModule> MODULES = new ConcurrentHashMap<>();

  static Stream<Arguments> changes() {
    return Stream.of(
            changes(
                "own_memory", "dirty_low dirty_high dirty_size dirty_grown dirty_all dirty_heap"),
            changes(
                "imported_memory",
                "dirty_low dirty_high dirty_size dirty_grown dirty_all dirty_heap"),
            changes("globals", "dirty_i32 dirty_i64 dirty_f32 dirty_f64 dirty_func"),
            changes(
                "tables", "dirty_set dirty_set_null dirty_fill dirty_copy dirty_init dirty_drop"),
            changes("passive_segments", "dirty_drop dirty_drop_all dirty_init"),
            changes("start", "dirty_memory dirty_global dirty_table"),
            changes("start_imported", "dirty_memory dirty_global dirty_table"))
        .flatMap(each -> each);
  }

  private static Stream<Arguments> changes(String guest, String exports) {
    return Stream.of(exports.split(" ", -1)).map(export -> Arguments.of(guest, export));
  }

  private static HeapExecutor<EndiveGuest> executor(String guest) {
    return Guests.onOneWorker(MODULES.computeIfAbsent(guest, Guests::load));
  }

  /** What the guest sees on an instance that nothing ever ran on. */
  private static long fresh(String guest) throws InterruptedException {
    try (HeapExecutor<EndiveGuest> executor = Guests.onOneWorker(Guests.load(guest))) {
      return Guests.call(executor, "look");
    }
  }

  @ParameterizedTest
  @MethodSource("changes")
  void a_change_shows_in_its_own_call(String guest, String change) throws Exception {
    // given
    try (HeapExecutor<EndiveGuest> executor = executor(guest)) {
      // when
      String look = changeAndLook(executor, change);
      // then
      assertNotEquals(Long.toString(fresh(guest)), look);
    }
  }

  /** In one call; a look may trap, which ends the call. */
  private static String changeAndLook(HeapExecutor<EndiveGuest> executor, String change)
      throws InterruptedException {
    try {
      Long look =
          executor.call(
              CALL,
              each -> {
                each.call(change);
                return each.call("look")[0];
              });
      return look.toString();
    } catch (CallException e) {
      assertEquals(FailureKind.TRAP, e.kind());
      return "trap";
    }
  }

  @ParameterizedTest
  @MethodSource("changes")
  void a_change_is_gone_in_the_next_call(String guest, String change) throws Exception {
    // given
    long fresh = fresh(guest);
    try (HeapExecutor<EndiveGuest> executor = executor(guest)) {
      for (int round = 0; round < 3; round++) {
        // when
        Guests.run(executor, change);
        // then
        assertEquals(fresh, Guests.call(executor, "look"));
      }
      assertEquals(0, executor.statistics().replaced());
    }
  }

  @ParameterizedTest
  @MethodSource("changes")
  void a_change_by_a_call_that_failed_is_gone_in_the_next(String guest, String change)
      throws Exception {
    // given
    long fresh = fresh(guest);
    try (HeapExecutor<EndiveGuest> executor = executor(guest)) {
      for (int round = 0; round < 3; round++) {
        // when
        assertThrows(
            CallException.class, () -> executor.call(CALL, each -> failAfter(each, change)));
        // then
        assertEquals(fresh, Guests.call(executor, "look"));
      }
      assertEquals(3, executor.statistics().replaced());
    }
  }

  private static long[] failAfter(EndiveGuest guest, String change) {
    guest.call(change);
    throw new IllegalStateException("after " + change);
  }

  @ParameterizedTest
  @MethodSource("changes")
  void a_change_does_not_show_in_another_instance(String guest, String change) throws Exception {
    // given
    long fresh = fresh(guest);
    try (HeapExecutor<EndiveGuest> changed = executor(guest);
        HeapExecutor<EndiveGuest> other = executor(guest)) {
      // when
      changed.call(
          CALL,
          each -> {
            each.call(change);
            // then
            assertEquals(fresh, Guests.call(other, "look"));
            return true;
          });
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"start", "start_imported"})
  void the_effects_of_a_start_function_are_those_of_one_run(String guest) throws Exception {
    // Each figure is explained in the guest's source.
    assertEquals(0x07_01_2a_01_06L, fresh(guest));
  }

  @Test
  void a_segment_that_the_start_function_dropped_stays_dropped() throws Exception {
    // given
    try (HeapExecutor<EndiveGuest> executor = executor("start")) {
      for (int round = 0; round < 3; round++) {
        // when
        CallException trap = assertThrows(CallException.class, () -> Guests.run(executor, "init"));
        // then
        assertEquals(FailureKind.TRAP, trap.kind());
      }
    }
  }

  @Test
  void an_active_segment_counts_as_dropped() throws Exception {
    // given
    try (HeapExecutor<EndiveGuest> executor = executor("passive_segments")) {
      // when
      CallException trap =
          assertThrows(CallException.class, () -> Guests.run(executor, "init_active", 0, 0, 1));
      // then
      assertEquals(FailureKind.TRAP, trap.kind());
      Guests.run(executor, "init_active", 0, 0, 0);
    }
  }
}
