package org.wasmheap.pool;

import java.time.Duration;
import java.util.Objects;
import org.wasmheap.heap.HeapListener;

/** Where calls come in: from workers' threads they run at once, from all others they queue. */
final class Submissions<G> {
  private final PoolContext<G> pool;
  private final NestedCalls<G> nested;
  private final long defaultDeadlineNanos;

  Submissions(PoolContext<G> pool, NestedCalls<G> nested, long defaultDeadlineNanos) {
    this.pool = pool;
    this.nested = nested;
    this.defaultDeadlineNanos = defaultDeadlineNanos;
  }

  /** A call that will complete, or has. */
  <R> CallTask<G, R> submit(CallOptions options, HeapExecutor.Call<? super G, ? extends R> call) {
    Objects.requireNonNull(call, "call");
    long now = System.nanoTime();
    long deadline = now + limitNanos(options);
    CallStack stack = CallStack.current();
    if (stack != null) {
      deadline = stack.earlierDeadline(deadline);
    }
    CallTask<G, R> task = new CallTask<>(pool, call, options, now, deadline);
    pool.counters().submitted.incrementAndGet();
    try {
      if (stack != null) {
        nested.run(task, stack);
      } else {
        offer(task);
      }
    } catch (Throwable e) {
      lose(task, e);
    }
    return task;
  }

  private void offer(CallTask<G, ?> task) {
    CallQueue.Refusal refusal = pool.queue().offer(task);
    if (refusal != null) {
      task.reject(Failures.rejected(task, pool.name(), refusal));
      if (refusal.phase() == CallQueue.Phase.OPEN) {
        tellOf(task, refusal);
      }
    }
  }

  /** It was not accepted, or it is known to the queue still; or it is done, and more went wrong. */
  private static void lose(CallTask<?, ?> task, Throwable why) {
    if (!task.isDone()) {
      task.lose(why);
    }
  }

  /** After its future has failed, so that a hook that blocks holds up its own thread alone. */
  private void tellOf(CallTask<G, ?> task, CallQueue.Refusal refusal) {
    pool.exhaustion().rejected(task.callClass(), refusal);
    pool.listener()
        .rejected(
            new HeapListener.Rejection(
                pool.name(),
                task.number(),
                task.name(),
                task.callClass().label(),
                refusal.waiting(),
                refusal.running(),
                refusal.longestWaitNanos()));
  }

  /** How long a call may take to complete, whatever happens to it. */
  long longestNanos(CallOptions options) {
    return limitNanos(options) + 3 * pool.graceNanos();
  }

  private long limitNanos(CallOptions options) {
    Duration deadline = options.deadline();
    return deadline == null ? defaultDeadlineNanos : deadline.toNanos();
  }
}
