package org.wasmheap.pool;

import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.wasmheap.heap.FailureKind;

/**
 * The thread that holds calls to their deadlines: fails those that wait, interrupts those that run,
 * and gives up one that does not react. It takes spare memory from idle heaps, too.
 */
final class Watchdog<G> implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(HeapExecutor.class);

  private static final long PAUSE_NANOS = 10_000_000;

  /** How often a thread is tried to be given up while there is no memory for it. */
  private static final int TRIES = 10;

  // Made before they are needed: the JVM never again links a place that it once could not.
  private static final Function<CallTask<?, ?>, CallException> EXPIRED = Failures::expired;
  private static final Function<CallTask<?, ?>, CallException> LOST = Failures::lost;

  private final PoolContext<G> pool;
  private final Crew<G> crew;
  private final IdleTrimmer<G> trimmer;

  Watchdog(PoolContext<G> pool, Crew<G> crew) {
    this.pool = pool;
    this.crew = crew;
    this.trimmer = new IdleTrimmer<>(crew, pool.idleNanos());
  }

  @Override
  public void run() {
    boolean more = true;
    while (more) {
      try {
        more = round();
      } catch (Throwable e) {
        // Deadlines must hold whatever fails here.
        failed(e);
      }
    }
  }

  private boolean round() {
    // A slow factory, too, is to be seen in time, and so is what the log was not told yet.
    long nanos = Math.min(pool.idleNanos(), 2 * pool.graceNanos());
    nanos = Math.min(nanos, Exhaustion.INTERVAL_NANOS);
    CallQueue.Due<G> due = pool.queue().awaitDue(pool.graceNanos(), nanos);
    if (due == null) {
      return false;
    }
    // By index: an iterator takes memory, and what is due stands in no other list any more.
    for (int i = 0; i < due.waiting().size(); i++) {
      insist(due.waiting().get(i), EXPIRED);
    }
    for (int i = 0; i < due.running().size(); i++) {
      interrupt(due.running().get(i));
    }
    for (int i = 0; i < due.late().size(); i++) {
      // First its token dies, then its caller hears of it.
      giveUp(due.late().get(i));
      insist(due.late().get(i), LOST);
    }
    look();
    return true;
  }

  // Each of these is guarded: whatever fails, the other calls that are due must not get lost.

  /**
   * Such a call is in no queue any more: it must be failed, as soon as there is memory to do so,
   * and with fewer words where they cannot be had.
   */
  private static void insist(CallTask<?, ?> task, Function<CallTask<?, ?>, CallException> failure) {
    while (!task.isDone()) {
      try {
        task.fail(failure.apply(task));
      } catch (Throwable e) {
        failed(e);
        lose(task, e);
      }
    }
  }

  private static void lose(CallTask<?, ?> task, Throwable why) {
    try {
      task.lose(why);
    } catch (Throwable e) {
      failed(e);
    }
  }

  private static void interrupt(CallTask<?, ?> task) {
    try {
      task.interrupt(FailureKind.DEADLINE);
    } catch (Throwable e) {
      failed(e);
    }
  }

  private void giveUp(CallTask<G, ?> task) {
    boolean done = false;
    for (int tries = 0; !done && tries < TRIES; tries++) {
      try {
        crew.giveUp(task);
        done = true;
      } catch (Throwable e) {
        failed(e);
      }
    }
  }

  private void look() {
    try {
      crew.replaceMissing();
      crew.reportSlowFactories(System.nanoTime());
      trimmer.trimIdle(System.nanoTime());
      pool.exhaustion().tellIfDue();
    } catch (Throwable e) {
      failed(e);
    }
  }

  /** Waits a little, which takes no memory, and logs, which may fail too. */
  private static void failed(Throwable e) {
    LockSupport.parkNanos(PAUSE_NANOS);
    try {
      LOG.atError().setCause(e).log("watchdog.failed");
    } catch (Throwable unlogged) {
      Thread.interrupted();
    }
  }
}
