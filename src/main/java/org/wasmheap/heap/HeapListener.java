package org.wasmheap.heap;

/**
 * Hooks into the life of heaps; every method does nothing unless overridden.
 *
 * <p>Each runs on the thread that its Javadoc names, in the midst of what it tells of: keep them
 * short, and neither block nor wait for calls in them. A call whose hook blocks is not over: past
 * its deadline its thread is given up, as if a host function had blocked; no other thread waits for
 * it.
 *
 * <p>An exception in a hook, an {@link Error} included, is logged and suppressed, and no hook can
 * change a result; {@link GrowthPolicy} alone has a say. A hook is given a {@link HeapView}: it may
 * look at the heap and read its memory. While it runs, the methods that drive the {@link Heap}
 * throw {@link IllegalStateException}. One listener hears of many heaps, from many threads at once.
 */
public interface HeapListener {
  /** Hears nothing. */
  HeapListener NONE = new HeapListener() {};

  /**
   * One listener for several. Each hears of everything, in the order given; what one throws keeps
   * no other from hearing.
   *
   * @param listeners all of them; there may be none
   * @return a listener that tells them all
   */
  static HeapListener all(HeapListener... listeners) {
    return GuardedListener.of(listeners);
  }

  /**
   * A heap was made and has its owner. On the owner's thread, before the first call.
   *
   * @param heap the heap, ready for calls
   */
  default void created(HeapView heap) {}

  /**
   * The memory has grown. On the thread of the call, in the middle of it.
   *
   * @param heap the heap in its call
   * @param fromPages logical size before
   * @param toPages logical size now
   * @param cause who asked
   */
  default void grown(HeapView heap, int fromPages, int toPages, GrowthPolicy.Cause cause) {}

  /**
   * The allocator failed; told once for each poison, with its first cause. On the thread of the
   * call, in the middle of it.
   *
   * @param heap the heap in its call
   * @param report what the heap was like at that moment, and the operation that failed
   */
  default void poisoned(HeapView heap, PoisonReport report) {}

  /**
   * A call is over and the heap is pristine again. On the thread of the call.
   *
   * @param heap the heap, ready for calls
   * @param blocksRestored blocks of memory that were put back
   */
  default void reset(HeapView heap, int blocksRestored) {}

  /**
   * The heap will not be used again. On the thread that owns it at that time.
   *
   * @param heap the heap
   */
  default void retired(HeapView heap) {}
}
