package org.wasmheap.allocator;

import java.util.Arrays;
import java.util.BitSet;

/**
 * The headers that free lists lead to, each with the order of its list and the header that links to
 * it: 8 bytes for each, and a bit for each possible header of the heap.
 */
final class FreeHeaders {
  /** Headers are multiples of 8 and u32, so the index of one takes 29 bits. */
  private static final int INDEX_BITS = 29;

  private static final int ORDER_BITS = 5;
  private static final int ADDRESS_SHIFT = INDEX_BITS + ORDER_BITS;

  private final long heapBase;
  private final BitSet listed = new BitSet();

  /** Index of the header, order, index of the holder; from high bits to low, so they sort. */
  private long[] entries = new long[64];

  private int count;

  FreeHeaders(long heapBase) {
    this.heapBase = heapBase;
  }

  /**
   * Adds a header that is not among them.
   *
   * @param holder the header that links to it; the address itself if that is the list's head
   */
  void add(long address, int order, long holder) {
    if (count == entries.length) {
      entries = Arrays.copyOf(entries, 2 * count);
    }
    listed.set(indexOf(address));
    entries[count++] =
        (long) indexOf(address) << ADDRESS_SHIFT | (long) order << INDEX_BITS | indexOf(holder);
  }

  /** Puts them in address order. */
  void sort() {
    Arrays.sort(entries, 0, count);
  }

  /** Whether a list leads to this address, a multiple of 8 from the heap base on. */
  boolean contains(long address) {
    return listed.get(indexOf(address));
  }

  /** The order of a header that is among them. */
  int orderOf(long address) {
    int at = 0;
    while (address(at) != address) {
      at++;
    }
    return order(at);
  }

  /** A header's address; behind the last one, an address that none has. */
  long address(int at) {
    return at < count ? addressOf(entries[at] >>> ADDRESS_SHIFT) : Long.MAX_VALUE;
  }

  int order(int at) {
    return (int) (entries[at] >>> INDEX_BITS) & (1 << ORDER_BITS) - 1;
  }

  long holder(int at) {
    return addressOf(entries[at] & (1L << INDEX_BITS) - 1);
  }

  private int indexOf(long address) {
    return (int) ((address - heapBase) / BlockHeader.BYTES);
  }

  private long addressOf(long index) {
    return heapBase + index * BlockHeader.BYTES;
  }
}
