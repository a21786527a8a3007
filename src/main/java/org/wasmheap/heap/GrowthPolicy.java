package org.wasmheap.heap;

/**
 * Has a say in the growth of a heap's memory, for hosts that ration it.
 *
 * <p>It is asked before each growth that the memory's maximum allows, on the thread of the call and
 * in the middle of it, and by many heaps at once: keep it short, and do not block. What it refuses
 * is the host's doing: the guest does not see it, the call is aborted, and no verdict follows. An
 * exception counts as a refusal.
 */
@FunctionalInterface
public interface GrowthPolicy {
  /** Allows all that the memory's maximum allows. */
  GrowthPolicy ALLOW_ALL = (heap, fromPages, toPages, cause) -> true;

  /** Who asked for a growth. */
  enum Cause {
    /** The allocator, to satisfy a request. */
    ALLOCATOR,
    /** The guest's own {@code memory.grow}. */
    GUEST
  }

  /**
   * Decides.
   *
   * @param heap name of the heap
   * @param fromPages logical size now
   * @param toPages logical size wanted
   * @param cause who asked
   * @return {@code false} to refuse
   */
  boolean allows(String heap, int fromPages, int toPages, Cause cause);
}
