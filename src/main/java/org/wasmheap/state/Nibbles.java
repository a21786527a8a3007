package org.wasmheap.state;

import java.util.Arrays;

/**
 * Keys seen as nibbles, the high one of each byte first. Positions count nibbles; a key is never
 * unpacked.
 */
final class Nibbles {
  /** The longest key that a trie holds: its nibbles, and one byte more, fit into an {@code int}. */
  static final int MOST_KEY_BYTES = Integer.MAX_VALUE / 2 - 1;

  private Nibbles() {}

  /**
   * How many nibbles a key has. One that is too long for a trie, and only looked for, is taken as
   * one byte longer than the longest that can be there: it is found no less and orders the same.
   */
  static int count(byte[] key) {
    return 2 * Math.min(key.length, MOST_KEY_BYTES + 1);
  }

  /** The nibble at a position, 0 to 15. */
  static int at(byte[] key, int position) {
    int both = key[position >>> 1];
    return (position & 1) == 0 ? (both >>> 4) & 0xF : both & 0xF;
  }

  /**
   * Up to where two keys agree.
   *
   * @param from up to here they are known to agree
   * @param limit nothing beyond this is looked at; not more than either key has
   * @return a position from {@code from} to {@code limit}
   */
  static int agreement(byte[] one, byte[] other, int from, int limit) {
    int first = from >>> 1;
    int end = (limit + 1) >>> 1;
    int different = Arrays.mismatch(one, first, end, other, first, end);
    if (different < 0) {
      return limit;
    }
    int index = first + different;
    int highDiffers = (one[index] ^ other[index]) & 0xF0;
    return Math.min(limit, highDiffers == 0 ? 2 * index + 1 : 2 * index);
  }
}
