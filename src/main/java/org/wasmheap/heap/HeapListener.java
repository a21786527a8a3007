package org.wasmheap.heap;

import org.wasmheap.allocator.AllocatorException;

/**
 * Hooks into the life of heaps; every method does nothing unless overridden.
 *
 * <p>Each runs on the thread that owns the heap, between the steps of its call: keep them short,
 * and do not block. An exception in a hook is logged and suppressed, and no hook can change a
 * result; {@link #mayGrow} alone has a say. One listener hears of many heaps, from many threads at
 * once.
 */
public interface HeapListener {
  /** Hears nothing. For it alone no {@link CallReport} is made. */
  HeapListener NONE = new HeapListener() {};

  /** Who asked for a growth. */
  enum GrowthCause {
    /** The allocator, to satisfy a request. */
    ALLOCATOR,
    /** The guest's own {@code memory.grow}. */
    GUEST
  }

  /**
   * A heap was made and has its owner.
   *
   * @param heap the heap, ready for calls
   */
  default void created(Heap heap) {}

  /**
   * The memory is about to grow, within its maximum. A refusal is the host's: the guest does not
   * see it, the call is aborted, and no verdict follows. An exception counts as a refusal.
   *
   * @param heap the heap in its call
   * @param fromPages logical size now
   * @param toPages logical size wanted
   * @param cause who asked
   * @return {@code false} to refuse
   */
  default boolean mayGrow(Heap heap, int fromPages, int toPages, GrowthCause cause) {
    return true;
  }

  /**
   * The memory has grown.
   *
   * @param heap the heap in its call
   * @param fromPages logical size before
   * @param toPages logical size now
   * @param cause who asked
   */
  default void grown(Heap heap, int fromPages, int toPages, GrowthCause cause) {}

  /**
   * The allocator failed; told once for each poison, with its first cause.
   *
   * @param heap the heap in its call
   * @param cause the fault with the operation that met it
   */
  default void poisoned(Heap heap, AllocatorException cause) {}

  /**
   * A call is over and the heap is pristine again.
   *
   * @param heap the heap, ready for calls
   * @param blocksRestored blocks of memory that were put back
   */
  default void reset(Heap heap, int blocksRestored) {}

  /**
   * The heap will not be used again.
   *
   * @param heap the heap
   */
  default void retired(Heap heap) {}

  /**
   * A call that ran on a heap is over, the heap is put back or retired, and the future of the call
   * is about to complete.
   *
   * @param report what the call was and took
   */
  default void callCompleted(CallReport report) {}
}
