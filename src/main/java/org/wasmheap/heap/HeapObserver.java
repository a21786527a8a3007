package org.wasmheap.heap;

import org.wasmheap.allocator.AllocatorException;

/**
 * Hears of each operation of one heap, on its owner's thread: for recorders. It is set with {@link
 * HeapView#observe}, and makes each malloc and free slower.
 *
 * <p>What it throws is logged and suppressed, and changes no result.
 */
public interface HeapObserver {
  /** A call begins, and the heap is pristine. */
  void began();

  /**
   * A block was handed out.
   *
   * @param size bytes asked for, u32
   * @param pointer the block, u32
   */
  void allocated(int size, int pointer);

  /**
   * A block was taken back.
   *
   * @param pointer the block, u32
   */
  void deallocated(int pointer);

  /**
   * An operation failed.
   *
   * @param fault why
   */
  void failed(AllocatorException fault);

  /**
   * The memory has grown.
   *
   * @param fromPages logical size before
   * @param toPages logical size now
   * @param cause who asked
   */
  void grown(int fromPages, int toPages, GrowthPolicy.Cause cause);

  /** The call is over, and nothing was put back yet. */
  void ended();
}
