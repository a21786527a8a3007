package org.wasmheap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.base.Splitter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.wasmheap.testkit.MarkdownPage;

/** The README and the pages behind it: their length, their links, their words. */
class DocumentsTest {
  /** As {@code wc -w} counts: code and tables included. */
  private static final int MOST_WORDS = 1300;

  private static final int MOST_COLUMNS = 100;

  /** Words that this house once had for what is now called otherwise. */
  private static final Pattern GIVEN_UP =
      Pattern.compile(
          "\\b(seats?|crews?|lanes?|reserves?|chains? of calls|settlements?|rehears\\w+|exhaustion"
              + "|shel(f|ves)|ladders?|lost threads?|threads? (is|are|was|were|get|gets) lost)\\b",
          Pattern.CASE_INSENSITIVE);

  static Stream<MarkdownPage> pages() {
    return MarkdownPage.all().stream();
  }

  @Test
  void the_readme_must_be_short() {
    long words =
        MarkdownPage.of(MarkdownPage.README).lines().stream()
            .flatMap(line -> Stream.of(line.split("\\s+")))
            .filter(word -> !word.isEmpty())
            .count();

    assertTrue(words <= MOST_WORDS, () -> words + " words");
  }

  @Test
  void no_line_of_the_readme_must_be_longer_than_a_screen() {
    assertEquals(
        List.of(),
        MarkdownPage.of(MarkdownPage.README).lines().stream()
            .filter(line -> line.length() > MOST_COLUMNS)
            .toList());
  }

  static Stream<MarkdownPage> pagesBehindIt() {
    return pages().filter(page -> page.toString().startsWith(MarkdownPage.FOLDER));
  }

  @ParameterizedTest
  @MethodSource("pagesBehindIt")
  void no_line_but_those_of_tables_and_output_must_be_longer_than_a_screen(MarkdownPage page) {
    assertEquals(
        List.of(),
        page.prose().stream()
            .filter(line -> line.length() > MOST_COLUMNS && !line.startsWith("|"))
            .toList());
  }

  @ParameterizedTest
  @MethodSource("pages")
  void every_link_to_a_file_or_a_heading_must_lead_there(MarkdownPage page) {
    List<String> dead = new ArrayList<>();
    for (String link : page.links()) {
      if (!link.contains("://") && !link.startsWith("mailto:") && !leads(page, link)) {
        dead.add(link);
      }
    }
    assertEquals(List.of(), dead);
  }

  private static boolean leads(MarkdownPage page, String link) {
    int hash = link.indexOf('#');
    String path = hash < 0 ? link : link.substring(0, hash);
    Path folder = page.file().toAbsolutePath().getParent();
    Path target = path.isEmpty() ? page.file().toAbsolutePath() : folder.resolve(path).normalize();
    return Files.exists(target)
        && (hash < 0
            || MarkdownPage.of(target.toString()).anchors().contains(link.substring(hash + 1)));
  }

  @ParameterizedTest
  @MethodSource("pages")
  void words_that_were_given_up_must_not_come_back(MarkdownPage page) {
    assertEquals(
        List.of(), page.lines().stream().filter(line -> GIVEN_UP.matcher(line).find()).toList());
  }

  @Test
  void the_readme_must_link_to_every_page() {
    List<String> links = MarkdownPage.of(MarkdownPage.README).links();

    assertEquals(
        List.of(),
        pagesBehindIt()
            .map(MarkdownPage::toString)
            .filter(file -> links.stream().noneMatch(link -> link.startsWith(file)))
            .toList());
  }

  @Test
  void every_room_must_be_in_the_table_of_the_guide_with_what_it_may_use() {
    Map<String, List<String>> documented = new TreeMap<>();
    MarkdownPage.of(MarkdownPage.FOLDER + "guide.md")
        .table("package org.wasmheap.")
        .forEach(
            row ->
                documented.put(
                    row.get(0),
                    row.get(2).equals("nothing")
                        ? List.of()
                        : Splitter.on(' ').splitToList(row.get(2))));

    assertEquals(ArchitectureTest.MAY_USE, documented);
  }
}
