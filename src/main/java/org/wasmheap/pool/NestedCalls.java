package org.wasmheap.pool;

import org.jspecify.annotations.Nullable;
import org.wasmheap.heap.FailureKind;

/**
 * Runs the calls that workers' threads make, at once and on the same thread, each on an instance in
 * reserve: nothing that such a thread holds is waited for by a call that it makes.
 */
final class NestedCalls<G> {
  private final PoolContext<G> pool;
  private final Reserve<G> reserve;
  private final int maxDepth;

  NestedCalls(PoolContext<G> pool, Reserve<G> reserve, int maxDepth) {
    this.pool = pool;
    this.reserve = reserve;
    this.maxDepth = maxDepth;
  }

  /** Runs a call to its end, whatever that is. */
  void run(CallTask<G, ?> task, CallStack stack) {
    pool.counters().nested.incrementAndGet();
    if (stack.depth() > maxDepth) {
      task.reject(Failures.tooDeep(task, pool.name(), maxDepth));
    } else if (!pool.queue().begin(task)) {
      task.reject(Failures.closed(task, pool.name()));
    } else {
      try {
        runWithin(task, stack);
      } catch (Throwable e) {
        task.lose(e);
      } finally {
        pool.queue().finished(task);
      }
    }
  }

  private void runWithin(CallTask<G, ?> task, CallStack stack) {
    InterruptGate gate = new InterruptGate(Thread.currentThread());
    task.begin(gate); // First: who interrupts the outer call reaches this one from here on.
    CallTask<?, ?> maker = stack.innermost();
    InterruptGate outer = maker == null ? null : maker.gate();
    if (outer == null) {
      runOnReserve(task, gate, stack);
    } else if (outer.enter(gate)) {
      try {
        runOnReserve(task, gate, stack);
      } finally {
        outer.leave();
      }
    } else {
      gate.end(task.number()); // Or its deadline would interrupt the outer call's host function.
      outer.refused();
      task.fail(Failures.stopped(task, FailureKind.INTERRUPTED));
    }
  }

  private @Nullable Seat<G> take(CallTask<G, ?> task) {
    try {
      Seat<G> seat = reserve.take(task.deadlineNanos());
      if (seat == null) {
        task.fail(Failures.noInstance(task, pool.name()));
      }
      return seat;
    } catch (InterruptedException e) {
      // If the outer call is to end, too, its gate sees to it.
      FailureKind why = task.stop();
      task.fail(
          why == FailureKind.DEADLINE
              ? Failures.noInstance(task, pool.name())
              : Failures.stopped(task, why == null ? FailureKind.INTERRUPTED : why));
      return null;
    }
  }

  private void runOnReserve(CallTask<G, ?> task, InterruptGate gate, CallStack stack) {
    Seat<G> seat = null;
    try {
      seat = take(task);
    } finally {
      if (seat == null) {
        gate.end(task.number());
      }
    }
    if (seat == null) {
      return;
    }
    try {
      seat.execute(task, gate, stack);
    } catch (Throwable e) {
      stack.pop(task);
      gate.end(task.number());
      seat.discard(Seat.Reason.LOST.label());
      throw e; // Who called fails the call.
    } finally {
      if (!gate.release()) {
        seat.discard(Seat.Reason.GIVEN_UP.label()); // Given up while it ended.
      }
      reserve.give(seat);
    }
  }
}
