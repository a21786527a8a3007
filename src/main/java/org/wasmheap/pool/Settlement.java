package org.wasmheap.pool;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.wasmheap.heap.FailureKind;

/**
 * Does what is to be done about calls that are due: interrupts them, gives up their threads, fails
 * them. Used by the watchdog, and by shutdown, each with its own.
 *
 * <p>The queue knows a call until its future is done. So if it cannot be failed, for want of memory
 * say, that is done again later, and no call gets lost. One that could not be interrupted is given
 * up when its time comes.
 */
final class Settlement<G> {
  private static final Logger LOG = LoggerFactory.getLogger(HeapExecutor.class);
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  private final PoolContext<G> pool;
  private final Crew<G> crew;
  private final DueCalls<G> due = new DueCalls<>();

  Settlement(PoolContext<G> pool, Crew<G> crew) {
    this.pool = pool;
    this.crew = crew;
  }

  /**
   * Waits until a call is due or the time is over, and settles those that are due.
   *
   * @return {@code false} when the executor has ended and no call is left
   */
  boolean awaitAndSettle(long limitNanos) {
    boolean more = pool.queue().awaitDue(due, pool.graceNanos(), limitNanos);
    boolean wentWrong = false;
    for (int i = 0; i < due.size(); i++) { // By index: an iterator takes memory.
      wentWrong |= !settle(due.call(i), due.verdict(i));
    }
    if (wentWrong) {
      LockSupport.parkNanos(PAUSE_NANOS);
    }
    return more;
  }

  /** Settles all that are due now, as far as it can be done by then. */
  void settleNow(long untilNanos) {
    do {
      awaitAndSettle(0);
    } while (due.size() > 0 && System.nanoTime() - untilNanos < 0);
  }

  private boolean settle(CallTask<G, ?> task, DueCalls.Verdict verdict) {
    try {
      if (verdict == DueCalls.Verdict.INTERRUPT) {
        task.interrupt(due.atEnd() ? FailureKind.SHUTDOWN : FailureKind.DEADLINE);
        return true;
      }
      if (verdict == DueCalls.Verdict.GIVE_UP) {
        crew.giveUp(task); // First its token dies, then its caller hears of it.
      }
      if (!task.isDone()) {
        fail(task, verdict);
      }
      pool.queue().finished(task);
      return true;
    } catch (Throwable e) {
      report(e);
      return false;
    }
  }

  private void fail(CallTask<G, ?> task, DueCalls.Verdict verdict) {
    try {
      // No switch over the enum: that would be a class more to load when there is no memory.
      if (verdict == DueCalls.Verdict.UNFINISHED) {
        task.lose(false);
      } else if (due.atEnd()) {
        boolean ran = verdict == DueCalls.Verdict.GIVE_UP;
        task.fail(Failures.cutOff(task, pool.name(), ran ? "ran" : "waited"));
      } else {
        boolean ran = verdict == DueCalls.Verdict.GIVE_UP;
        task.fail(ran ? Failures.lost(task) : Failures.expired(task));
      }
    } catch (Throwable e) {
      task.lose(due.atEnd());
    }
  }

  /** Logs what went wrong, if that can be had. */
  static void report(Throwable e) {
    try {
      LOG.atError().setCause(e).log("executor.failed");
    } catch (Throwable unlogged) {
      // Without memory, say. Nothing here that could fail.
      return;
    }
  }

  /** For a thread that must not end, whatever it met: waits a little and goes on. */
  static void pauseAfter(Throwable e) {
    try {
      LockSupport.parkNanos(PAUSE_NANOS);
      report(e);
    } catch (Throwable unlogged) {
      // The first use of any class takes memory, too.
      return;
    }
  }
}
