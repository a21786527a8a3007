package org.wasmheap.pool;

import org.jspecify.annotations.Nullable;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.FailureKind;

/**
 * Runs the calls that are made inside calls, and those that a listener on a worker's thread waits
 * for, at once and on the same thread, each on a nested slot: no such call waits for anything that
 * its own thread holds.
 */
final class NestedCalls<G> {
  private final PoolSettings<G> settings;
  private final Counters counters;
  private final CallQueue<G> queue;
  private final NestedSlots<G> slots;
  private final CallRun<G> run;

  NestedCalls(
      PoolSettings<G> settings,
      Counters counters,
      CallQueue<G> queue,
      NestedSlots<G> slots,
      CallRun<G> run) {
    this.settings = settings;
    this.counters = counters;
    this.queue = queue;
    this.slots = slots;
    this.run = run;
  }

  /** Runs a call to its end, whatever that is. */
  void run(CallTask<G, ?> task, CallStack stack) {
    counters.nested.incrementAndGet();
    if (stack.depth() > settings.maxDepth() || stack.isFull()) {
      CallException tooDeep = Failures.tooDeep(task, settings.name(), settings.maxDepth());
      task.reject(tooDeep);
      FailedCalls.tellUnstarted(settings.name(), task, tooDeep);
    } else if (!queue.begin(task)) {
      task.reject(Failures.closed(task, settings.name()));
    } else {
      try {
        runWithin(task, stack);
      } catch (Throwable e) {
        Failures.endBroken(task, e);
      } finally {
        task.leave();
        CallMdc.put(task.mdc()); // The outer call's again, as it was when this one was made.
        queue.finished(task);
      }
    }
  }

  private void runWithin(CallTask<G, ?> task, CallStack stack) {
    InterruptGate gate = new InterruptGate(Thread.currentThread());
    task.begin(gate); // First: an interrupt of the outer call reaches this one from here on.
    CallTask<?, ?> maker = stack.innermost();
    InterruptGate outer = maker == null ? null : maker.gate();
    if (outer == null) {
      runOnSlot(task, gate, stack);
    } else if (outer.enter(gate)) {
      try {
        runOnSlot(task, gate, stack);
      } finally {
        outer.leave();
      }
    } else {
      gate.end(task.number()); // Or its deadline would interrupt the outer call's host function.
      outer.refused();
      task.fail(Failures.stopped(task, FailureKind.INTERRUPTED));
    }
  }

  private @Nullable InstanceSlot<G> take(CallTask<G, ?> task) {
    try {
      InstanceSlot<G> slot = slots.take(task.deadlineNanos());
      if (slot == null) {
        CallException noInstance =
            Failures.noInstance(task, settings.name(), slots.factoryFailure());
        task.fail(noInstance);
        FailedCalls.tellUnstarted(settings.name(), task, noInstance);
      }
      return slot;
    } catch (InterruptedException e) {
      // If the outer call is to end, too, its gate sees to it.
      FailureKind why = task.stop();
      task.fail(
          why == FailureKind.DEADLINE
              ? Failures.noInstance(task, settings.name(), slots.factoryFailure())
              : Failures.stopped(task, why == null ? FailureKind.INTERRUPTED : why));
      return null;
    }
  }

  private void runOnSlot(CallTask<G, ?> task, InterruptGate gate, CallStack stack) {
    InstanceSlot<G> slot = null;
    try {
      slot = take(task);
    } finally {
      if (slot == null) {
        gate.end(task.number());
      }
    }
    if (slot == null) {
      return;
    }
    try {
      run.execute(task, slot, gate, stack);
    } catch (Throwable e) {
      gate.end(task.number());
      slot.discard(PoolListener.Reason.BROKEN);
      throw e; // The caller fails the call.
    } finally {
      if (!gate.release()) {
        slot.discard(PoolListener.Reason.ABANDONED); // Given up while it ended.
      }
      slots.give(slot);
    }
  }
}
