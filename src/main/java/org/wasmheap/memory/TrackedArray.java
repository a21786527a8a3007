package org.wasmheap.memory;

import java.util.Arrays;

/**
 * An array of guest memory with its cards: one byte for each block, not 0 where the block was
 * written.
 *
 * <p>A store marks the block of its first byte and may reach up to 7 bytes into the next, whose
 * card stays clear; so a run of dirty blocks is restored or copied with 7 bytes more.
 */
final class TrackedArray {
  static final byte DIRTY = 1;

  /** A store of 8 bytes that begins in one block ends at most this far into the next. */
  private static final int STORE_OVERHANG = 7;

  private static final byte[] CLEAN = new byte[Blocks.SIZE];

  private final byte[] buffer;
  private final byte[] cards;

  /**
   * Zeros, all clean.
   *
   * @param length a multiple of the block size
   * @throws GrowthRefusedException if the JVM has no memory for it
   */
  TrackedArray(int length) {
    try {
      buffer = new byte[length];
      cards = new byte[length >>> Blocks.SHIFT];
    } catch (OutOfMemoryError e) {
      throw new GrowthRefusedException(
          "the JVM has no "
              + length
              + " bytes for a linear memory; raise -Xmx or use fewer instances",
          e);
    }
  }

  /**
   * Pristine content, all clean.
   *
   * @param length whole blocks, at least as long as the content
   * @throws GrowthRefusedException if the JVM has no memory for it
   */
  TrackedArray(int length, PristineContent content) {
    this(length);
    begin(content);
  }

  /**
   * Zeros, all clean: of one length, or of another where the JVM has no memory for the first.
   *
   * @param wanted a multiple of the block size
   * @param needed the same, no longer
   * @throws GrowthRefusedException if the JVM has no memory for either
   */
  static TrackedArray ofEither(int wanted, int needed) {
    try {
      return new TrackedArray(wanted);
    } catch (GrowthRefusedException e) {
      if (needed == wanted) {
        throw e;
      }
      return new TrackedArray(needed);
    }
  }

  /** Puts pristine content into a new array. */
  void begin(PristineContent content) {
    // No more than the content: beyond it a new array is zero already.
    content.copyTo(buffer, 0, content.length());
  }

  byte[] buffer() {
    return buffer;
  }

  byte[] cards() {
    return cards;
  }

  int length() {
    return buffer.length;
  }

  long bytes() {
    return (long) buffer.length + cards.length;
  }

  /** Marks all blocks of a range, which is not empty. */
  void mark(int from, int length) {
    int last = from + length - 1;
    Arrays.fill(cards, from >>> Blocks.SHIFT, (last >>> Blocks.SHIFT) + 1, DIRTY);
  }

  /** Puts every dirty block back to the pristine content; gives their number. */
  int restore(PristineContent content) {
    int restored = 0;
    for (int run = nextDirty(0); run < cards.length; ) {
      int end = endOfRun(run);
      content.copyTo(buffer, run << Blocks.SHIFT, runLimit(end));
      Arrays.fill(cards, run, end, (byte) 0);
      restored += end - run;
      run = nextDirty(end);
    }
    return restored;
  }

  /** Copies every dirty block to the same place in a longer array, and marks it there. */
  void copyDirtyTo(TrackedArray longer) {
    for (int run = nextDirty(0); run < cards.length; ) {
      int end = endOfRun(run);
      int from = run << Blocks.SHIFT;
      System.arraycopy(buffer, from, longer.buffer, from, runLimit(end) - from);
      Arrays.fill(longer.cards, run, end, DIRTY);
      run = nextDirty(end);
    }
  }

  /** Copies everything to the same place in a longer array, cards included. */
  void copyAllTo(TrackedArray longer) {
    System.arraycopy(buffer, 0, longer.buffer, 0, buffer.length);
    System.arraycopy(cards, 0, longer.cards, 0, cards.length);
  }

  /** The first dirty card from {@code from} on, or the number of cards. */
  private int nextDirty(int from) {
    int at = from;
    while (at < cards.length) {
      int chunk = Math.min(CLEAN.length, cards.length - at);
      int found = Arrays.mismatch(cards, at, at + chunk, CLEAN, 0, chunk);
      if (found >= 0) {
        return at + found;
      }
      at += chunk;
    }
    return cards.length;
  }

  private int endOfRun(int from) {
    int end = from + 1;
    while (end < cards.length && cards[end] != 0) {
      end++;
    }
    return end;
  }

  /** First byte after a run that ends before block {@code endBlock}, overhang included. */
  private int runLimit(int endBlock) {
    return (int) Math.min(buffer.length, ((long) endBlock << Blocks.SHIFT) + STORE_OVERHANG);
  }
}
