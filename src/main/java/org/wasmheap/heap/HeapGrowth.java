package org.wasmheap.heap;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.wasmheap.allocator.AllocatorStatistics;
import org.wasmheap.memory.GrowthRefusedException;
import org.wasmheap.text.Printable;

/** Growth of a heap's memory: asks the policy, grows, tells. Used by the heap's owner alone. */
final class HeapGrowth {
  /** A guest that grows page by page must not fill the JVM's memory with what is kept of it. */
  private static final int MAX_RECENT = 16;

  private final HeapView heap;
  private final GrowthPolicy policy;
  private final HeapListener listener;
  private final HeapEvents events;

  /** The last growths of the present call, for the report on a poison. */
  private final Deque<PoisonReport.Growth> recent = new ArrayDeque<>();

  HeapGrowth(HeapView heap, GrowthPolicy policy, HeapListener listener, HeapEvents events) {
    this.heap = heap;
    this.policy = policy;
    this.listener = listener;
    this.events = events;
  }

  boolean growForAllocator(int fromPages, int toPages) {
    return grow(fromPages, toPages, GrowthPolicy.Cause.ALLOCATOR);
  }

  /** Gives {@code false} if the memory itself will not grow; throws if the host refuses. */
  boolean grow(int fromPages, int toPages, GrowthPolicy.Cause cause) {
    requireAllowed(fromPages, toPages, cause);
    if (!heap.memory().grow(toPages - fromPages)) {
      return false;
    }
    remember(fromPages, toPages, cause);
    OperationTap tap = heap.tap();
    if (tap != null) {
      tap.grown(fromPages, toPages, cause);
    }
    events.grown(fromPages, toPages, cause);
    listener.grown(heap, fromPages, toPages, cause);
    return true;
  }

  private void remember(int fromPages, int toPages, GrowthPolicy.Cause cause) {
    if (recent.size() == MAX_RECENT) {
      recent.removeFirst();
    }
    AllocatorStatistics did = heap.statistics();
    long operations = did.allocations() + did.deallocations();
    recent.addLast(new PoisonReport.Growth(operations, fromPages, toPages, cause));
  }

  /** The last growths of the present call, the oldest first. */
  List<PoisonReport.Growth> recent() {
    return List.copyOf(recent);
  }

  void reset() {
    recent.clear();
  }

  private void requireAllowed(int fromPages, int toPages, GrowthPolicy.Cause cause) {
    Throwable thrown = null;
    heap.telling.set = true;
    try {
      if (policy.allows(heap.name(), fromPages, toPages, cause)) {
        return;
      }
    } catch (Throwable e) {
      thrown = e;
    } finally {
      heap.telling.set = false;
    }
    throw new GrowthRefusedException(
        "the growth policy "
            + (thrown == null ? "refused" : "failed, which refuses,")
            + " growth of heap "
            + Printable.name(heap.name())
            + " from "
            + fromPages
            + " to "
            + toPages
            + " pages; allow it, or lower the heap's maximum",
        thrown);
  }
}
