package org.wasmheap.pool;

import org.wasmheap.heap.FailureKind;

/**
 * The thread that holds calls to their deadlines: fails those that wait, interrupts those that run,
 * and completes the future of one that does not react.
 */
final class Watchdog<G> implements Runnable {
  private final CallQueue<G> queue;
  private final long graceNanos;

  Watchdog(CallQueue<G> queue, long graceNanos) {
    this.queue = queue;
    this.graceNanos = graceNanos;
  }

  @Override
  public void run() {
    for (CallQueue.Due<G> due = queue.awaitDue(graceNanos);
        due != null;
        due = queue.awaitDue(graceNanos)) {
      for (CallTask<G, ?> task : due.waiting()) {
        task.fail(
            new CallException(
                FailureKind.DEADLINE,
                "call "
                    + task.number()
                    + " '"
                    + task.name()
                    + "' passed its deadline in the queue and was never started; use more workers"
                    + " or a longer deadline",
                null));
      }
      for (CallTask<G, ?> task : due.running()) {
        task.passedDeadline();
      }
    }
  }
}
