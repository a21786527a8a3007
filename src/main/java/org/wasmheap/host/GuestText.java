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

  private GuestText() {}

  /** Text in the guest's memory. */
  static String read(HeapHandle heap, PointerSize range) {
    byte[] head = head(heap, range);
    // An escape takes up to ten characters: what the guest may say is bounded in bytes already.
    return Printable.text(new String(head, StandardCharsets.UTF_8), 10 * MAX_BYTES) + tail(range);
  }

  /** Text in the guest's memory that becomes a value of a log event, in quotes. */
  static String readTarget(HeapHandle heap, PointerSize range) {
    return Printable.name(new String(head(heap, range), StandardCharsets.UTF_8));
  }

  /** Bytes in the guest's memory, as hexadecimal text. */
  static String readHex(HeapHandle heap, PointerSize range) {
    return "0x" + HexFormat.of().formatHex(head(heap, range)) + tail(range);
  }

  /** Makes text of what lies inside a memory of zeros and outside, before any guest does. */
  static void goThrough(HeapHandle heap) {
    GuestLog.ensure();
    PointerSize outside = PointerSize.of(-1);
    read(heap, new PointerSize(0, MAX_BYTES + 1));
    readTarget(heap, new PointerSize(0, 1));
    readHex(heap, new PointerSize(0, 1));
    try {
      read(heap, outside);
    } catch (MemoryAccessException e) {
      return; // As it should be.
    }
  }

  private static byte[] head(HeapHandle heap, PointerSize range) {
    GuestMemory.requireInside(heap, range);
    return heap.read(range.pointer(), (int) Math.min(range.size(), MAX_BYTES));
  }

  private static String tail(PointerSize range) {
    return range.size() > MAX_BYTES ? "... (" + range.size() + " bytes)" : "";
  }
}
