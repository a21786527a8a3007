package org.wasmheap.heap;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.wasmheap.heap.HeapListener.Growth;
import org.wasmheap.heap.HeapListener.GrowthCause;
import org.wasmheap.heap.HeapListener.HeapOperation;

/**
 * The last operations of a heap in its present call, for the report on a poison. Used by the heap's
 * owner alone.
 *
 * <p>It is on the path of every malloc and free, so an operation is one store: operand in the high
 * half, result in the low one. No pointer is 0, so a result of 0 tells a free.
 */
final class OperationRing {
  /** A power of two. */
  static final int SIZE = 64;

  private static final int MASK = SIZE - 1;

  /** Growths are few; a guest that grows page by page must not fill the memory with them. */
  private static final int MAX_GROWTHS = 16;

  /** For who measures what the ring costs, or will not pay for it. */
  private static final boolean KEPT =
      !"off".equals(System.getProperty("org.wasmheap.operationRing"));

  private final long[] entries = new long[SIZE];

  /** Operations since the reset. */
  private long count;

  private final Deque<Growth> growths = new ArrayDeque<>();

  void allocated(int size, int pointer) {
    if (KEPT) {
      entries[(int) count++ & MASK] = (long) size << Integer.SIZE | Integer.toUnsignedLong(pointer);
    }
  }

  void deallocated(int pointer) {
    if (KEPT) {
      entries[(int) count++ & MASK] = (long) pointer << Integer.SIZE;
    }
  }

  void grown(int fromPages, int toPages, GrowthCause cause) {
    if (growths.size() == MAX_GROWTHS) {
      growths.removeFirst();
    }
    growths.addLast(new Growth(count, fromPages, toPages, cause));
  }

  /** Forgets all, without touching it: what a later call reads, it has written itself. */
  void reset() {
    count = 0;
    growths.clear();
  }

  /** The operations that are still held, the oldest first. */
  List<HeapOperation> operations() {
    List<HeapOperation> operations = new ArrayList<>(SIZE);
    for (long i = Math.max(0, count - SIZE); i < count; i++) {
      long entry = entries[(int) i & MASK];
      operations.add(new HeapOperation(entry >>> Integer.SIZE, entry & 0xFFFF_FFFFL));
    }
    return List.copyOf(operations);
  }

  List<Growth> growths() {
    return List.copyOf(growths);
  }
}
