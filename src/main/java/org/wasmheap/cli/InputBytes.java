package org.wasmheap.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import org.wasmheap.text.Printable;

/** The input of calls, as the command line gives it. */
final class InputBytes {
  private static final String HEX_PREFIX = "0x";
  private static final int HEX_PAIR = 2;

  /** More than a guest's allocator hands out in one block. */
  private static final int MOST_BYTES = 64 << 20;

  private InputBytes() {}

  /** Pairs of hexadecimal digits, with or without {@code 0x}. */
  static byte[] ofHex(String text) {
    String digits = digits(text);
    for (int i = 0; i < digits.length(); i++) {
      if (!HexFormat.isHexDigit(digits.charAt(i))) {
        String found = Character.toString(digits.codePointAt(i));
        throw refused("'" + Printable.name(found) + "' is no digit");
      }
    }
    if (digits.length() % HEX_PAIR != 0) {
      throw refused("it has an odd number of digits, " + digits.length());
    }
    return HexFormat.of().parseHex(digits);
  }

  private static CliException refused(String why) {
    return new CliException("--input", "is not hex: " + why, null);
  }

  /** A file that holds nothing but such pairs, blanks round them aside; or else its bytes. */
  static byte[] read(Path file, String input) {
    if (!input.isEmpty()) {
      throw new CliException("--input-file", "does not go with --input", null);
    }
    byte[] bytes = bytesOf(file);
    String digits = digits(new String(bytes, StandardCharsets.ISO_8859_1).strip());
    boolean hex =
        !digits.isEmpty()
            && digits.length() % HEX_PAIR == 0
            && digits.chars().allMatch(HexFormat::isHexDigit);
    return hex ? HexFormat.of().parseHex(digits) : bytes;
  }

  private static String digits(String text) {
    return text.startsWith(HEX_PREFIX) ? text.substring(HEX_PREFIX.length()) : text;
  }

  private static byte[] bytesOf(Path file) {
    if (Files.isDirectory(file)) {
      throw new CliException(file.toString(), "is a folder", null);
    }
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(MOST_BYTES + 1);
      if (bytes.length > MOST_BYTES) {
        throw new CliException(file.toString(), "is larger than 64 MiB", null);
      }
      return bytes;
    } catch (IOException e) {
      throw new CliException(file.toString(), OutputFiles.reason(e), e);
    }
  }
}
