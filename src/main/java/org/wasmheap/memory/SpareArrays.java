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
   * Written by the owner ({@link #put}, {@link #take}) and by any thread that trims ({@link
   * #clear}). A thread takes an array by exchanging it for nothing, so of two one gets it. The
   * array's volatile semantics publish the content of a spare with the spare.
   */
  private final AtomicReferenceArray<@Nullable TrackedArray> slots =
      new AtomicReferenceArray<>(SLOTS);

  /** Keeps an array; one of about the same length that is kept already goes. */
  void put(TrackedArray pristine) {
    pristine.becomeSpare(System.nanoTime());
    TrackedArray other = slots.getAndSet(slotOf(pristine.length()), pristine);
    if (other != null) {
      other.giveBack();
    }
  }

  /** The longest array with a length in the range, no longer kept here; or nothing. */
  @Nullable TrackedArray take(int shortest, int longest) {
    for (int slot = slotOf(longest); slot >= slotOf(shortest); slot--) {
      TrackedArray spare = slots.get(slot);
      if (spare != null
          && spare.length() >= shortest
          && spare.length() <= longest
          && slots.compareAndSet(slot, spare, null)) {
        return spare;
      }
    }
    return null;
  }

  /** How a spare differs from the pristine content; null if none does. */
  @Nullable String difference(PristineContent pristine) {
    String found = null;
    for (int slot = 0; found == null && slot < SLOTS; slot++) {
      TrackedArray spare = slots.get(slot);
      found = spare == null ? null : pristine.difference(spare.buffer());
    }
    return found;
  }

  /** Real bytes of all spares; from any thread, a recent value. */
  long bytes() {
    long bytes = 0;
    for (int slot = 0; slot < SLOTS; slot++) {
      TrackedArray spare = slots.get(slot);
      bytes += spare == null ? 0 : spare.bytes();
    }
    return bytes;
  }

  /**
   * Takes spares away that were put here so long ago, from any thread; bytes given up.
   *
   * @param nanos how long ago at least; 0 for all
   */
  long clear(long nanos) {
    long bytes = 0;
    long now = System.nanoTime();
    for (int slot = 0; slot < SLOTS; slot++) {
      TrackedArray spare = slots.get(slot);
      if (spare != null
          && now - spare.spareSince() >= nanos
          && slots.compareAndSet(slot, spare, null)) {
        bytes += spare.bytes();
        spare.giveBack();
      }
    }
    return bytes;
  }

  private static int slotOf(int length) {
    return Integer.SIZE - 1 - Integer.numberOfLeadingZeros(length | 1);
  }
}
