package org.wasmheap.text;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.NANOSECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.wasmheap.testkit.Draws;
import org.wasmheap.testkit.Inputs;
import org.wasmheap.testkit.Property;

/** How often events are written, on a clock of the test's own. */
class EventRateTest {
  private static final int BURST = 5;
  private static final int PER_SECOND = 3;

  /** Near the end of what a long holds, so that the clock runs over in the middle of the tests. */
  private final AtomicLong clock = new AtomicLong(Long.MAX_VALUE - SECONDS.toNanos(3));

  private final EventRates rates = EventRates.unnamed(clock::get);

  private void pass(long millis) {
    clock.addAndGet(MILLISECONDS.toNanos(millis));
  }

  @Test
  void a_burst_comes_through_and_then_three_a_second_that_tell_what_was_left_out() {
    // given
    EventRate rate = rates.event("heap.replaced");
    // when ten come at once
    List<Long> told = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      told.add(rate.admit());
    }
    // then
    assertEquals(List.of(0L, 0L, 0L, 0L, 0L, -1L, -1L, -1L, -1L, -1L), told);
    // and when a third of a second has passed, the next one tells of five
    pass(334);
    assertEquals(5, rate.admit());
    assertEquals(EventRate.LEFT_OUT, rate.admit());
    // and after a long rest there is a burst again, and no more than one
    pass(60_000);
    assertEquals(1, rate.admit());
    for (int i = 1; i < BURST; i++) {
      assertEquals(0, rate.admit());
    }
    assertEquals(EventRate.LEFT_OUT, rate.admit());
  }

  @Test
  void room_for_many_is_taken_at_once_or_not_at_all() {
    // given 65,536 at once and 1,000 a second
    EventRate rate = rates.event("characters", 65_536, 1_000);
    // then
    assertTrue(rate.take(60_000));
    assertFalse(rate.take(5_537));
    assertTrue(rate.take(5_536));
    assertFalse(rate.take(1));
    // and when time has passed there is as much as came in it
    pass(2_500);
    assertFalse(rate.take(2_501));
    assertTrue(rate.take(2_500));
    pass(600_000);
    assertFalse(rate.take(65_537));
    assertTrue(rate.take(65_536));
    // and what found no room was not counted here
    assertEquals(Map.of(), rates.take());
  }

  @Test
  void an_event_that_is_left_out_after_all_is_counted_with_those_before_it() {
    // given two that were left out
    EventRate rate = rates.event("heap.replaced");
    for (int i = 0; i < BURST + 2; i++) {
      rate.admit();
    }
    pass(334);
    // when the next one is told of them, and is not written
    long told = rate.admit();
    rate.leaveOut(told);
    // then
    assertEquals(2, told);
    assertEquals(Map.of("heap.replaced", 3L), rates.take());
  }

  /** Times between events: none often, a few nanoseconds, some seconds. */
  private record Times(List<Long> gaps) {}

  private static Times times(Draws draws) {
    return new Times(draws.list(0, 200, EventRateTest::gap));
  }

  private static Long gap(Draws draws) {
    return draws.coin() ? 0L : draws.number(0L, draws.coin() ? 1_000L : 2_000_000_000L);
  }

  private static Stream<Times> shorter(Times times) {
    int half = times.gaps().size() / 2;
    return half == 0
        ? Stream.empty()
        : Stream.of(
            new Times(times.gaps().subList(0, half)),
            new Times(times.gaps().subList(half, times.gaps().size())),
            new Times(times.gaps().subList(1, times.gaps().size())));
  }

  @Test
  void whenever_events_come_a_window_of_any_length_has_a_bounded_number_and_none_is_uncounted() {
    Property.assertHolds(
        2_000,
        Inputs.of(EventRateTest::times, EventRateTest::shorter),
        EventRateTest::assertBoundedAndCounted);
  }

  private static void assertBoundedAndCounted(Times times) {
    AtomicLong now = new AtomicLong();
    EventRate rate = new EventRate(BURST, PER_SECOND, now::get);
    List<Long> admitted = new ArrayList<>();
    long told = 0;
    for (long gap : times.gaps()) {
      now.addAndGet(gap);
      long leftOut = rate.admit();
      if (leftOut != EventRate.LEFT_OUT) {
        admitted.add(now.get());
        told += leftOut;
      }
    }
    assertEquals(times.gaps().size(), admitted.size() + told + rate.takeUntold());
    long step = SECONDS.toNanos(1) / PER_SECOND;
    for (int first = 0; first < admitted.size(); first++) {
      for (int last = first; last < admitted.size(); last++) {
        long window = admitted.get(last) - admitted.get(first);
        assertTrue(last - first + 1 <= BURST + window / step, () -> "within " + window + " ns");
      }
    }
  }

  @Test
  void the_first_events_after_a_rest_are_never_left_out() {
    Property.assertHolds(
        500,
        Inputs.of(draws -> draws.number(0L, 10_000_000_000L), rest -> Stream.empty()),
        (Long restNanos) -> {
          AtomicLong now = new AtomicLong();
          EventRate rate = new EventRate(BURST, PER_SECOND, now::get);
          for (int i = 0; i < BURST; i++) {
            assertEquals(0, rate.admit());
          }
          now.addAndGet(restNanos);
          long more = Math.min(BURST, NANOSECONDS.toMillis(restNanos * PER_SECOND) / 1_000);
          for (int i = 0; i < more; i++) {
            assertEquals(0, rate.admit());
          }
        });
  }

  @Test
  void what_no_event_tells_can_be_taken_once_in_ten_seconds_and_at_the_end() {
    // given two kinds, one of which was left out three times
    EventRate replaced = rates.event("heap.replaced");
    rates.event("call.failed").admit();
    for (int i = 0; i < BURST + 3; i++) {
      replaced.admit();
    }
    // then nothing is due yet
    assertEquals(Map.of(), rates.takeIfDue());
    pass(10_000);
    assertEquals(Map.of("heap.replaced", 3L), rates.takeIfDue());
    assertEquals(Map.of(), rates.takeIfDue());
    // and what comes then waits for the next time, or the end
    for (int i = 0; i < BURST + 2; i++) {
      replaced.admit();
    }
    pass(9_000);
    assertEquals(Map.of(), rates.takeIfDue());
    assertEquals(Map.of("heap.replaced", 2L), rates.take());
    assertEquals(Map.of(), rates.take());
  }

  @Test
  void executors_of_one_name_share_their_rates_until_the_last_has_ended() {
    // given
    String pool = "a pool of this test alone";
    assertNull(EventRates.find(pool));
    assertSame(EventRates.ofJvm(), EventRates.of(pool));
    EventRates first = EventRates.begin(pool);
    // when
    assertSame(first, EventRates.begin(pool));
    EventRates.end(pool);
    // then
    assertSame(first, EventRates.of(pool));
    assertSame(first.event("heap.replaced"), EventRates.of(pool).event("heap.replaced"));
    EventRates.end(pool);
    assertNull(EventRates.find(pool));
    EventRates.end(pool);
    assertNull(EventRates.find(pool));
  }
}
