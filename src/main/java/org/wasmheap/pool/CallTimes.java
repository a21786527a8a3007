package org.wasmheap.pool;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * What the calls of one seat took, in sums. Written by the seat's owner alone, so that a call pays
 * for three plain stores and no thread waits for another's cache line; read by any.
 */
final class CallTimes {
  private static final int CALLS = 0;
  private static final int QUEUE = 1;
  private static final int RUN = 2;
  private static final int RESET = 3;
  private static final int FIGURES = 4;

  /** Longs on either side that nobody uses: two cache lines, which processors fetch in pairs. */
  private static final int PADDING = 16;

  private final AtomicLongArray sums = new AtomicLongArray(PADDING + FIGURES + PADDING);

  void add(long queueNanos, long runNanos, long resetNanos) {
    add(QUEUE, queueNanos);
    add(RUN, runNanos);
    add(RESET, resetNanos);
    add(CALLS, 1);
  }

  /** One writer, so no exchange is needed; who reads sees every store in the end. */
  private void add(int figure, long nanos) {
    int at = PADDING + figure;
    sums.lazySet(at, sums.getPlain(at) + nanos);
  }

  /** The sums of all seats, those included that are no more. */
  static final class Sum {
    private final List<CallTimes> live = new ArrayList<>();
    private final long[] retired = new long[FIGURES];

    /** For a new seat. */
    synchronized CallTimes begin() {
      CallTimes times = new CallTimes();
      live.add(times);
      return times;
    }

    /** The seat is no more; nothing if that was said before. On its owner's thread. */
    synchronized void retire(CallTimes times) {
      if (live.remove(times)) {
        addTo(retired, times);
      }
    }

    synchronized Figures figures() {
      long[] all = retired.clone();
      for (CallTimes times : live) {
        addTo(all, times);
      }
      return new Figures(all[CALLS], all[QUEUE], all[RUN], all[RESET]);
    }

    private static void addTo(long[] figures, CallTimes times) {
      for (int i = 0; i < FIGURES; i++) {
        figures[i] += times.sums.get(PADDING + i);
      }
    }
  }

  /** Calls that ran, and what they took together. */
  record Figures(long calls, long queueNanos, long runNanos, long resetNanos) {}
}
