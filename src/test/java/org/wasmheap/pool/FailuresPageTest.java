package org.wasmheap.pool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.testkit.FailureRow;
import org.wasmheap.testkit.MarkdownPage;

/** The tables of {@code src/docs/failures.md} against the kinds and against what is tested. */
class FailuresPageTest {
  private static final MarkdownPage PAGE = MarkdownPage.of(MarkdownPage.FOLDER + "failures.md");

  @Test
  void every_kind_must_be_in_the_table_with_its_answer_and_an_advice() {
    List<List<String>> rows = PAGE.table("kind");

    assertEquals(
        Arrays.stream(FailureKind.values())
            .map(kind -> kind.label() + " " + (kind.isDeterministic() ? "yes" : "no"))
            .toList(),
        rows.stream().map(row -> row.get(0) + " " + row.get(1)).toList());
    assertTrue(rows.stream().noneMatch(row -> row.get(2).isEmpty()));
  }

  @Test
  void every_way_to_end_must_be_in_the_table_as_it_is_tested() {
    assertEquals(
        Arrays.stream(FailureRow.values()).map(FailureRow::documented).toList(),
        PAGE.table("what happened").stream().map(row -> String.join(" | ", row)).toList());
  }
}
