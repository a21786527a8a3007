package org.wasmheap.runtime;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The sections of a module, walked without an engine. Nothing is believed: no size reaches beyond
 * the module, no name beyond its section, and a walk takes time in proportion to the module's bytes
 * and next to no memory.
 *
 * <p>All methods throw {@link IllegalArgumentException}, saying why, where the bytes are no
 * sections. What is in sections that nobody asks for is not looked at.
 *
 * <p>Source: the binary format of the WebAssembly specification.
 */
final class WasmSections {
  static final int CUSTOM = 0;
  static final int IMPORT = 2;

  private static final int HEADER_BYTES = 8;
  private static final int PAYLOAD_BITS = 7;
  private static final int LAST_SHIFT = 28;

  /** Most characters of a name that are given; more than any that is looked for. */
  private static final int MOST_NAME = 64;

  private final byte[] wasm;

  /** The next byte to read. */
  private int at;

  /** Where the section ends that was entered last; the header at first. */
  private int end = HEADER_BYTES;

  /**
   * Begins before the first section.
   *
   * @param wasm a module that has its header of 8 bytes
   */
  WasmSections(byte[] wasm) {
    this.wasm = wasm;
  }

  /**
   * The content of the first custom section of a name.
   *
   * @return a copy; {@code null} if there is no such section
   */
  static byte @Nullable [] custom(byte[] wasm, String name) {
    WasmSections sections = new WasmSections(wasm);
    while (sections.hasNext()) {
      if (sections.next() == CUSTOM && sections.name().equals(name)) {
        return Arrays.copyOfRange(wasm, sections.at, sections.end);
      }
    }
    return null;
  }

  /** Whether a section follows the one that was entered. */
  boolean hasNext() {
    return end < wasm.length;
  }

  /** Enters the next section, from wherever in this one, and gives its id. */
  int next() {
    int begin = end;
    at = begin + 1;
    end = wasm.length;
    int size = size("section", begin);
    end = at + size;
    return wasm[begin];
  }

  /**
   * Reads a name.
   *
   * @return each of its bytes as a character, cut after {@link #MOST_NAME} of them
   */
  String name() {
    int size = size("name", at);
    int begin = at;
    at += size;
    return new String(wasm, begin, Math.min(size, MOST_NAME), StandardCharsets.ISO_8859_1);
  }

  /** Reads a size and goes to the byte behind it, from which so many are there. */
  private int size(String what, int place) {
    long size = u32();
    int left = end - at;
    if (size > left) {
      throw malformed(
          "the "
              + what
              + " at byte "
              + place
              + " claims "
              + size
              + " bytes, "
              + left
              + " are left");
    }
    return (int) size;
  }

  /** Reads a byte, 0 to 255. */
  int u8() {
    if (at >= end) {
      throw malformed("it is cut off at byte " + at);
    }
    return Byte.toUnsignedInt(wasm[at++]);
  }

  /** Reads a LEB128 number without a sign, of at most five bytes and 32 bits. */
  long u32() {
    long value = 0;
    for (int shift = 0; ; shift += PAYLOAD_BITS) {
      int next = u8();
      if (shift == LAST_SHIFT && next > 0x0F) {
        throw malformed("a number has more than 32 bits, at byte " + (at - 1));
      }
      value |= (long) (next & 0x7F) << shift;
      if (next < 0x80) {
        return value;
      }
    }
  }

  static IllegalArgumentException malformed(String why) {
    return new IllegalArgumentException("malformed wasm: " + why);
  }
}
