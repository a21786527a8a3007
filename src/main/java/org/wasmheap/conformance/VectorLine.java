package org.wasmheap.conformance;

import org.wasmheap.memory.LinearMemory;
import org.wasmheap.text.Printable;

/**
 * A line of a vector file, but for the first and the last.
 *
 * @param kind the line's letter
 * @param operand heap base, size, pointer, address, or pages to grow by; 0 where there is none
 * @param sizeInBytes of {@code R} and {@code Z}
 * @param pages maximum of {@code R}, limit of {@code L}; all that there are if the line has none
 * @param value what {@code W} writes
 * @param result from the mark on: {@code = …} or {@code ! …}; empty for state and digest
 * @param text the line
 */
record VectorLine(
    char kind, int operand, long sizeInBytes, int pages, long value, String result, String text) {
  private static final long MAX_BYTES = 1L << 32;
  private static final int HEX_DIGITS = 16;

  /** Reads a line; throws IllegalArgumentException if it is none. */
  static VectorLine parse(VectorProfile profile, String text) {
    String[] words = text.split(" ", 5);
    return switch (words[0]) {
      case "S", "H" -> new VectorLine(text.charAt(0), 0, 0, 0, 0, "", text);
      case "A", "F", "G" -> {
        String result = result(text, words, 2);
        yield new VectorLine(text.charAt(0), Decimal.u32(words[1]), 0, 0, 0, result, text);
      }
      case "L" -> {
        String result = result(text, words, 2);
        yield new VectorLine('L', 0, 0, pagesOrAll(words[1]), 0, result, text);
      }
      case "Z" -> {
        String result = result(text, words, 2);
        yield new VectorLine('Z', 0, bytes(words[1], profile), 0, 0, result, text);
      }
      case "W" -> {
        String result = result(text, words, 3);
        yield new VectorLine('W', Decimal.u32(words[1]), 0, 0, hex(words[2]), result, text);
      }
      case "R" -> {
        String result = result(text, words, 4);
        int base = Decimal.u32(words[1]);
        int maximum = pagesOrAll(words[3]);
        yield new VectorLine('R', base, bytes(words[2], profile), maximum, 0, result, text);
      }
      default ->
          throw new IllegalArgumentException(
              "no line begins with '" + Printable.name(words[0]) + "'");
    };
  }

  /** What follows {@code operands} words; an error must be one that the table knows. */
  private static String result(String text, String[] words, int operands) {
    if (words.length <= operands) {
      throw new IllegalArgumentException("too few words");
    }
    int at = 0;
    for (int i = 0; i < operands; i++) {
      at += words[i].length() + 1;
    }
    String result = text.substring(at);
    if (!result.startsWith("= ") && !VectorErrors.isKnown(result)) {
      throw new IllegalArgumentException("there is no result '" + Printable.name(result) + "'");
    }
    return result;
  }

  private static long bytes(String units, VectorProfile profile) {
    return Decimal.parse(units, MAX_BYTES / profile.unitBytes()) * profile.unitBytes();
  }

  private static int pagesOrAll(String pages) {
    return pages.equals("-")
        ? LinearMemory.MAX_PAGES
        : (int) Decimal.parse(pages, LinearMemory.MAX_PAGES);
  }

  private static long hex(String digits) {
    if (digits.length() != HEX_DIGITS || !Character.isLetterOrDigit(digits.charAt(0))) {
      throw new IllegalArgumentException(
          "'" + Printable.name(digits) + "' is not 16 hexadecimal digits");
    }
    return Long.parseUnsignedLong(digits, 16);
  }

  /** Whether this counts among the operations that a file's last line tells the number of. */
  boolean isOperation() {
    return kind != 'S' && kind != 'H';
  }

  @Override
  public String toString() {
    return text;
  }
}
