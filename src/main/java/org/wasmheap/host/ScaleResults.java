package org.wasmheap.host;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.state.Overlay;

/**
 * Results in SCALE, each put into one new block of the guest's heap, which is the guest's to free.
 *
 * <p>Source: {@code Option} and {@code Compact} of the Polkadot specification's appendix on
 * encodings; {@code KillStorageResult} of {@code sp_io} in the Polkadot SDK.
 */
final class ScaleResults {
  private static final byte[] NONE = {0};
  private static final byte SOME = 1;

  /** First byte of a compact whose number stands in the four bytes that follow. */
  private static final byte FOUR_BYTES_FOLLOW = 3;

  private static final byte ALL_REMOVED = 0;
  private static final byte SOME_REMAIN = 1;

  private ScaleResults() {}

  /** An option of bytes: all of a value go into the guest's memory without another copy. */
  static long bytes(HeapHandle heap, byte @Nullable [] value) {
    return value == null
        ? GuestMemory.putRange(heap, NONE)
        : GuestMemory.putRange(heap, someOf(value.length), value);
  }

  /** An option of a u32. */
  static long number(HeapHandle heap, int value) {
    return GuestMemory.putRange(heap, tagged(SOME, value));
  }

  static long none(HeapHandle heap) {
    return GuestMemory.putRange(heap, NONE);
  }

  /** Whether all keys are gone, and how many of the backend's were visited, as a u32. */
  static long removal(HeapHandle heap, Overlay.Removal removal) {
    byte tag = removal.all() ? ALL_REMOVED : SOME_REMAIN;
    return GuestMemory.putRange(heap, tagged(tag, (int) removal.visited()));
  }

  private static byte[] tagged(byte tag, int number) {
    return ByteBuffer.allocate(1 + Integer.BYTES)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put(tag)
        .putInt(number)
        .array();
  }

  /** What stands before the bytes of an option that holds so many: a tag, and their number. */
  private static byte[] someOf(int length) {
    int bytes = compactBytes(length);
    byte[] head = new byte[1 + bytes];
    head[0] = SOME;
    int at = 1;
    int rest = length;
    if (bytes == 5) {
      head[at++] = FOUR_BYTES_FOLLOW;
    } else {
      // 1, 2 and 4 bytes are modes 0, 1 and 2.
      rest = (length << 2) | (bytes >> 1);
    }
    for (; at < head.length; at++) {
      head[at] = (byte) rest;
      rest >>>= Byte.SIZE;
    }
    return head;
  }

  /** How many bytes the compact of a number takes. */
  private static int compactBytes(int number) {
    if (number < 1 << 6) {
      return 1;
    }
    if (number < 1 << 14) {
      return 2;
    }
    return number < 1 << 30 ? 4 : 5;
  }
}
