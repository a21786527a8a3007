package org.wasmheap.pool;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * What the calls of one slot took, in sums. Written by the slot's owner alone, so that a call pays
 * for a few plain stores and no thread waits for another's cache line; read by any.
 */
final class CallTimes {
  private static final int CALLS = 0;
  private static final int QUEUE = 1;
  private static final int RUN = 2;
  private static final int RESET = 3;
  static final int FIGURES = 4;

  /** Longs on either side that nobody uses: two cache lines, which processors fetch in pairs. */
  private static final int PADDING = 16;

  private final AtomicLongArray sums = new AtomicLongArray(PADDING + FIGURES + PADDING);

  /** Calls that ran, and what they took together. */
  record Figures(long calls, long queueNanos, long runNanos, long resetNanos) {
    /** Of sums as {@link #addTo} makes them. */
    static Figures of(long[] sums) {
      return new Figures(sums[CALLS], sums[QUEUE], sums[RUN], sums[RESET]);
    }
  }

  void add(long queueNanos, long runNanos, long resetNanos) {
    add(QUEUE, queueNanos);
    add(RUN, runNanos);
    add(RESET, resetNanos);
    add(CALLS, 1);
  }

  /** One writer, so no exchange is needed; whoever reads sees every store in the end. */
  private void add(int figure, long nanos) {
    int at = PADDING + figure;
    sums.lazySet(at, sums.getPlain(at) + nanos);
  }

  /** Adds the sums to others, {@link #FIGURES} of them; takes no memory. */
  void addTo(long[] others) {
    for (int i = 0; i < FIGURES; i++) {
      others[i] += sums.get(PADDING + i);
    }
  }
}
