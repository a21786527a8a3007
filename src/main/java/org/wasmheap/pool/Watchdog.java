package org.wasmheap.pool;

import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.wasmheap.heap.FailureKind;

/**
 * The thread that holds calls to their deadlines: fails those that wait, interrupts those that run,
 * and completes the future of one that does not react. It takes spare memory from idle heaps too.
 */
final class Watchdog<G> implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(HeapExecutor.class);

  private static final long PAUSE_NANOS = 10_000_000;

  private final CallQueue<G> queue;
  private final IdleTrimmer<G> trimmer;
  private final long graceNanos;
  private final long roundNanos;

  Watchdog(CallQueue<G> queue, IdleTrimmer<G> trimmer, long graceNanos, long roundNanos) {
    this.queue = queue;
    this.trimmer = trimmer;
    this.graceNanos = graceNanos;
    this.roundNanos = roundNanos;
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
    CallQueue.Due<G> due = queue.awaitDue(graceNanos, roundNanos);
    if (due == null) {
      return false;
    }
    due.waiting().forEach(Watchdog::insist);
    due.running().forEach(task -> guarded(task::passedDeadline));
    guarded(() -> trimmer.trimIdle(System.nanoTime()));
    return true;
  }

  /**
   * Such a call is in no queue any more: it must be failed, as soon as there is memory to do so.
   */
  private static void insist(CallTask<?, ?> task) {
    while (!task.isDone()) {
      try {
        task.fail(expired(task));
      } catch (Throwable e) {
        failed(e);
      }
    }
  }

  private static void guarded(Runnable body) {
    try {
      body.run();
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

  private static CallException expired(CallTask<?, ?> task) {
    return new CallException(
        FailureKind.DEADLINE,
        "call "
            + task.number()
            + " '"
            + task.name()
            + "' passed its deadline in the queue and was never started; use more workers or a"
            + " longer deadline",
        null);
  }
}
