package org.wasmheap.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What is kept of a diagnostic context, and how it is printed. */
class MdcEntriesTest {
  @Test
  void no_context_and_an_empty_one_are_the_same_empty_map() {
    assertEquals(Map.of(), MdcEntries.bounded(null));
    assertEquals(Map.of(), MdcEntries.bounded(new HashMap<>()));
    assertEquals("", MdcEntries.line(Map.of()));
  }

  @Test
  void a_copy_is_sorted_immutable_and_no_longer_than_it_may_be() {
    // given
    Map<String, String> much = new HashMap<>();
    for (int i = 0; i < 1_000; i++) {
      much.put(i + "k".repeat(500), "v".repeat(5_000));
    }

    // when
    Map<String, String> copy = MdcEntries.bounded(much);

    // then
    assertEquals(MdcEntries.MOST, copy.size());
    assertEquals(copy.keySet().stream().sorted().toList(), List.copyOf(copy.keySet()));
    copy.forEach(
        (name, value) -> {
          assertEquals(Printable.MAX_NAME + "...".length(), name.length());
          assertEquals(Printable.MAX_TEXT + "...".length(), value.length());
        });
    assertThrows(UnsupportedOperationException.class, () -> copy.put("a", "b"));
    assertEquals(copy, MdcEntries.bounded(copy), "a copy of a copy");
  }

  @Test
  void a_name_or_value_that_is_null_is_kept_as_that_word() {
    // given
    Map<String, String> entries = new HashMap<>();
    entries.put(null, "a");
    entries.put("b", null);

    // then
    assertEquals(Map.of("null", "a", "b", "null"), MdcEntries.bounded(entries));
  }

  @Test
  void a_line_has_each_entry_escaped() {
    assertEquals(
        "a\\n='\\'', b='2'", MdcEntries.line(MdcEntries.bounded(Map.of("b", "2", "a\n", "'"))));
  }
}
