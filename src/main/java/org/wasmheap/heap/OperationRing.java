package org.wasmheap.heap;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.wasmheap.allocator.AllocatorException;
import org.wasmheap.heap.HeapListener.GrowthCause;
import org.wasmheap.heap.HeapListener.HeapOperation;

/**
 * The last operations of a heap in its present call, for the report on a poison; and before
 * whatever other observer the heap has. Used by the heap's owner alone.
 *
 * <p>An operation is one store: operand in the high half, result in the low one. No pointer is 0,
 * so a result of 0 tells a free.
 */
final class OperationRing implements HeapListener.Observer {
  /** A power of two. */
  static final int SIZE = 64;

  private final long[] entries = new long[SIZE];

  /** Operations since the call began; a call that wraps it is long past anybody's patience. */
  private int count;

  private final HeapListener.@Nullable Observer next;

  OperationRing(HeapListener.@Nullable Observer next) {
    this.next = next;
  }

  @Override
  public void allocated(int size, int pointer) {
    add(size, pointer);
    if (next != null) {
      next.allocated(size, pointer);
    }
  }

  @Override
  public void deallocated(int pointer) {
    add(pointer, 0);
    if (next != null) {
      next.deallocated(pointer);
    }
  }

  private void add(int operand, int result) {
    long[] ring = entries;
    int at = count;
    count = at + 1;
    // In this form the compiler needs no bounds check.
    ring[at & ring.length - 1] = (long) operand << Integer.SIZE | Integer.toUnsignedLong(result);
  }

  /** Forgets all without touching it: what a call reads here, it has written itself. */
  @Override
  public void began(Heap heap) {
    count = 0;
    if (next != null) {
      next.began(heap);
    }
  }

  @Override
  public void failed(AllocatorException fault) {
    if (next != null) {
      next.failed(fault);
    }
  }

  @Override
  public void grown(int fromPages, int toPages, GrowthCause cause) {
    if (next != null) {
      next.grown(fromPages, toPages, cause);
    }
  }

  @Override
  public void ended(Heap heap) {
    if (next != null) {
      next.ended(heap);
    }
  }

  /** The operations that are still held, the oldest first. */
  List<HeapOperation> operations() {
    List<HeapOperation> operations = new ArrayList<>(SIZE);
    for (int i = Math.max(0, count - SIZE); i < count; i++) {
      long entry = entries[i & SIZE - 1];
      operations.add(new HeapOperation(entry >>> Integer.SIZE, entry & 0xFFFF_FFFFL));
    }
    return List.copyOf(operations);
  }
}
