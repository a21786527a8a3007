package org.wasmheap.allocator;

/**
 * Why an allocator failed. Each fault poisons the allocator. All but two are the guest's doing, and
 * the same on every node.
 */
public enum AllocatorFault {
  /** The allocator failed before, and was not reset since. */
  POISONED("the allocator was poisoned by an earlier fault"),
  /** The memory is smaller than it was at an earlier operation: not the guest's doing. */
  MEMORY_SHRANK("the memory is smaller than it was before"),
  /** The request exceeds the largest block. */
  REQUEST_TOO_LARGE("the request is larger than the largest block"),
  /** Neither a free block nor room, and the memory will not grow. */
  OUT_OF_SPACE("no room is left and the memory may not grow far enough"),
  /** The block would end at or beyond 2^32. */
  ADDRESS_OVERFLOW("the block would end beyond the 32-bit address space"),
  /** A free list leads out of the memory: the guest overwrote a link. */
  INVALID_LINK("a free list leads outside the memory (a header was overwritten)"),
  /** A header names an order that does not exist: the guest overwrote it. */
  INVALID_ORDER("a header holds an order that does not exist (it was overwritten)"),
  /** A free list leads to an occupied block: the guest overwrote a link. */
  OCCUPIED_LINK("a free list leads to an occupied block (a header was overwritten)"),
  /** The pointer to free has no room for a header before it. */
  INVALID_POINTER("the pointer was never handed out"),
  /** The block to free is free already. */
  EMPTY_HEADER("the block is free already (a double free or a wild pointer)"),
  /** The header to read lies outside the memory. */
  READ_OUT_OF_BOUNDS("the header to read lies outside the memory"),
  /**
   * The header to write lies outside the memory, which therefore misreports its size: not the
   * guest's doing.
   */
  WRITE_OUT_OF_BOUNDS("the header to write lies outside the memory"),
  /** The count of allocated bytes would leave 0 to 2^32. */
  ACCOUNTING("the count of allocated bytes would leave its range (headers were overwritten)");

  private final String meaning;

  AllocatorFault(String meaning) {
    this.meaning = meaning;
  }

  /**
   * Whether a guest can bring this about.
   *
   * @return {@code false} if only a memory can that does not keep its promises
   */
  public boolean isGuestsDoing() {
    return this != MEMORY_SHRANK && this != WRITE_OUT_OF_BOUNDS;
  }

  /**
   * What the fault means, for messages.
   *
   * @return a clause without a full stop
   */
  public String meaning() {
    return meaning;
  }
}
