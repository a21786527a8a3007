package org.wasmheap.example;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The part of an example's source that documents print. */
final class ExampleCode {
  private static final String BEGINS = "// example begins\n";
  private static final String ENDS = "    // example ends";

  private ExampleCode() {}

  static String of(Class<?> example) throws IOException {
    Path file = Path.of("src/test/java", example.getName().replace('.', '/') + ".java");
    String source = Files.readString(file, UTF_8);
    return source
        .substring(source.indexOf(BEGINS) + BEGINS.length(), source.indexOf(ENDS))
        .stripTrailing()
        .stripIndent();
  }
}
