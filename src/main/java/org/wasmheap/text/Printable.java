package org.wasmheap.text;

import org.jspecify.annotations.Nullable;

/**
 * Escapes what is foreign before it is printed anywhere.
 *
 * <p>What could begin a line, move a terminal's cursor, change the direction of text or be there
 * unseen is written as {@code \n}, {@code \r}, {@code \t} or {@code \}{@code u{hex}}: all of
 * Unicode's control and format characters, its line and paragraph separators, and halves of
 * surrogate pairs. The result has a bounded length, and the work does not grow beyond that bound.
 */
public final class Printable {
  /** Most characters of the name of a call, an import, an export: {@value}. */
  public static final int MAX_NAME = 128;

  /** Most characters of a message in words: {@value}. */
  public static final int MAX_TEXT = 1_024;

  private Printable() {}

  /**
   * A name, fit to stand between quotes: these and the backslash are escaped, too, so that it can
   * neither close the quotes of a key-value nor begin another one.
   *
   * @param name of a call, a heap, an import, an export, a chain
   * @return at most {@link #MAX_NAME} characters, and what tells that some were cut off
   */
  public static String name(@Nullable String name) {
    return name == null ? "null" : escape(name, MAX_NAME, true);
  }

  /**
   * Words of others: an exception's message, a path, what an engine says.
   *
   * @param text the words
   * @return at most {@link #MAX_TEXT} characters, and what tells that some were cut off
   */
  public static String text(@Nullable String text) {
    return text == null ? "null" : escape(text, MAX_TEXT, false);
  }

  /**
   * The same with another bound.
   *
   * @param text the words
   * @param maxChars most characters of the result, what tells of a cut aside
   * @return text that can be printed
   */
  public static String text(String text, int maxChars) {
    return escape(text, maxChars, false);
  }

  private static String escape(String text, int maxChars, boolean quotes) {
    if (text.length() <= maxChars && isPlain(text, quotes)) {
      return text;
    }
    StringBuilder out = new StringBuilder(Math.min(text.length(), maxChars) + 32);
    int at = 0;
    while (at < text.length()) {
      int character = text.codePointAt(at);
      int before = out.length();
      append(out, character, quotes);
      if (out.length() > maxChars) {
        out.setLength(before);
        return out.append("... (").append(text.length()).append(" characters)").toString();
      }
      at += Character.charCount(character);
    }
    return out.toString();
  }

  /** The usual case: nothing to escape, nothing to copy. */
  private static boolean isPlain(String text, boolean quotes) {
    for (int i = 0; i < text.length(); i++) {
      char character = text.charAt(i);
      if (character < ' ' || character > '~' || (quotes && isQuote(character))) {
        return false;
      }
    }
    return true;
  }

  private static boolean isQuote(int character) {
    return character == '"' || character == '\\';
  }

  private static void append(StringBuilder out, int character, boolean quotes) {
    switch (character) {
      case '\n' -> out.append("\\n");
      case '\r' -> out.append("\\r");
      case '\t' -> out.append("\\t");
      default -> {
        if (quotes && isQuote(character)) {
          out.append('\\').append((char) character);
        } else if (isPrintable(character)) {
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
          Character.PARAGRAPH_SEPARATOR,
          Character.SURROGATE ->
          false;
      default -> true;
    };
  }
}
