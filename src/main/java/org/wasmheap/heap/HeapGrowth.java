package org.wasmheap.heap;

import org.wasmheap.heap.HeapListener.GrowthCause;
import org.wasmheap.memory.GrowthRefusedException;

/** Growth of a heap's memory: asks the callback, grows, tells. Used by the heap's owner alone. */
final class HeapGrowth {
  private final Heap heap;
  private final HeapListener listener;
  private final HeapEvents events;
  private final OperationRing ring;

  HeapGrowth(Heap heap, HeapListener listener, HeapEvents events, OperationRing ring) {
    this.heap = heap;
    this.listener = listener;
    this.events = events;
    this.ring = ring;
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
    ring.grown(fromPages, toPages, cause);
    Heap.Observer observer = heap.observer();
    if (observer != null) {
      observer.grown(fromPages, toPages, cause);
    }
    events.grown(heap, fromPages, toPages, cause);
    listener.grown(heap, fromPages, toPages, cause);
    return true;
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
