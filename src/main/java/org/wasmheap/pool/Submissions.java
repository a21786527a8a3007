package org.wasmheap.pool;

import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.wasmheap.guest.GuestCall;

/**
 * Where calls come in. Made inside a call they run at once, on its thread; all others queue, those
 * of listeners, too.
 */
final class Submissions<G> {
  private final PoolSettings<G> settings;
  private final Counters counters;
  private final CallQueue<G> queue;
  private final CallTask.Books<G> books;
  private final NestedCalls<G> nested;
  private final RejectionLog rejections;

  /** Numbers the calls; each number is taken atomically, and nothing depends on the order. */
  private final AtomicLong calls = new AtomicLong();

  Submissions(
      PoolSettings<G> settings,
      Counters counters,
      CallQueue<G> queue,
      NestedCalls<G> nested,
      RejectionLog rejections) {
    this.settings = settings;
    this.counters = counters;
    this.queue = queue;
    this.books = new CallTask.Books<>(queue, counters);
    this.nested = nested;
    this.rejections = rejections;
  }

  /** A call that will complete, or has. */
  <R extends @Nullable Object> CallTask<G, R> submit(
      CallOptions options, GuestCall<? super G, ? extends R> call) {
    CallStack stack = CallStack.current();
    return submit(options, call, stack != null && stack.isBusy() ? stack : null);
  }

  /**
   * The same for a caller who waits for the result: what a worker's thread waits for runs at once,
   * also outside of calls, in a listener say.
   */
  <R extends @Nullable Object> CallTask<G, R> submitAndWait(
      CallOptions options, GuestCall<? super G, ? extends R> call) {
    return submit(options, call, CallStack.current());
  }

  /** Runs at once on the stack, or queues without one. */
  private <R extends @Nullable Object> CallTask<G, R> submit(
      CallOptions options, GuestCall<? super G, ? extends R> call, @Nullable CallStack stack) {
    Objects.requireNonNull(call, "call");
    long now = System.nanoTime();
    long deadline = now + limitNanos(options);
    if (stack != null) {
      deadline = stack.earlierDeadline(deadline);
    }
    CallTask<G, R> task =
        new CallTask<>(
            books, calls.incrementAndGet(), call, options, now, deadline, CallMdc.take());
    counters.submitted.incrementAndGet();
    try {
      if (stack != null) {
        nested.run(task, stack);
      } else {
        offer(task);
      }
    } catch (Throwable e) {
      breakDown(task, e);
    }
    return task;
  }

  private void offer(CallTask<G, ?> task) {
    CallQueue.Refusal refusal = queue.offer(task);
    if (refusal != null) {
      task.reject(Failures.rejected(task, settings.name(), refusal));
      if (refusal.phase() == CallQueue.Phase.OPEN) {
        tellOf(task, refusal);
      }
    }
  }

  /** It was not accepted, or it is known to the queue still; or it is done, and more went wrong. */
  private static void breakDown(CallTask<?, ?> task, Throwable why) {
    if (!task.isDone()) {
      Failures.endBroken(task, why);
    }
  }

  /** After its future has failed, so that a hook that blocks holds up its own thread alone. */
  private void tellOf(CallTask<G, ?> task, CallQueue.Refusal refusal) {
    rejections.rejected(task.callClass(), refusal);
    settings
        .listener()
        .rejected(
            new PoolListener.Rejection(
                settings.name(),
                task.number(),
                task.name(),
                task.callClass(),
                refusal.waiting(),
                refusal.running(),
                refusal.longestWaitNanos()));
  }

  /** How long a call may take to complete, whatever happens to it. */
  long longestNanos(CallOptions options) {
    return limitNanos(options) + 3 * settings.graceNanos();
  }

  private long limitNanos(CallOptions options) {
    Duration deadline = options.deadline();
    return deadline == null ? settings.defaultDeadlineNanos() : deadline.toNanos();
  }
}
