package org.wasmheap.pool;

import java.util.concurrent.TimeUnit;

/** The end of an executor: drains, cuts off, waits for the threads. Every wait has a limit. */
final class Shutdown<G> {
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  private final PoolSettings<G> settings;
  private final Counters counters;
  private final CallQueue<G> queue;
  private final NestedSlots<G> nested;
  private final Workers<G> workers;
  private final Thread watchdog;
  private final RejectionLog rejections;
  private final Reaper<G> reaper;

  /** When the last wait is over, nanoTime. */
  private long untilNanos;

  Shutdown(
      PoolSettings<G> settings,
      Counters counters,
      CallQueue<G> queue,
      NestedSlots<G> nested,
      Workers<G> workers,
      Thread watchdog,
      RejectionLog rejections) {
    this.settings = settings;
    this.counters = counters;
    this.queue = queue;
    this.nested = nested;
    this.workers = workers;
    this.watchdog = watchdog;
    this.rejections = rejections;
    this.reaper = new Reaper<>(settings, queue, workers);
  }

  /** Lets calls end for so long, then cuts them off; how many were. */
  long cutOff(long drainNanos) {
    queue.drain(drainNanos);
    long before = counters.cutOff.get();
    queue.close();
    // The watchdog does the same; but a listener that blocks it must not hold up the end.
    untilNanos = System.nanoTime() + settings.graceNanos();
    reaper.endNow(untilNanos);
    queue.awaitIdle(untilNanos);
    untilNanos = System.nanoTime() + settings.graceNanos();
    endAll();
    nested.close();
    rejections.tellRest();
    // Not all that were left: a call may end well in its grace time after all, or be cancelled.
    return counters.cutOff.get() - before;
  }

  /** A thread that is interrupted does this once and without waiting, so that the calls end. */
  private void endAll() {
    boolean more = true;
    while (more) {
      queue.endAll();
      reaper.endNow(untilNanos);
      // Another pass only if the watchdog has taken some calls and hangs.
      long look = Math.min(untilNanos, System.nanoTime() + PAUSE_NANOS);
      more =
          !queue.awaitIdle(look)
              && System.nanoTime() - untilNanos < 0
              && !Thread.currentThread().isInterrupted();
    }
  }

  /** Then waits for the threads, a grace time for all together; how many are left. */
  int join() {
    int left = workers.join(untilNanos);
    try {
      left += nested.join(untilNanos) ? 0 : 1;
      TimeUnit.NANOSECONDS.timedJoin(watchdog, Math.max(1, untilNanos - System.nanoTime()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return left;
  }
}
