package org.wasmheap.pool;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.testkit.FailureRow;

/** The table that is documented is the table that is tested. */
class FailureDocumentationTest {
  private static final Path PACKAGE_PAGE =
      Path.of("src/main/java/org/wasmheap/pool/package-info.java");
  private static final Pattern ROW =
      Pattern.compile(
          "<tr><td>([^<]*)</td>\\s*<td>([^<]*)</td>\\s*<td>([^<]*)</td>\\s*<td>([^<]*)</td></tr>");

  @Test
  void every_row_of_the_table_must_be_documented_as_it_is_tested() throws IOException {
    String page = Files.readString(PACKAGE_PAGE).replaceAll("(?m)^ \\* ?", "").replace('\n', ' ');
    List<String> documented =
        ROW.matcher(page).results().map(FailureDocumentationTest::columns).toList();

    assertEquals(
        Arrays.stream(FailureRow.values())
            .map(FailureRow::documented)
            .collect(Collectors.joining("\n")),
        String.join("\n", documented));
  }

  private static String columns(MatchResult row) {
    return IntStream.rangeClosed(1, row.groupCount())
        .mapToObj(column -> row.group(column).replaceAll(" +", " "))
        .collect(Collectors.joining(" | "));
  }

  @Test
  void every_kind_of_failure_must_be_in_a_row_with_the_same_answer() {
    Set<FailureKind> kinds = EnumSet.noneOf(FailureKind.class);
    for (FailureRow row : FailureRow.values()) {
      if (row.kind() != null) {
        kinds.add(row.kind());
        assertEquals(row.isDeterministic(), row.kind().isDeterministic(), row::documented);
      }
    }

    assertEquals(EnumSet.allOf(FailureKind.class), kinds);
  }
}
