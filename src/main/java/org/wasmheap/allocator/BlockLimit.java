package org.wasmheap.allocator;

/**
 * The largest block that an allocator hands out. There are two, and nodes must agree on which one a
 * call has: a request beyond it is a fault.
 *
 * <p>Source: the reference allocators ({@code MAX_POSSIBLE_ALLOCATION} of {@code sc-allocator}, 32
 * MiB) and the proposed change #6081 to it, for the wide one.
 */
public enum BlockLimit {
  /** 32 MiB, for the calls of block execution; 23 orders. */
  ON_CHAIN(32L << 20),

  /** 2 GiB, for calls off the chain; 29 orders. */
  WIDE(1L << 31);

  private final long bytes;

  BlockLimit(long bytes) {
    this.bytes = bytes;
  }

  /**
   * The largest request that succeeds.
   *
   * @return bytes, a power of two, without the block's header
   */
  public long bytes() {
    return bytes;
  }
}
