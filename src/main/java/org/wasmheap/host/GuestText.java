package org.wasmheap.host;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.wasmheap.endive.PointerSize;
import org.wasmheap.heap.HeapHandle;

/**
 * What a guest wants logged, made fit for a log: bytes that are not UTF-8 are replaced; what could
 * begin a line, move a terminal's cursor or hide text is written as an escape; length is bounded.
 *
 * <p>A range that leaves the memory is a {@link org.wasmheap.memory.MemoryAccessException}, also if
 * only what is cut away does: a trap must not depend on what a log has room for.
 */
final class GuestText {
  /** Most bytes that are taken; how many there were is said behind them. */
  static final int MAX_BYTES = 8 << 10;

  private GuestText() {}

  /** Text in the guest's memory. */
  static String read(HeapHandle heap, PointerSize range) {
    return printable(head(heap, range)) + tail(range);
  }

  /** Bytes in the guest's memory, as hexadecimal text. */
  static String readHex(HeapHandle heap, PointerSize range) {
    return "0x" + HexFormat.of().formatHex(head(heap, range)) + tail(range);
  }

  private static byte[] head(HeapHandle heap, PointerSize range) {
    boolean inside = range.end() <= heap.memoryBytes();
    long taken = inside ? Math.min(range.size(), MAX_BYTES) : range.size();
    return heap.read(range.pointer(), (int) taken);
  }

  private static String tail(PointerSize range) {
    return range.size() > MAX_BYTES ? "... (" + range.size() + " bytes)" : "";
  }

  private static String printable(byte[] bytes) {
    String text = new String(bytes, StandardCharsets.UTF_8);
    StringBuilder out = new StringBuilder(text.length());
    text.codePoints().forEach(character -> append(out, character));
    return out.toString();
  }

  private static void append(StringBuilder out, int character) {
    switch (character) {
      case '\n' -> out.append("\\n");
      case '\r' -> out.append("\\r");
      case '\t' -> out.append("\\t");
      default -> {
        if (isPrintable(character)) {
          out.appendCodePoint(character);
        } else {
          out.append("\\u{").append(Integer.toHexString(character)).append('}');
        }
      }
    }
  }

  private static boolean isPrintable(int character) {
    return switch (Character.getType(character)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      default -> true;
    };
  }
}
