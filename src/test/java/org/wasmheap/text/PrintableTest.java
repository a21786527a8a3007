package org.wasmheap.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PrintableTest {
  @Test
  void what_is_plain_stays_the_same_object() {
    String name = "Core_version, 1.0 [a/b]";

    assertSame(name, Printable.name(name));
    assertSame(name, Printable.text(name));
  }

  @ParameterizedTest
  @CsvSource({
    "000A, \\n",
    "000D, \\r",
    "0009, \\t",
    "0000, \\u{0}",
    "001B, \\u{1b}",
    "007F, \\u{7f}",
    "0085, \\u{85}",
    "009B, \\u{9b}",
    "00AD, \\u{ad}",
    "200B, \\u{200b}",
    "200E, \\u{200e}",
    "2028, \\u{2028}",
    "2029, \\u{2029}",
    "202E, \\u{202e}",
    "2066, \\u{2066}",
    "FEFF, \\u{feff}",
    "D800, \\u{d800}",
    "E0001, \\u{e0001}"
  })
  void what_could_move_hide_or_turn_text_is_written_as_an_escape(String hex, String escaped) {
    String text = "a" + Character.toString(Integer.parseInt(hex, 16)) + "b";

    assertEquals("a" + escaped + "b", Printable.name(text));
    assertEquals("a" + escaped + "b", Printable.text(text));
  }

  @Test
  void letters_of_all_scripts_stay_as_they_are() {
    assertEquals("Zürich 東京 🜁", Printable.text("Zürich 東京 🜁"));
  }

  @Test
  void a_name_cannot_close_the_quotes_that_it_stands_in() {
    assertEquals("a\\\" pool=\\\"b\\\\", Printable.name("a\" pool=\"b\\"));
    assertEquals("say \"a\\b\"", Printable.text("say \"a\\b\""));
  }

  @Test
  void what_is_too_long_is_cut_and_says_so() {
    assertEquals("x".repeat(128) + "... (100000 characters)", Printable.name("x".repeat(100_000)));
    assertEquals("xy... (4 characters)", Printable.text("xyzz", 2));
  }

  @Test
  void the_bound_counts_what_escapes_take() {
    String cut = Printable.name("\u009b".repeat(100_000));

    assertEquals("\\u{9b}".repeat(21) + "... (100000 characters)", cut);
  }

  @Test
  void a_cut_never_halves_a_pair_or_an_escape() {
    assertEquals("x... (3 characters)", Printable.text("x🜁", 2));
    assertTrue(Printable.text("xx\n", 3).startsWith("xx... ("));
  }

  @Test
  void nothing_is_printed_as_null() {
    assertEquals("null", Printable.name(null));
    assertEquals("null", Printable.text(null));
  }
}
