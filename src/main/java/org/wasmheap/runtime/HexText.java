package org.wasmheap.runtime;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * Code as hexadecimal text: what an RPC gives for {@code :code}, saved to a file. White space and a
 * pair of quotes may be round it, as JSON tools leave them.
 */
final class HexText {
  private static final byte[] PREFIX = "0x".getBytes(StandardCharsets.US_ASCII);

  private final String origin;
  private final byte[] text;

  /** Where the digits begin and end. */
  private int from;

  private int to;

  private HexText(String origin, byte[] text) {
    this.origin = origin;
    this.text = text;
    this.to = text.length;
  }

  /**
   * The bytes that a text says.
   *
   * @param origin for messages
   * @param text content of a file
   * @param starts how the bytes must begin for a text without {@code 0x} to be taken for one; none
   *     of them begins with what is a digit or white space
   * @return the bytes; {@code null} if it is no such text
   * @throws RuntimeLoadException if it begins as one, and is not hexadecimal or has a digit too few
   */
  static byte @Nullable [] decode(String origin, byte[] text, byte[]... starts) {
    HexText hex = new HexText(origin, text);
    hex.strip();
    return hex.beginsAsOne(starts) ? hex.bytes() : null;
  }

  private void strip() {
    stripSpace();
    if (to - from >= 2 && text[from] == '"' && text[to - 1] == '"') {
      from++;
      to--;
      stripSpace();
    }
  }

  private void stripSpace() {
    while (from < to && isSpace(text[from])) {
      from++;
    }
    while (from < to && isSpace(text[to - 1])) {
      to--;
    }
  }

  private static boolean isSpace(byte character) {
    return character == ' ' || character == '\t' || character == '\r' || character == '\n';
  }

  private boolean beginsAsOne(byte[]... starts) {
    if (to - from >= PREFIX.length
        && Arrays.equals(text, from, from + PREFIX.length, PREFIX, 0, PREFIX.length)) {
      from += PREFIX.length;
      return true;
    }
    for (byte[] start : starts) {
      if (beginsWith(start)) {
        return true;
      }
    }
    return false;
  }

  private boolean beginsWith(byte[] start) {
    if ((to - from) / 2 < start.length) {
      return false;
    }
    for (int i = 0; i < start.length; i++) {
      int high = text[from + 2 * i];
      int low = text[from + 2 * i + 1];
      if (!HexFormat.isHexDigit(high)
          || !HexFormat.isHexDigit(low)
          || (byte) (HexFormat.fromHexDigit(high) << 4 | HexFormat.fromHexDigit(low)) != start[i]) {
        return false;
      }
    }
    return true;
  }

  private byte[] bytes() {
    byte[] bytes = new byte[(to - from) / 2];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (digit(from + 2 * i) << 4 | digit(from + 2 * i + 1));
    }
    if ((to - from) % 2 != 0) {
      digit(to - 1);
      throw refused("it has an odd number of digits");
    }
    return bytes;
  }

  private int digit(int at) {
    if (!HexFormat.isHexDigit(text[at])) {
      throw refused("byte " + at + " of the file is no digit");
    }
    return HexFormat.fromHexDigit(text[at]);
  }

  private RuntimeLoadException refused(String why) {
    return new RuntimeLoadException(origin, "text that begins as hexadecimal, but " + why);
  }
}
