package org.wasmheap.pool;

import org.wasmheap.heap.FailureKind;

/**
 * The thread that holds calls to their deadlines: fails those that wait, interrupts those that run,
 * and completes the future of one that does not react. It takes spare memory from idle heaps too.
 */
final class Watchdog<G> implements Runnable {
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
    for (CallQueue.Due<G> due = queue.awaitDue(graceNanos, roundNanos);
        due != null;
        due = queue.awaitDue(graceNanos, roundNanos)) {
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
      trimmer.trimIdle(System.nanoTime());
    }
  }
}
