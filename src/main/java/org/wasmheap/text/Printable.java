package org.wasmheap.text;

import java.util.HexFormat;
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

  /** Most characters of words in a message: {@value}. */
  public static final int MAX_TEXT = 1_024;

  /** Most characters of a whole message, which may quote another one: {@value}. */
  public static final int MAX_MESSAGE = 4_096;

  private Printable() {}

  /**
   * Loaded when this returns, and all that it uses: a class that is first needed where a guest has
   * used up the stack would be lost to the whole JVM.
   */
  public static void ensure() {
    // One of each table of characters that the JDK loads when it is first asked of one of them.
    int[] ofEachTable = {'a', 0x100, 0x10000, 0x20000, 0x30000, 0x40000, 0xE0001, 0xF0000};
    StringBuilder out = new StringBuilder();
    for (int character : ofEachTable) {
      append(out, character, false);
    }
  }

  /**
   * A name, fit to stand between quotes: both kinds and the backslash are escaped, too, so that it
   * can neither close the quotes of a key-value nor begin another one.
   *
   * @param name of a call, a heap, an import, an export, a chain
   * @return at most {@link #MAX_NAME} characters, and what tells that some were cut off
   */
  public static String name(@Nullable String name) {
    return name == null ? "null" : escape(name, MAX_NAME, true);
  }

  /**
   * Words that stand between quotes, as the value of a log event does.
   *
   * @param text the words
   * @return at most {@link #MAX_TEXT} characters, and what tells that some were cut off
   */
  public static @Nullable String value(@Nullable String text) {
    return text == null ? null : escape(text, MAX_TEXT, true);
  }

  /**
   * Words of others: an exception's message, a path, what an engine says. Quotes stay, and so does
   * what was escaped before.
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

  /**
   * The beginning of a name that becomes part of a longer one. Not escaped: that is for whoever
   * prints the longer one.
   *
   * @param text the name
   * @param maxChars most characters that are kept
   * @return the name, or its beginning and three dots
   */
  public static String cut(String text, int maxChars) {
    if (text.length() <= maxChars) {
      return text;
    }
    boolean halved = Character.isHighSurrogate(text.charAt(maxChars - 1));
    return text.substring(0, halved ? maxChars - 1 : maxChars) + "...";
  }

  /**
   * JSON that is printed. It says the same, but what steers a terminal is written as {@code
   * \}{@code uXXXX} in its strings, the only place where it can be; lines may end between them.
   *
   * @param json one value
   * @return the same value
   */
  public static String json(String json) {
    StringBuilder out = new StringBuilder(json.length());
    json.codePoints()
        .forEach(
            character -> {
              if (character == '\n' || isPrintable(character)) {
                out.appendCodePoint(character);
              } else {
                for (char half : Character.toChars(character)) {
                  out.append("\\u").append(HexFormat.of().toHexDigits(half));
                }
              }
            });
    return out.toString();
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
    return character == '"' || character == '\'' || character == '\\';
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
