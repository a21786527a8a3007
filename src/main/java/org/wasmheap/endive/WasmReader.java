package org.wasmheap.endive;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import org.wasmheap.endive.ModuleRefusedException.Reason;

/**
 * A place in a module's bytes. Nothing is read beyond the end of the section, and no count is
 * believed before it was held against the bytes that are left. One thread's own.
 */
final class WasmReader {
  private static final int CONTINUES = 0x80;
  private static final int PAYLOAD_BITS = 7;

  private final byte[] bytes;

  /** Index of the next byte, at most {@link #end}. */
  private int at;

  /** Where the section ends; between sections, where the module does. */
  private int end;

  private String section = "none";

  WasmReader(byte[] bytes) {
    this.bytes = bytes;
    this.end = bytes.length;
  }

  int at() {
    return at;
  }

  int left() {
    return end - at;
  }

  boolean hasMore() {
    return at < end;
  }

  /** Goes into a section that begins here; its size must have been held against what is left. */
  void enter(String name, int size) {
    section = name;
    end = at + size;
  }

  /** Leaves a section that must have been read to its end. */
  void leave() {
    if (hasMore()) {
      throw malformed(left() + " bytes are left over");
    }
    end = bytes.length;
    section = "none";
  }

  /** The next byte, 0 to 255. */
  int u8() {
    if (at >= end) {
      throw malformed("it ends too early");
    }
    return bytes[at++] & 0xFF;
  }

  /** The next byte, which stays the next one. */
  int peek() {
    int next = u8();
    at--;
    return next;
  }

  /** A LEB128 number without a sign, of at most five bytes and 32 bits. */
  long u32() {
    long value = 0;
    for (int shift = 0; ; shift += PAYLOAD_BITS) {
      int next = u8();
      if (shift == 28 && next > 0x0F) {
        throw malformed("a number has more than 32 bits");
      }
      value |= (long) (next & 0x7F) << shift;
      if (next < CONTINUES) {
        return value;
      }
    }
  }

  /** A LEB128 number with a sign: 32, 33 or 64 bits. */
  long signed(int bits) {
    long value = 0;
    int shift = 0;
    int next;
    do {
      next = u8();
      int valid = bits - shift;
      if (valid < PAYLOAD_BITS) {
        requireSignOnly(next, valid);
      }
      value |= (long) (next & 0x7F) << shift;
      shift += PAYLOAD_BITS;
    } while (next >= CONTINUES);
    int unused = Long.SIZE - Math.min(shift, Long.SIZE);
    return value << unused >> unused;
  }

  /** In the last byte that fits, what is beyond the number's bits repeats its sign. */
  private void requireSignOnly(int last, int valid) {
    int beyond = (last & 0x7F) >> (valid - 1);
    if (last >= CONTINUES || (beyond != 0 && beyond != 0x7F >> (valid - 1))) {
      throw malformed("a number has more bits than it may have");
    }
  }

  /**
   * A count of things that follow.
   *
   * @param what the things
   * @param bytesEach least bytes of each
   */
  int count(String what, int bytesEach) {
    int begin = at;
    long count = u32();
    if (count > left() / bytesEach) {
      int left = left();
      at = begin;
      throw malformed(
          count + " " + what + " are claimed, and " + left + " bytes are left in the section");
    }
    return (int) count;
  }

  void skip(int count) {
    if (count > left()) {
      throw malformed("it ends too early");
    }
    at += count;
  }

  /** A name: its length, and so many bytes of UTF-8. Gives the length. */
  int name() {
    int length = count("bytes of a name", 1);
    int stop = at + length;
    int begin = at;
    while (at < stop && bytes[at] >= 0) {
      at++;
    }
    if (at < stop) {
      requireUtf8(begin, length);
      at = stop;
    }
    return length;
  }

  private void requireUtf8(int begin, int length) {
    try {
      StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .decode(ByteBuffer.wrap(bytes, begin, length));
    } catch (CharacterCodingException e) {
      throw malformed("a name is not UTF-8");
    }
  }

  ModuleRefusedException malformed(String what) {
    return refused(Reason.INVALID, "it is malformed: " + what);
  }

  /** A refusal that names the place. */
  ModuleRefusedException refused(Reason reason, String why) {
    return new ModuleRefusedException(
        reason, "module refused: " + why + " (section " + section + ", byte " + at + ")", null);
  }
}
