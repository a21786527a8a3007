package org.wasmheap.pool;

import org.jspecify.annotations.Nullable;
import org.wasmheap.allocator.AllocatorStatistics;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.CallScope;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.guest.GuestCall;
import org.wasmheap.guest.GuestFactory;
import org.wasmheap.heap.Heap;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.heap.HeapView;
import org.wasmheap.text.MdcEntries;

/**
 * Makes one call on the instance of a slot: runs it, has the instance put back or dropped, reports,
 * and completes the future, in this order. Holds nothing of a call, so one serves all threads.
 */
final class CallRun<G> {
  private final PoolSettings<G> settings;
  private final Counters counters;

  CallRun(PoolSettings<G> settings, Counters counters) {
    this.settings = settings;
    this.counters = counters;
  }

  /**
   * Makes the call on the calling thread, which owns the slot.
   *
   * @param gate the thread's own, begun; the caller releases it
   */
  void execute(CallTask<G, ?> task, InstanceSlot<G> slot, InterruptGate gate, CallStack stack) {
    Heap heap = slot.heap();
    GuestFactory.Instance<G> guest = slot.instance();
    if (heap == null || guest == null) {
      throw new IllegalStateException("a call needs an instance");
    }
    gate.revokesBy(slot.revoke());
    FailureKind stop = task.stop();
    if (stop != null || task.isDone()) {
      gate.end(task.number());
      CallException stopped = Failures.stopped(task, stop == null ? FailureKind.CANCELLED : stop);
      task.fail(stopped);
      if (stop == FailureKind.DEADLINE) {
        FailedCalls.tellUnstarted(settings.name(), task, stopped);
      }
      return;
    }
    stack.push(task);
    try {
      runAndEnd(task, slot, heap, guest, gate, stack);
    } finally {
      stack.pop(task);
    }
  }

  private void runAndEnd(
      CallTask<G, ?> task,
      InstanceSlot<G> slot,
      Heap heap,
      GuestFactory.Instance<G> guest,
      InterruptGate gate,
      CallStack stack) {
    int pagesBefore = heap.view().memory().pages();
    long began = System.nanoTime();
    @Nullable Object result = null;
    @Nullable Throwable thrown = null;
    slot.use();
    try {
      HeapHandle handle = heap.begin(task.number(), task.name(), gate.whetherInterrupted());
      // Given up between the gate's beginning and the heap's: the token lives, and must not.
      if (gate.isAbandoned()) {
        heap.revoke();
      }
      result = runBody(task, guest, handle, gate);
    } catch (Throwable e) {
      thrown = e;
    }
    FailureKind interrupted = gate.end(task.number());
    stack.end(task); // Hooks and listeners that run from here on are in no call.
    CallMdc.put(task.mdc()); // Whatever host functions have made of it.
    // A guest that has failed stays failed, whatever the call's own code made of the exception.
    Throwable firstCause = heap.firstCause();
    thrown = firstCause == null ? thrown : firstCause;
    CallException failure = thrown == null ? null : Failures.of(thrown, interrupted, task, heap);
    if (failure == null && gate.isAbandoned()) {
      failure = Failures.late(task);
    }
    long ended = System.nanoTime();
    end(task, slot, heap.view(), failure, pagesBefore, began, ended);
    if (failure == null) {
      task.complete(result);
    } else {
      task.fail(failure);
    }
  }

  /**
   * Only here a frame refers to body and context: while hooks and listeners hear of the end, no
   * more.
   */
  private static <G> @Nullable Object runBody(
      CallTask<G, ?> task, GuestFactory.Instance<G> guest, HeapHandle handle, InterruptGate gate)
      throws Exception {
    CallScope scope = CallScope.of(handle, task.context(), gate);
    try {
      GuestCall<? super G, ?> body = task.body();
      if (body == null) {
        throw Failures.stopped(task, FailureKind.CANCELLED); // In this very moment.
      }
      return body.run(guest.open(scope));
    } finally {
      scope.end();
    }
  }

  /** Has the instance put back or dropped, counts and reports. */
  private void end(
      CallTask<G, ?> task,
      InstanceSlot<G> slot,
      HeapView heap,
      @Nullable CallException failure,
      int pagesBefore,
      long began,
      long ended) {
    if (failure != null && heap.state() == HeapView.State.POISONED) {
      counters.poisoned.incrementAndGet(); // First: what follows takes memory.
    }
    // Taken before the reset, and only for those who listen.
    AllocatorStatistics did = settings.listener().isSilent() ? null : heap.statistics();
    int pagesPeak = heap.memory().pages();
    if (failure != null) {
      FailedCalls.tell(task, heap, failure);
    }
    int blocks = failure == null ? slot.putBack() : drop(slot, failure);
    long queueNanos = began - task.submittedNanos();
    long runNanos = ended - began;
    long resetNanos = failure == null ? System.nanoTime() - ended : 0;
    slot.count(queueNanos, runNanos, resetNanos, failure != null);
    if (did == null) {
      return;
    }
    // The memory of a retired heap may serve another by now.
    boolean retired = heap.state() == HeapView.State.RETIRED;
    CallReport report =
        new CallReport(
            settings.name(),
            task.number(),
            task.name(),
            task.callClass(),
            heap.name(),
            heap.generation(),
            failure == null ? null : failure.kind(),
            queueNanos,
            runNanos,
            resetNanos,
            pagesBefore,
            pagesPeak,
            retired ? pagesPeak : heap.memory().pages(),
            did.allocations(),
            did.deallocations(),
            did.bytesAllocatedPeak(),
            blocks,
            MdcEntries.bounded(task.mdc()));
    slot.report(report);
    settings.listener().callCompleted(report);
  }

  private int drop(InstanceSlot<G> slot, CallException failure) {
    Heap heap = slot.heap();
    if (heap != null
        && heap.view().state() != HeapView.State.POISONED
        && !failure.isDeterministic()) {
      heap.abort(failure);
    }
    slot.discardAfter(failure.kind());
    return 0;
  }
}
