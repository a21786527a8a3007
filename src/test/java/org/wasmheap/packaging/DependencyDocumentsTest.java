package org.wasmheap.packaging;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;

/** What documents tell embedders to copy is what the POM has. */
class DependencyDocumentsTest {
  private static final String BY_USE = "src/docs/dependencies.md";
  private static final Pattern COPIED =
      Pattern.compile(
          "<dependency>\\s*<groupId>(.+?)</groupId>\\s*<artifactId>(.+?)</artifactId>"
              + "\\s*<version>(.+?)</version>");

  /** The command line's own, which nobody else needs. */
  private static final Set<String> COMMAND_LINE =
      Set.of(
          "info.picocli:picocli",
          "me.tongfei:progressbar",
          "org.hdrhistogram:HdrHistogram",
          "ch.qos.logback:logback-classic");

  /** Coordinates and version of this project and its optional dependencies. */
  private static final Map<String, String> VERSIONS = new TreeMap<>();

  @BeforeAll
  static void read_the_pom() throws Exception {
    Element project =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(Path.of("pom.xml").toFile())
            .getDocumentElement();
    Map<String, String> properties = new HashMap<>();
    for (Element property : children(child(project, "properties"))) {
      properties.put("${" + property.getTagName() + "}", property.getTextContent());
    }
    VERSIONS.put(name(project), text(project, "version"));
    for (Element dependency : children(child(project, "dependencies"))) {
      if (!children(dependency, "optional").isEmpty() && !COMMAND_LINE.contains(name(dependency))) {
        String version = text(dependency, "version");
        VERSIONS.put(name(dependency), properties.getOrDefault(version, version));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {BY_USE, "src/test/resources/conformance/README.md"})
  void versions_are_those_of_the_pom(String document) throws Exception {
    // given
    Map<String, Set<String>> copied = copied(document);
    assertFalse(copied.isEmpty());

    // then
    copied.forEach((name, versions) -> assertEquals(Set.of(VERSIONS.get(name)), versions, name));
  }

  @Test
  void every_optional_dependency_but_the_command_lines_is_in_a_block() throws Exception {
    assertEquals(VERSIONS.keySet(), copied(BY_USE).keySet());
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

  private static String name(Element element) {
    return text(element, "groupId") + ":" + text(element, "artifactId");
  }

  private static String text(Element element, String name) {
    return child(element, name).getTextContent();
  }

  private static Element child(Element element, String name) {
    return children(element, name).get(0);
  }

  private static List<Element> children(Element element, String name) {
    return children(element).stream().filter(each -> each.getTagName().equals(name)).toList();
  }

  private static List<Element> children(Element element) {
    List<Element> children = new ArrayList<>();
    NodeList nodes = element.getChildNodes();
    for (int i = 0; i < nodes.getLength(); i++) {
      Node node = nodes.item(i);
      if (node instanceof Element child) {
        children.add(child);
      }
    }
    return children;
  }
}
