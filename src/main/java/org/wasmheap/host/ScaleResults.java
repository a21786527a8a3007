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

  /** What stands before the bytes of an option that holds so many. */
  private static byte[] someOf(int length) {
    if (length < 1 << 6) {
      return new byte[] {SOME, (byte) (length << 2)};
    }
    if (length < 1 << 14) {
      return new byte[] {SOME, (byte) (length << 2 | 1), (byte) (length >> 6)};
    }
    ByteBuffer head = ByteBuffer.allocate(length < 1 << 30 ? 5 : 6).order(ByteOrder.LITTLE_ENDIAN);
    head.put(SOME);
    if (length < 1 << 30) {
      head.putInt(length << 2 | 2);
    } else {
      head.put((byte) 3).putInt(length);
    }
    return head.array();
  }
}
