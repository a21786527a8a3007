package org.wasmheap.pool;

import com.google.common.util.concurrent.AbstractFuture;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.wasmheap.heap.FailureKind;

/**
 * A submitted call and its future. It completes exactly once, whoever comes first: the worker, the
 * watchdog, the caller who cancels, or shutdown; the winner counts the outcome.
 */
final class CallTask<G, R> extends AbstractFuture<R> {
  /** Made before it is needed: when it is, there may be no memory to make it. */
  @SuppressWarnings("StaticAssignmentOfThrowable")
  private static final CallException LOST =
      new CallException(
          FailureKind.OUT_OF_MEMORY,
          "the call was lost: its executor had no memory left to say more; raise -Xmx",
          null);

  private final HeapExecutor<G> executor;
  private final HeapExecutor.Call<? super G, ? extends R> body;
  private final CallOptions options;
  private final long number;
  private final long submittedNanos;

  /**
   * {@link System#nanoTime()} at which the watchdog must act on this call next. Written before the
   * task is published, then by the watchdog alone; guarded by the queue's lock.
   */
  private long wakeNanos;

  /** Whether the watchdog has interrupted it. The watchdog's alone. */
  private boolean overdue;

  /** Which worker runs it. Written by that worker before it begins; read by who interrupts. */
  private volatile @Nullable Worker<G> worker;

  CallTask(
      HeapExecutor<G> executor,
      HeapExecutor.Call<? super G, ? extends R> body,
      CallOptions options,
      long number,
      long submittedNanos,
      long deadlineNanos) {
    this.executor = executor;
    this.body = body;
    this.options = options;
    this.number = number;
    this.submittedNanos = submittedNanos;
    this.wakeNanos = submittedNanos + deadlineNanos;
  }

  long number() {
    return number;
  }

  String name() {
    return options.name();
  }

  CallOptions options() {
    return options;
  }

  long submittedNanos() {
    return submittedNanos;
  }

  long wakeNanos() {
    return wakeNanos;
  }

  void wakeAt(long nanoTime) {
    wakeNanos = nanoTime;
  }

  void runsOn(Worker<G> runs) {
    worker = runs;
  }

  R run(G guest) throws Exception {
    return body.run(guest);
  }

  void complete(@Nullable Object result) {
    // The result came from this task's own body.
    @SuppressWarnings("unchecked")
    R own = (R) result;
    LongAdder completed = executor.counters().completed;
    completed.increment(); // First, so that who has the result finds it counted.
    if (!set(own)) {
      completed.decrement();
    }
  }

  void fail(CallException failure) {
    failWith(failure, executor.counters().failed);
  }

  /** It was not accepted. */
  void reject(CallException refusal) {
    failWith(refusal, executor.counters().rejected);
  }

  private void failWith(CallException failure, LongAdder count) {
    count.increment();
    if (!setException(failure)) {
      count.decrement();
    }
  }

  /** Its executor failed at it, perhaps for want of memory. */
  void lose(Throwable thrown) {
    try {
      fail(Failures.broken(thrown, this));
    } catch (Throwable again) {
      fail(LOST);
    }
  }

  /** The deadline passed while it runs: interrupts, and the next time gives up on it as well. */
  void passedDeadline() {
    // Again each time: the first may have come before the worker began the call.
    interrupt(FailureKind.DEADLINE);
    if (overdue) {
      fail(
          new CallException(
              FailureKind.DEADLINE,
              "call "
                  + number
                  + " '"
                  + name()
                  + "' passed its deadline and did not react to its interruption; look at what its"
                  + " host functions wait for",
              null));
    }
    overdue = true;
  }

  /** Interrupts the call if it runs; nothing if it waits or has ended. */
  boolean interrupt(FailureKind why) {
    Worker<G> runs = worker;
    return runs != null && runs.interrupt(number, why);
  }

  @Override
  protected void afterDone() {
    if (isCancelled()) {
      executor.counters().cancelled.increment();
      if (!executor.queue().remove(this) && wasInterrupted()) {
        interrupt(FailureKind.CANCELLED);
      }
    }
  }

  @Override
  protected String pendingToString() {
    return "call " + number + " '" + name() + "'";
  }
}
