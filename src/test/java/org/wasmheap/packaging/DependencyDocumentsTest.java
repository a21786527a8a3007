package org.wasmheap.packaging;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What documents tell embedders to copy is what the POM has. */
class DependencyDocumentsTest {
  private static final String BY_USE = "src/docs/dependencies.md";
  private static final Pattern COPIED =
      Pattern.compile(
          "<dependency>\\s*<groupId>(.+?)</groupId>\\s*<artifactId>(.+?)</artifactId>"
              + "\\s*<version>(.+?)</version>");

  @ParameterizedTest
  @ValueSource(strings = {BY_USE, "src/test/resources/conformance/README.md"})
  void versions_are_those_of_the_pom(String document) throws Exception {
    // given
    Map<String, Set<String>> copied = copied(document);
    assertFalse(copied.isEmpty());

    // then
    copied.forEach(
        (name, versions) -> assertEquals(Set.of(PomVersions.optional().get(name)), versions, name));
  }

  @Test
  void every_optional_dependency_but_the_command_lines_is_in_a_block() throws Exception {
    assertEquals(PomVersions.optional().keySet(), copied(BY_USE).keySet());
  }

  /** Versions by coordinates, as in the document's blocks. */
  private static Map<String, Set<String>> copied(String document) throws Exception {
    Map<String, Set<String>> copied = new TreeMap<>();
    Matcher blocks = COPIED.matcher(Files.readString(Path.of(document), UTF_8));
    while (blocks.find()) {
      copied
          .computeIfAbsent(blocks.group(1) + ":" + blocks.group(2), any -> new TreeSet<>())
          .add(blocks.group(3));
    }
    return copied;
  }
}
