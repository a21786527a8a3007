package org.wasmheap.testkit;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Names that somebody chose to forge a line, to steer a terminal, or to fill a disk. */
public enum HostileText {
  LINES("a\n22:00:00.000 ERROR [main] - heap.poisoned\r\nb\rc\u000bd\fe"),
  LINES_OF_UNICODE("a\u0085b\u2028c\u2029d"),
  ESCAPE("a\u001b[2J\u001b]0;title\u0007b"),
  ESCAPE_OF_8_BITS("a\u009b2Jb\u009d0;title\u009cc"),
  DIRECTION("a\u202egnp.exe\u202c\u2066b\u2069\u200f\ufeff\u200b"),
  TAGS("a\udb40\udc41b\udb40\udc7fc"),
  HALF_A_CHARACTER("a\ud800b"),
  NUL_AND_DELETE("a\0b\u007fc"),
  FORGED_VALUE("a\" callName=\"other\" pool=\"other\" fault=\"none\\"),
  MARKUP("a]]></title><script>alert('&amp;')</script>"),
  FORMAT("a%n%s%1$s{}%msg${jndi:x}"),
  LONG("x".repeat(100_000)),
  LONG_AND_ESCAPED("\u009b\n".repeat(50_000));

  /** Longer than any text that is one line of this library's. */
  public static final int MOST = 8_192;

  private final String text;

  HostileText(String text) {
    this.text = text;
  }

  public String text() {
    return text;
  }

  /** The text with a word before it that is found again in whatever it gets into. */
  public String named() {
    return "hostile" + text;
  }

  /** What must hold for a text in one line, be it long or short. */
  public static void assertOneLine(String what, String line) {
    assertTrue(line.contains("hostile"), () -> what + " does not tell the name: " + shown(line));
    assertPrintable(what, line);
    assertFalse(line.contains("\n"), () -> what + " has more than a line: " + shown(line));
    assertTrue(line.length() <= MOST, () -> what + " has " + line.length() + " characters");
  }

  /** What must hold for all of a text that may have lines of its own. */
  public static void assertPrintable(String what, String text) {
    text.codePoints()
        .filter(character -> character != '\n')
        .forEach(
            character ->
                assertFalse(
                    steers(character),
                    () ->
                        what + " holds U+" + Integer.toHexString(character) + ": " + shown(text)));
  }

  private static boolean steers(int character) {
    return switch (Character.getType(character)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SURROGATE ->
          true;
      default -> false;
    };
  }

  /** For a failed test, whose report is a file of text as well. */
  private static String shown(String text) {
    StringBuilder shown = new StringBuilder();
    text.codePoints()
        .limit(400)
        .forEach(
            character ->
                shown.append(
                    character < ' ' || character > '~'
                        ? "<" + Integer.toHexString(character) + ">"
                        : Character.toString(character)));
    return shown.toString();
  }
}
