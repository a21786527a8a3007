package org.wasmheap.memory;

/** The grain of tracking: a memory is put back block by block, each with one card. */
final class Blocks {
  /** Address to number of its block: {@value} bits. */
  static final int SHIFT = 12;

  /** {@value} bytes. */
  static final int SIZE = 1 << SHIFT;

  private Blocks() {}

  /** The bytes of as many whole blocks as hold {@code bytes}, which an array must be able to. */
  static int roundUp(long bytes) {
    return (int) ((bytes + SIZE - 1) >>> SHIFT << SHIFT);
  }
}
