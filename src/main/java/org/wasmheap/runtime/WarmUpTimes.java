package org.wasmheap.runtime;

import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/**
 * Decides when the times of calls have settled.
 *
 * <p>Runs are looked at in windows, each of some runs of each call and some time. In a steady
 * window, the median of each call is within a tenth of its median in the window before, and the
 * JVM's compilers had little to do: HotSpot compiles in the background, for seconds sometimes, and
 * a call that is not compiled yet takes the same time again and again. Times have settled after
 * three steady windows in a row, if each call has run often enough for HotSpot to have looked at it
 * (its first compiler does so at 200 invocations, or earlier in loops, the second after some
 * thousands, of which loops make many in each call).
 *
 * <p>One thread.
 */
final class WarmUpTimes {
  static final int LEAST_RUNS = 100;
  static final int RUNS_OF_WINDOW = 12;
  static final long NANOS_OF_WINDOW = TimeUnit.MILLISECONDS.toNanos(250);
  static final int STEADY_WINDOWS = 3;

  /** Most of a window's time that compilers may take, of one processor: a seventh. */
  private static final int COMPILERS_PART = 7;

  private static final int STEADY_PART = 10;

  /** Below it, a difference is the clock's as likely as the call's. */
  private static final long LEAST_DIFFERENCE_NANOS = 1_000;

  private static final int MOST_SAMPLES = 512;

  private final OfCall[] calls;
  private long windowBegan;
  private long compilersBegan;
  private int steadyWindows;

  /** The runs of one call. */
  private static final class OfCall {
    private final long[] samples = new long[MOST_SAMPLES];
    private long runs;
    private long runsOfWindow;
    private long first;
    private long firstMedian;
    private long lastMedian;
    private boolean dropped;

    void add(long nanos) {
      if (runs == 0) {
        first = nanos;
      }
      samples[(int) (runsOfWindow % MOST_SAMPLES)] = nanos;
      runs++;
      runsOfWindow++;
    }

    /** Whether the median is about that of the window before. */
    boolean nextWindow() {
      long[] sorted = Arrays.copyOf(samples, (int) Math.min(runsOfWindow, MOST_SAMPLES));
      Arrays.sort(sorted);
      long median = sorted[sorted.length / 2];
      long before = lastMedian;
      firstMedian = before == 0 ? median : firstMedian;
      lastMedian = median;
      runsOfWindow = 0;
      long most = Math.max(before / STEADY_PART, LEAST_DIFFERENCE_NANOS);
      return before != 0 && Math.abs(median - before) <= most;
    }
  }

  /**
   * Begins the first window.
   *
   * @param calls how many calls take turns
   * @param nowNanos time
   * @param compilerNanos what the JVM's compilers took so far, or always 0 if nobody can tell
   */
  WarmUpTimes(int calls, long nowNanos, long compilerNanos) {
    this.calls = new OfCall[calls];
    Arrays.setAll(this.calls, i -> new OfCall());
    windowBegan = nowNanos;
    compilersBegan = compilerNanos;
  }

  /** A call ran so long. */
  void ran(int call, long nanos) {
    calls[call].add(Math.max(1, nanos));
  }

  /** A call is made no more, and nobody waits for its times. */
  void drop(int call) {
    calls[call].dropped = true;
  }

  /** Whether a window has all that it needs. */
  boolean isWindowFull(long nowNanos) {
    if (nowNanos - windowBegan < NANOS_OF_WINDOW) {
      return false;
    }
    int live = 0;
    for (OfCall each : calls) {
      if (!each.dropped) {
        live++;
        if (each.runsOfWindow < RUNS_OF_WINDOW) {
          return false;
        }
      }
    }
    return live > 0;
  }

  /**
   * Ends a full window and begins the next.
   *
   * @return whether times have settled
   */
  boolean nextWindow(long nowNanos, long compilerNanos) {
    long mostOfCompilers = (nowNanos - windowBegan) / COMPILERS_PART;
    boolean steady = compilerNanos - compilersBegan <= mostOfCompilers;
    boolean enough = true;
    for (OfCall each : calls) {
      if (!each.dropped) {
        steady &= each.nextWindow();
        enough &= each.runs >= LEAST_RUNS;
      }
    }
    windowBegan = nowNanos;
    compilersBegan = compilerNanos;
    steadyWindows = steady ? steadyWindows + 1 : 0;
    return enough && steadyWindows >= STEADY_WINDOWS;
  }

  /** Time of the first run; 0 if there was none. */
  long firstNanos(int call) {
    return calls[call].first;
  }

  /** Median of the first window; 0 if none was full. */
  long firstWindowNanos(int call) {
    return calls[call].firstMedian;
  }

  /** Median of the last window that was full; 0 if none was. */
  long lastWindowNanos(int call) {
    return calls[call].lastMedian;
  }
}
