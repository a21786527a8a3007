package org.wasmheap.heap;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.wasmheap.allocator.AllocatorStatistics;
import org.wasmheap.heap.HeapListener.Growth;
import org.wasmheap.heap.HeapListener.GrowthCause;
import org.wasmheap.memory.GrowthRefusedException;

/** Growth of a heap's memory: asks the callback, grows, tells. Used by the heap's owner alone. */
final class HeapGrowth {
  /** A guest that grows page by page must not fill the JVM's memory with what is kept of it. */
  private static final int MAX_RECENT = 16;

  private final Heap heap;
  private final HeapListener listener;
  private final HeapEvents events;

  /** The last growths of the present call, for the report on a poison. */
  private final Deque<Growth> recent = new ArrayDeque<>();

  HeapGrowth(Heap heap, HeapListener listener, HeapEvents events) {
    this.heap = heap;
    this.listener = listener;
    this.events = events;
  }

  boolean growForAllocator(int fromPages, int toPages) {
    return grow(fromPages, toPages, GrowthCause.ALLOCATOR);
  }

  /** Gives {@code false} if the memory itself will not grow; throws if the host refuses. */
  boolean grow(int fromPages, int toPages, GrowthCause cause) {
    requireAllowed(fromPages, toPages, cause);
    if (!heap.memory().grow(toPages - fromPages)) {
      return false;
    }
    remember(fromPages, toPages, cause);
    HeapListener.Observer observer = heap.observer();
    if (observer != null) {
      observer.grown(fromPages, toPages, cause);
    }
    events.grown(heap, fromPages, toPages, cause);
    listener.grown(heap, fromPages, toPages, cause);
    return true;
  }

  private void remember(int fromPages, int toPages, GrowthCause cause) {
    if (recent.size() == MAX_RECENT) {
      recent.removeFirst();
    }
    AllocatorStatistics did = heap.statistics();
    recent.addLast(new Growth(did.allocations() + did.deallocations(), fromPages, toPages, cause));
  }

  /** The last growths of the present call, the oldest first. */
  List<Growth> recent() {
    return List.copyOf(recent);
  }

  void reset() {
    recent.clear();
  }

  private void requireAllowed(int fromPages, int toPages, GrowthCause cause) {
    Throwable thrown = null;
    try {
      if (listener.mayGrow(heap, fromPages, toPages, cause)) {
        return;
      }
    } catch (Throwable e) {
      thrown = e;
    }
    throw new GrowthRefusedException(
        "a growth callback "
            + (thrown == null ? "refused" : "failed, which refuses,")
            + " growth of heap "
            + heap.name()
            + " from "
            + fromPages
            + " to "
            + toPages
            + " pages; allow it, or lower the heap's maximum",
        thrown);
  }
}
