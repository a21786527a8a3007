package org.wasmheap.example;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The parts of the examples' sources that documents print: what stands in the files of this package
 * between lines {@code // example begins} and {@code // example ends}.
 */
final class ExampleCode {
  private static final Path FOLDER = Path.of("src/test/java/org/wasmheap/example");
  private static final String BEGINS = "// example begins";
  private static final String ENDS = "// example ends";

  private ExampleCode() {}

  /** All parts of all files, with the indentation that a document gives them: none. */
  static List<String> all() throws IOException {
    List<String> parts = new ArrayList<>();
    try (Stream<Path> files = Files.list(FOLDER)) {
      for (Path file : files.sorted().toList()) {
        List<String> lines = Files.readAllLines(file, UTF_8);
        int begin = -1;
        for (int i = 0; i < lines.size(); i++) {
          String line = lines.get(i).strip();
          if (line.equals(BEGINS)) {
            begin = i + 1;
          } else if (line.equals(ENDS)) {
            String part = String.join("\n", lines.subList(begin, i));
            parts.add(part.stripIndent().strip());
          }
        }
      }
    }
    return parts;
  }
}
