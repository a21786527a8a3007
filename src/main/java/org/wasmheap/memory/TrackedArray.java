package org.wasmheap.memory;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

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
   * Whose bytes these are; {@code null} if nobody counts them. Written by whoever holds the array,
   * before others can reach it.
   */
  private @Nullable MemoryBudget budget;

  /**
   * Since when it is spare, nanoTime. Written by its memory's owner, before others can reach it.
   */
  private long spareSince;

  /**
   * Zeros, all clean, which nobody counts.
   *
   * @param length a multiple of the block size
   * @throws OutOfMemoryError if the JVM has no memory for it
   */
  TrackedArray(int length) {
    buffer = new byte[length];
    cards = new byte[length >>> Blocks.SHIFT];
  }

  /** The array is out of use, or counts no more; nothing if it did not count. */
  void giveBack() {
    MemoryBudget counted = budget;
    if (counted != null) {
      budget = null;
      counted.give(bytes());
    }
  }

  /** The bytes were taken from a budget already. */
  void takenFrom(@Nullable MemoryBudget counts) {
    budget = counts;
  }

  /** Not in use from here on, but kept. */
  void becomeSpare(long now) {
    spareSince = now;
  }

  long spareSince() {
    return spareSince;
  }

  /** What an array of a length takes. */
  static long bytes(int length) {
    return (long) length + (length >>> Blocks.SHIFT);
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
    return bytes(buffer.length);
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
