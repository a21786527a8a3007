package org.wasmheap.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.function.LongUnaryOperator;
import org.junit.jupiter.api.Test;

/** When times have settled, told of times that nobody measured. */
class WarmUpTimesTest {
  private static final long WINDOW = WarmUpTimes.NANOS_OF_WINDOW;
  private static final long MILLI = 1_000_000;

  /** So many runs in each window are enough after three windows and the first. */
  private static final int RUNS = WarmUpTimes.LEAST_RUNS / 2;

  /** How many windows it takes one call, with so many runs in each, until it has settled. */
  private static int windowsUntilSettled(
      int runs, LongUnaryOperator nanosInWindow, LongUnaryOperator compilersAtEnd) {
    WarmUpTimes times = new WarmUpTimes(1, 0, 0);
    for (int window = 1; window <= 50; window++) {
      for (int i = 0; i < runs; i++) {
        times.ran(0, nanosInWindow.applyAsLong(window));
      }
      long now = window * WINDOW;
      assertTrue(times.isWindowFull(now));
      if (times.nextWindow(now, compilersAtEnd.applyAsLong(window))) {
        return window;
      }
    }
    return 0;
  }

  @Test
  void equal_times_settle_after_the_first_window_and_three_steady_ones() {
    assertEquals(4, windowsUntilSettled(RUNS, window -> MILLI, window -> 0));
  }

  @Test
  void times_within_a_tenth_of_the_window_before_are_steady() {
    assertEquals(
        4,
        windowsUntilSettled(RUNS, window -> window % 2 == 0 ? MILLI : 109 * MILLI / 100, w -> 0));
    assertEquals(
        0,
        windowsUntilSettled(RUNS, window -> window % 2 == 0 ? MILLI : 112 * MILLI / 100, w -> 0));
  }

  @Test
  void times_that_fall_by_a_third_each_time_settle_when_they_fall_no_more() {
    // given times that fall until the eighth window
    LongUnaryOperator falling =
        window -> (long) (1e9 * Math.pow(0.66, (double) Math.min(window, 8)));
    // then
    assertEquals(11, windowsUntilSettled(RUNS, falling, window -> 0));
  }

  @Test
  void times_do_not_settle_while_the_compilers_of_the_jvm_are_busy() {
    // given equal times, and compilers that work through the first ten windows
    assertEquals(
        13, windowsUntilSettled(RUNS, window -> MILLI, window -> Math.min(window, 10) * WINDOW));
    // and ones that always have a little to do
    assertEquals(4, windowsUntilSettled(RUNS, window -> MILLI, window -> window * WINDOW / 10));
  }

  @Test
  void calls_must_have_run_often_enough() {
    int windows = windowsUntilSettled(WarmUpTimes.RUNS_OF_WINDOW, window -> MILLI, window -> 0);

    assertEquals((WarmUpTimes.LEAST_RUNS - 1) / WarmUpTimes.RUNS_OF_WINDOW + 1, windows);
  }

  @Test
  void a_window_needs_time_and_runs_of_each_call_that_is_still_made() {
    // given
    WarmUpTimes times = new WarmUpTimes(2, 0, 0);
    for (int i = 0; i < WarmUpTimes.RUNS_OF_WINDOW; i++) {
      times.ran(0, MILLI);
    }
    // then
    assertFalse(times.isWindowFull(WINDOW - 1));
    assertFalse(times.isWindowFull(WINDOW));
    times.drop(1);
    assertTrue(times.isWindowFull(WINDOW));
    times.drop(0);
    assertFalse(times.isWindowFull(WINDOW));
  }

  @Test
  void one_call_that_has_not_settled_is_enough() {
    // given
    WarmUpTimes times = new WarmUpTimes(2, 0, 0);
    boolean settled = false;
    // when
    for (int window = 1; window <= 20; window++) {
      for (int i = 0; i < RUNS; i++) {
        times.ran(0, MILLI);
        times.ran(1, MILLI * window * window);
      }
      settled |= times.nextWindow(window * WINDOW, 0);
    }
    // then
    assertFalse(settled);
    assertEquals(MILLI, times.firstNanos(1));
    assertEquals(MILLI, times.firstWindowNanos(1));
    assertEquals(400 * MILLI, times.lastWindowNanos(1));
  }
}
