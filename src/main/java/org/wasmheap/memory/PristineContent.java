package org.wasmheap.memory;

import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The pristine bytes of a memory, from address 0 on. They are cut after the last block that is not
 * zero; what lies beyond is zero. Immutable, and safe to use from any thread.
 */
final class PristineContent {
  private static final byte[] ZEROS = new byte[LinearMemory.PAGE_SIZE];

  /** Whole blocks, which nobody writes to. */
  private final byte[] stored;

  private PristineContent(byte[] stored) {
    this.stored = stored;
  }

  /** The content that {@code source} has now, copied. */
  static PristineContent of(byte[] source) {
    int end = source.length;
    while (end > 0 && source[end - 1] == 0) {
      end--;
    }
    return new PristineContent(Arrays.copyOf(source, Blocks.roundUp(end)));
  }

  /** Bytes up to the cut. */
  int length() {
    return stored.length;
  }

  /** Copies the bytes from {@code from} up to {@code to} to the same place in an array. */
  void copyTo(byte[] destination, int from, int to) {
    int cut = Math.min(to, stored.length);
    if (from < cut) {
      System.arraycopy(stored, from, destination, from, cut - from);
    }
    int zeroFrom = Math.max(from, cut);
    if (zeroFrom < to) {
      Arrays.fill(destination, zeroFrom, to, (byte) 0);
    }
  }

  /** Where an array that begins at address 0 differs first, and how; null if it does not. */
  @Nullable String difference(byte[] actual) {
    int at = firstDifference(actual);
    if (at < 0) {
      return null;
    }
    int pristine = at < stored.length ? stored[at] : 0;
    return String.format(
        Locale.ROOT,
        "the byte at address %d is 0x%02x, the image has 0x%02x",
        at,
        actual[at] & 0xFF,
        pristine & 0xFF);
  }

  private int firstDifference(byte[] actual) {
    int cut = Math.min(stored.length, actual.length);
    int at = Arrays.mismatch(actual, 0, cut, stored, 0, cut);
    for (int from = cut; at < 0 && from < actual.length; from += ZEROS.length) {
      int to = Math.min(from + ZEROS.length, actual.length);
      int found = Arrays.mismatch(actual, from, to, ZEROS, 0, to - from);
      at = found < 0 ? -1 : from + found;
    }
    return at;
  }
}
