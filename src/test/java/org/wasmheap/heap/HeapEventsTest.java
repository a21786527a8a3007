package org.wasmheap.heap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.wasmheap.memory.GrowthRefusedException;
import org.wasmheap.testkit.BareHeaps;
import org.wasmheap.testkit.LogCapture;
import org.wasmheap.testkit.ThreadAllocation;

/** What the log hears of a heap, and what that costs where nobody reads it. */
class HeapEventsTest {
  private static final int TIMES = 10_000;

  /** A boxed number, were there one for each event, would take this and more. */
  private static final int BOX_BYTES = 16;

  @Test
  void growth_is_a_debug_event_with_sizes_and_cause() {
    try (LogCapture log = LogCapture.of(Level.DEBUG)) {
      Heap heap = BareHeaps.claimed(HeapListener.NONE);

      heap.begin(7, "Core_version").growMemory(2);

      List<ILoggingEvent> events = log.events("memory.grown");
      assertEquals(1, events.size());
      assertEquals(Level.DEBUG, events.get(0).getLevel());
      assertEquals(
          Map.of(
              "pool",
              "test",
              "heap",
              "test/1",
              "generation",
              1L,
              "call",
              7L,
              "callName",
              "Core_version",
              "fromPages",
              1,
              "toPages",
              3,
              "cause",
              GrowthPolicy.Cause.GUEST),
          LogCapture.values(events.get(0)));
    }
  }

  @Test
  void a_refusal_by_the_host_is_one_event_however_often_it_is_met() {
    try (LogCapture log = LogCapture.of(Level.INFO)) {
      Heap heap = BareHeaps.claimed(HeapListener.NONE);
      heap.begin(7, "Core_version");

      heap.abort(new GrowthRefusedException("the budget is used up", null));
      heap.abort(new GrowthRefusedException("again", null));

      List<ILoggingEvent> events = log.events("heap.aborted");
      assertEquals(1, events.size());
      assertEquals("the budget is used up", LogCapture.values(events.get(0)).get("cause"));
    }
  }

  @Test
  void an_event_whose_level_is_off_allocates_nothing() {
    try (LogCapture log = LogCapture.of(Level.OFF)) {
      // given a call with numbers that are in no cache of boxes
      Heap heap = BareHeaps.claimed(HeapListener.NONE);
      heap.begin(1_000_000, "Core_version");
      HeapEvents events = new HeapEvents(heap.view(), false);
      events.grown(1_000, 2_000, GrowthPolicy.Cause.GUEST);

      // when
      long bytes =
          ThreadAllocation.bytesOf(
              () -> {
                for (int i = 0; i < TIMES; i++) {
                  events.grown(1_000, 2_000, GrowthPolicy.Cause.GUEST);
                }
              });

      // then
      assertTrue(bytes < TIMES * BOX_BYTES / 10, () -> bytes + " bytes");
      assertEquals(List.of(), log.events("memory.grown"));
    }
  }
}
