package org.wasmheap.example;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.wasmheap.testkit.MarkdownPage;

/** The Java that documents show is the Java that is compiled, and run, in this package. */
class DocumentedCodeTest {
  private static List<String> shown() {
    return Stream.concat(
            MarkdownPage.all().stream(),
            Stream.of(MarkdownPage.of("src/test/resources/conformance/README.md")))
        .flatMap(page -> page.code("java").stream())
        .toList();
  }

  @Test
  void what_documents_show_must_be_part_of_an_example() throws IOException {
    List<String> compiled = ExampleCode.all();

    List<String> others = new ArrayList<>(shown());
    others.removeAll(compiled);

    assertEquals(List.of(), others);
  }

  @Test
  void every_marked_part_of_an_example_must_be_shown() throws IOException {
    List<String> hidden = new ArrayList<>(ExampleCode.all());
    hidden.removeAll(shown());

    assertEquals(List.of(), hidden);
  }
}
