package org.wasmheap.pool;

import java.util.concurrent.TimeUnit;

/** The end of an executor: drains, cuts off, waits for the threads. Every wait has a limit. */
final class Shutdown<G> {
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  private final PoolContext<G> pool;
  private final Crew<G> crew;
  private final Reserve<G> reserve;
  private final Thread watchdog;
  private final Settlement<G> settlement;

  /** When the last wait is over, nanoTime. */
  private long untilNanos;

  Shutdown(PoolContext<G> pool, Crew<G> crew, Reserve<G> reserve, Thread watchdog) {
    this.pool = pool;
    this.crew = crew;
    this.reserve = reserve;
    this.watchdog = watchdog;
    this.settlement = new Settlement<>(pool, crew);
  }

  /** Lets calls end for so long, then cuts them off; how many were. */
  long cutOff(long drainNanos) {
    CallQueue<G> queue = pool.queue();
    queue.drain(drainNanos);
    long before = pool.counters().cutOff.get();
    queue.close();
    // The watchdog does the same; but a listener that blocks it must not hold up the end.
    untilNanos = System.nanoTime() + pool.graceNanos();
    settlement.settleNow(untilNanos);
    queue.awaitIdle(untilNanos);
    untilNanos = System.nanoTime() + pool.graceNanos();
    endAll(queue);
    reserve.close();
    pool.exhaustion().tellRest();
    // Not all that were left: a call may end well in its grace time after all, or be cancelled.
    return pool.counters().cutOff.get() - before;
  }

  /** Who is interrupted does this once, and without waiting; so the calls end in any case. */
  private void endAll(CallQueue<G> queue) {
    boolean more = true;
    while (more) {
      queue.endAll();
      settlement.settleNow(untilNanos);
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
    int left = crew.join(untilNanos);
    try {
      left += reserve.join(untilNanos) ? 0 : 1;
      TimeUnit.NANOSECONDS.timedJoin(watchdog, Math.max(1, untilNanos - System.nanoTime()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return left;
  }
}
