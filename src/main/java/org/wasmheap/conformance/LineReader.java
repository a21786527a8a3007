package org.wasmheap.conformance;

import java.io.IOException;
import java.io.Reader;
import org.jspecify.annotations.Nullable;

/**
 * Reads a file of vectors or a trace line by line. No line of such a file is long, and what claims
 * to be one may be a file of any kind: a line that does not end is refused, not kept.
 */
final class LineReader {
  /** Most characters of a line; those of the vectors and traces that there are have up to 303. */
  static final int MAX_LINE = 1 << 16;

  private final Reader text;
  private final char[] buffer = new char[8_192];
  private int position;
  private int limit;
  private long number;

  LineReader(Reader text) {
    this.text = text;
  }

  /** Of the line that was read last, from 1. */
  long number() {
    return number;
  }

  /**
   * The next line without its end; {@code null} after the last one. Throws IOException if it is
   * longer than any can be.
   */
  @Nullable String next() throws IOException {
    number++;
    StringBuilder line = null;
    while (position < limit || fill()) {
      if (line == null) {
        line = new StringBuilder();
      }
      int end = position;
      while (end < limit && buffer[end] != '\n') {
        end++;
      }
      line.append(buffer, position, end - position);
      position = end + 1;
      if (line.length() > MAX_LINE) {
        throw new IOException("line " + number + ": it has more than " + MAX_LINE + " characters");
      }
      if (end < limit) {
        break;
      }
    }
    if (line == null) {
      return null;
    }
    int length = line.length();
    boolean ofTwo = length > 0 && line.charAt(length - 1) == '\r';
    return line.substring(0, ofTwo ? length - 1 : length);
  }

  private boolean fill() throws IOException {
    position = 0;
    limit = Math.max(0, text.read(buffer, 0, buffer.length));
    return limit > 0;
  }
}
