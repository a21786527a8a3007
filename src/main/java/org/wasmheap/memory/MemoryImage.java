package org.wasmheap.memory;

import java.util.Arrays;

/**
 * The pristine content and size of a linear memory, taken once after instantiation and shared by
 * all instances of a module.
 *
 * <p>Immutable, and safe to use from any thread. The content is cut after its last block that is
 * not zero; what lies beyond is zero.
 */
public final class MemoryImage {
  private final byte[] content;
  private final int pages;
  private final int maximumPages;
  private final int heldBytes;

  /** Takes ownership of {@code content}, whose length is a multiple of the block size. */
  MemoryImage(byte[] content, int pages, int maximumPages, int heldBytes) {
    this.content = content;
    this.pages = pages;
    this.maximumPages = maximumPages;
    this.heldBytes = heldBytes;
  }

  /** Cuts {@code source} after its last block that is not zero. */
  static byte[] cut(byte[] source) {
    int end = source.length;
    while (end > 0 && source[end - 1] == 0) {
      end--;
    }
    int blocks = (end + FlatMemory.BLOCK_SIZE - 1) >>> TrackedArray.BLOCK_SHIFT;
    return Arrays.copyOf(source, blocks << TrackedArray.BLOCK_SHIFT);
  }

  /**
   * Makes another memory with this content and size, which {@link FlatMemory#restore()} brings back
   * to it.
   *
   * @return a new memory
   * @throws GrowthRefusedException if the JVM has no memory for it
   */
  public FlatMemory newMemory() {
    return new FlatMemory(this);
  }

  /**
   * The logical size.
   *
   * @return pages
   */
  public int pages() {
    return pages;
  }

  /**
   * The size that memories of this image may grow to.
   *
   * @return pages
   */
  public int maximumPages() {
    return maximumPages;
  }

  /**
   * Real bytes that the shared content takes, once for all instances.
   *
   * @return bytes
   */
  public int contentBytes() {
    return content.length;
  }

  /** Bytes that each memory of this image holds at all times. */
  int heldBytes() {
    return heldBytes;
  }

  /**
   * A clean array with the pristine content.
   *
   * @throws GrowthRefusedException if the JVM has no memory for it
   */
  TrackedArray newArray(int length) {
    TrackedArray array = new TrackedArray(length);
    System.arraycopy(content, 0, array.buffer(), 0, content.length);
    return array;
  }

  /** Copies the pristine bytes from {@code from} up to {@code to} to the same place in a memory. */
  void copyTo(byte[] destination, int from, int to) {
    int stored = Math.min(to, content.length);
    if (from < stored) {
      System.arraycopy(content, from, destination, from, stored - from);
    }
    int zeroFrom = Math.max(from, stored);
    if (zeroFrom < to) {
      Arrays.fill(destination, zeroFrom, to, (byte) 0);
    }
  }

  /** The first index at which {@code actual} differs from the pristine content, or -1. */
  int firstDifference(byte[] actual) {
    int stored = Math.min(content.length, actual.length);
    int at = Arrays.mismatch(actual, 0, stored, content, 0, stored);
    if (at >= 0) {
      return at;
    }
    for (int i = stored; i < actual.length; i++) {
      if (actual[i] != 0) {
        return i;
      }
    }
    return -1;
  }

  @Override
  public String toString() {
    return "MemoryImage[" + pages + " pages, " + content.length + " bytes stored]";
  }
}
