package org.wasmheap.pool;

import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.FailureKind;

/**
 * Ends calls that are due: interrupts them, gives up their threads, fails them. The watchdog and
 * shutdown have one each.
 *
 * <p>The queue knows a call until its future is done. So if it cannot be failed, that is tried
 * again later ({@link FullJavaHeap}). One that could not be interrupted is given up when its time
 * comes.
 */
final class Reaper<G> {
  private static final Logger LOG = LoggerFactory.getLogger(Reaper.class);

  private final PoolSettings<G> settings;
  private final CallQueue<G> queue;
  private final Workers<G> workers;
  private final DueCalls<G> due = new DueCalls<>();

  Reaper(PoolSettings<G> settings, CallQueue<G> queue, Workers<G> workers) {
    this.settings = settings;
    this.queue = queue;
    this.workers = workers;
  }

  /**
   * Waits until a call is due or the time is over, and ends those that are due.
   *
   * @return {@code false} when the executor has ended and no call is left
   */
  boolean awaitAndEnd(long limitNanos) {
    boolean more = queue.awaitDue(due, limitNanos);
    boolean wentWrong = false;
    for (int i = 0; i < due.size(); i++) {
      wentWrong |= !end(due.call(i), due.verdict(i));
    }
    if (wentWrong) {
      FullJavaHeap.pause();
    }
    return more;
  }

  /** Ends all that are due now, as far as it can be done by then. */
  void endNow(long untilNanos) {
    do {
      awaitAndEnd(0);
    } while (due.size() > 0 && System.nanoTime() - untilNanos < 0);
  }

  private boolean end(CallTask<G, ?> task, Verdict verdict) {
    try {
      if (verdict == Verdict.INTERRUPT) {
        task.interrupt(due.atEnd() ? FailureKind.SHUTDOWN : FailureKind.DEADLINE);
        return true;
      }
      giveUpAndFail(task, verdict);
      queue.finished(task);
      return true;
    } catch (Throwable e) {
      FullJavaHeap.report(LOG, e);
      return false;
    }
  }

  /** With the call's diagnostic context, on the watchdog or on the thread that shuts down. */
  private void giveUpAndFail(CallTask<G, ?> task, Verdict verdict) {
    Map<String, String> own = CallMdc.take();
    CallMdc.put(task.mdc());
    try {
      if (verdict == Verdict.GIVE_UP) {
        workers.giveUp(task); // First its token dies, then its caller hears of it.
      }
      if (!task.isDone()) {
        fail(task, verdict);
      }
    } finally {
      CallMdc.put(own);
    }
  }

  private void fail(CallTask<G, ?> task, Verdict verdict) {
    try {
      // No switch over the enum, see FullJavaHeap.
      if (verdict == Verdict.UNFINISHED) {
        task.failAsBroken(false);
      } else if (due.atEnd()) {
        boolean ran = verdict == Verdict.GIVE_UP;
        task.fail(
            Failures.cutOff(
                task,
                settings.name(),
                ran ? "ran" : "waited",
                ran ? null : workers.factoryFailure()));
      } else {
        boolean ran = verdict == Verdict.GIVE_UP;
        CallException failure =
            ran ? Failures.abandoned(task) : Failures.expired(task, workers.factoryFailure());
        task.fail(failure);
        CallMdc.put(task.mdc()); // Whatever listeners of its future have made of it.
        if (!ran) {
          FailedCalls.tellUnstarted(settings.name(), task, failure);
        }
      }
    } catch (Throwable e) {
      task.failAsBroken(due.atEnd());
    }
  }
}
