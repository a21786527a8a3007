package org.wasmheap.memory;

import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The pristine content and size of a linear memory, taken once after instantiation and shared by
 * all instances of a module.
 *
 * <p>Immutable, and safe to use from any thread. The content is cut after its last block that is
 * not zero; what lies beyond is zero.
 */
public final class MemoryImage {
  private static final byte[] ZEROS = new byte[LinearMemory.PAGE_SIZE];

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

  /** Where materialised bytes differ from this image, and how; null if they do not. */
  @Nullable String difference(byte[] actual) {
    int at = firstDifference(actual);
    if (at < 0) {
      return null;
    }
    int pristine = at < content.length ? content[at] : 0;
    return String.format(
        Locale.ROOT,
        "the byte at address %d is 0x%02x, the image has 0x%02x",
        at,
        actual[at] & 0xFF,
        pristine & 0xFF);
  }

  private int firstDifference(byte[] actual) {
    int stored = Math.min(content.length, actual.length);
    int at = Arrays.mismatch(actual, 0, stored, content, 0, stored);
    for (int from = stored; at < 0 && from < actual.length; from += ZEROS.length) {
      int to = Math.min(from + ZEROS.length, actual.length);
      int found = Arrays.mismatch(actual, from, to, ZEROS, 0, to - from);
      at = found < 0 ? -1 : from + found;
    }
    return at;
  }

  @Override
  public String toString() {
    return "MemoryImage[" + pages + " pages, " + content.length + " bytes stored]";
  }
}
