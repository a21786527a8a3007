package org.wasmheap.memory;

import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Pristine arrays that a memory used in an earlier call and may use again, one for each power of
 * two of their length.
 *
 * <p>Only the memory's owner puts and takes; any thread may clear. An array is in one place at a
 * time because each move out of a slot is an atomic exchange.
 */
final class SpareArrays {
  private static final int SLOTS = Integer.SIZE;

  /**
   * Written by the owner ({@link #put}, {@link #take}) and by whoever trims ({@link #clear}). The
   * array's volatile semantics publish the content of a pair with the pair.
   */
  private final AtomicReferenceArray<@Nullable Pair> slots = new AtomicReferenceArray<>(SLOTS);

  /** A buffer with its cards, all clear while it is kept here. */
  static final class Pair {
    private final byte[] buffer;
    private final byte[] cards;

    Pair(byte[] buffer, byte[] cards) {
      this.buffer = buffer;
      this.cards = cards;
    }

    byte[] buffer() {
      return buffer;
    }

    byte[] cards() {
      return cards;
    }

    long bytes() {
      return (long) buffer.length + cards.length;
    }
  }

  void put(byte[] buffer, byte[] cards) {
    slots.set(slotOf(buffer.length), new Pair(buffer, cards));
  }

  /** The longest pair with a length in the range, which is no longer kept here; or nothing. */
  @Nullable Pair take(int shortest, int longest) {
    for (int slot = slotOf(longest); slot >= slotOf(shortest); slot--) {
      Pair pair = slots.get(slot);
      if (pair != null
          && pair.buffer().length >= shortest
          && pair.buffer().length <= longest
          && slots.compareAndSet(slot, pair, null)) {
        return pair;
      }
    }
    return null;
  }

  long bytes() {
    long bytes = 0;
    for (int slot = 0; slot < SLOTS; slot++) {
      Pair pair = slots.get(slot);
      bytes += pair == null ? 0 : pair.bytes();
    }
    return bytes;
  }

  long clear() {
    long bytes = 0;
    for (int slot = 0; slot < SLOTS; slot++) {
      Pair pair = slots.getAndSet(slot, null);
      bytes += pair == null ? 0 : pair.bytes();
    }
    return bytes;
  }

  private static int slotOf(int length) {
    return Integer.SIZE - 1 - Integer.numberOfLeadingZeros(length | 1);
  }
}
