package org.wasmheap.host;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.wasmheap.endive.PointerSize;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.memory.MemoryAccessException;
import org.wasmheap.text.Printable;

/**
 * What a guest wants logged, made fit for a log: bytes that are not UTF-8 are replaced, the rest is
 * escaped, length is bounded.
 *
 * <p>A range that leaves the memory is a {@link MemoryAccessException}, also if only what is cut
 * away does: a trap must not depend on what a log has room for.
 */
final class GuestText {
  /** Most bytes that are taken; how many there were is said behind them. */
  static final int MAX_BYTES = 8 << 10;

  /** Bytes of last words: with what is said behind them they are no longer than those may be. */
  private static final int MAX_WORDS_BYTES = 1_000;

  private GuestText() {}

  /**
   * How many bytes are taken of a range.
   *
   * @throws MemoryAccessException if it leaves the memory
   */
  static int bytesTaken(HeapHandle heap, PointerSize range) {
    GuestMemory.requireInside(heap, range);
    return (int) Math.min(range.size(), MAX_BYTES);
  }

  /** Text in the guest's memory. */
  static String read(HeapHandle heap, PointerSize range) {
    byte[] head = head(heap, range, MAX_BYTES);
    // An escape takes up to ten characters: what the guest may say is bounded in bytes already.
    return Printable.text(new String(head, StandardCharsets.UTF_8), 10 * MAX_BYTES)
        + tail(range, MAX_BYTES);
  }

  /** What may become the guest's last words: not escaped, and short. */
  static String words(HeapHandle heap, PointerSize range) {
    return new String(head(heap, range, MAX_WORDS_BYTES), StandardCharsets.UTF_8)
        + tail(range, MAX_WORDS_BYTES);
  }

  /** Text in the guest's memory that becomes a value of a log event, in quotes. */
  static String readTarget(HeapHandle heap, PointerSize range) {
    return Printable.name(new String(head(heap, range, MAX_BYTES), StandardCharsets.UTF_8));
  }

  /** Bytes in the guest's memory, as hexadecimal text. */
  static String readHex(HeapHandle heap, PointerSize range) {
    return "0x" + HexFormat.of().formatHex(head(heap, range, MAX_BYTES)) + tail(range, MAX_BYTES);
  }

  /** Makes text of what lies inside a memory of zeros and outside, before any guest does. */
  static void goThrough(HeapHandle heap) {
    GuestLog.ensure();
    PointerSize outside = PointerSize.of(-1);
    read(heap, new PointerSize(0, MAX_BYTES + 1));
    words(heap, new PointerSize(0, MAX_BYTES + 1));
    readTarget(heap, new PointerSize(0, 1));
    readHex(heap, new PointerSize(0, 1));
    try {
      read(heap, outside);
    } catch (MemoryAccessException e) {
      return; // As it should be.
    }
  }

  private static byte[] head(HeapHandle heap, PointerSize range, int most) {
    GuestMemory.requireInside(heap, range);
    return heap.read(range.pointer(), (int) Math.min(range.size(), most));
  }

  private static String tail(PointerSize range, int most) {
    return range.size() > most ? "... (" + range.size() + " bytes)" : "";
  }
}
