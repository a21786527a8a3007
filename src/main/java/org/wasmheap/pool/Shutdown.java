package org.wasmheap.pool;

import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.wasmheap.text.Printable;

/** The end of an executor: drains, cuts off, waits for the threads. Every wait has a limit. */
final class Shutdown<G> {
  private static final Logger LOG = LoggerFactory.getLogger(Shutdown.class);
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  /** For a thread that ends by itself, when others have used the time up. */
  private static final long LEAST_WAIT_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

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

  /** All of it; the account. */
  ExecutorStatistics.ShutdownAccount run(long drainNanos, ExecutorFigures<G> figures) {
    ExecutorStatistics before = figures.statistics();
    long cutOff = cutOff(drainNanos);
    int threadsLeft = join();
    ExecutorStatistics after = figures.statistics();
    return new ExecutorStatistics.ShutdownAccount(
        after.completed() - before.completed(),
        after.failed() - before.failed(),
        after.cancelled() - before.cancelled(),
        cutOff,
        threadsLeft,
        after);
  }

  /** Lets calls end for so long, then cuts them off; how many were. */
  private long cutOff(long drainNanos) {
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

  /**
   * Then waits for the threads, a grace time for all together; how many are left. A thread that is
   * interrupted counts them without waiting.
   */
  private int join() {
    int left = workers.join(untilNanos);
    if (!nested.join(untilNanos)) {
      nested.tellLeft();
      left++;
    }
    if (!hasEnded(watchdog)) {
      LOG.atWarn()
          .addKeyValue("event", "worker.left")
          .addKeyValue("pool", Printable.name(settings.name()))
          .addKeyValue("worker", watchdog.getName())
          .log("A thread has not ended at shutdown");
      left++;
    }
    return left;
  }

  private boolean hasEnded(Thread thread) {
    try {
      long left = untilNanos - System.nanoTime();
      TimeUnit.NANOSECONDS.timedJoin(thread, Math.max(LEAST_WAIT_NANOS, left));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return !thread.isAlive();
  }
}
