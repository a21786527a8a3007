package org.wasmheap.heap;

import org.jspecify.annotations.Nullable;
import org.wasmheap.allocator.AllocatorStatistics;
import org.wasmheap.allocator.FreeingBumpAllocator;

/** What the calls of a heap were and took. Written by the heap's owner alone. */
final class CallHistory {
  private final String pool;
  private final Heap heap;
  private final GuardedListener listener;

  /** How many calls failed. Volatile, for statistics from any thread. */
  private volatile long failures;

  /** Of the call that ended last, if anybody listens. Volatile for the same reason. */
  private volatile @Nullable CallReport lastReport;

  /** The call that runs or ran last, and what it had done when it ended. */
  private @Nullable HeapHandle lastCall;

  private @Nullable AllocatorStatistics lastStatistics;
  private int lastPages;

  CallHistory(String pool, Heap heap, GuardedListener listener) {
    this.pool = pool;
    this.heap = heap;
    this.listener = listener;
  }

  void began(HeapHandle call) {
    lastCall = call;
  }

  /** Without a listener nothing is gathered. */
  void ended(FreeingBumpAllocator allocator, int pages) {
    if (!listener.isSilent()) {
      lastStatistics = allocator.statistics();
      lastPages = pages;
    }
  }

  /** See {@link Heap#completed}. Without a listener no report is made. */
  void completed(
      String callClass,
      @Nullable FailureKind failure,
      long queueNanos,
      long runNanos,
      long resetNanos,
      int blocksRestored) {
    if (failure != null) {
      long failed = failures + 1;
      failures = failed;
    }
    HeapHandle call = lastCall;
    AllocatorStatistics did = lastStatistics;
    if (listener.isSilent() || call == null || did == null) {
      return;
    }
    CallReport report =
        new CallReport(
            pool,
            call.call(),
            call.callName(),
            callClass,
            heap.name(),
            call.generation(),
            failure,
            queueNanos,
            runNanos,
            resetNanos,
            call.pagesBefore(),
            lastPages,
            // The memory of a retired heap may serve another by now.
            heap.state() == Heap.State.RETIRED ? lastPages : heap.memory().pages(),
            did.allocations(),
            did.deallocations(),
            did.bytesAllocatedPeak(),
            blocksRestored);
    lastReport = report;
    listener.callCompleted(report);
  }

  /** The call that runs or ran last. */
  @Nullable HeapHandle lastCall() {
    return lastCall;
  }

  long failures() {
    return failures;
  }

  @Nullable CallReport lastReport() {
    return lastReport;
  }
}
