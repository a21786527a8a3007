package org.wasmheap.packaging;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/** Versions as the POM has them, by {@code groupId:artifactId}. */
final class PomVersions {
  /** The command line's own, which nobody else needs. */
  private static final Set<String> COMMAND_LINE =
      Set.of(
          "info.picocli:picocli",
          "me.tongfei:progressbar",
          "org.hdrhistogram:HdrHistogram",
          "ch.qos.logback:logback-classic");

  private PomVersions() {}

  /** Of this project, and of its optional dependencies but the command line's own. */
  static Map<String, String> optional() {
    Element project = project();
    Map<String, String> properties = new HashMap<>();
    for (Element property : children(child(project, "properties"))) {
      properties.put("${" + property.getTagName() + "}", property.getTextContent());
    }
    Map<String, String> versions = new TreeMap<>();
    versions.put(name(project), text(project, "version"));
    for (Element dependency : children(child(project, "dependencies"))) {
      boolean isOptional =
          children(dependency).stream().anyMatch(each -> each.getTagName().equals("optional"));
      if (isOptional && !COMMAND_LINE.contains(name(dependency))) {
        String version = text(dependency, "version");
        versions.put(name(dependency), properties.getOrDefault(version, version));
      }
    }
    return versions;
  }

  private static Element project() {
    try {
      return DocumentBuilderFactory.newInstance()
          .newDocumentBuilder()
          .parse(Path.of("pom.xml").toFile())
          .getDocumentElement();
    } catch (IOException | ParserConfigurationException | SAXException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String name(Element element) {
    return text(element, "groupId") + ":" + text(element, "artifactId");
  }

  private static String text(Element element, String name) {
    return child(element, name).getTextContent();
  }

  private static Element child(Element element, String name) {
    return children(element).stream()
        .filter(each -> each.getTagName().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static List<Element> children(Element element) {
    List<Element> children = new ArrayList<>();
    NodeList nodes = element.getChildNodes();
    for (int i = 0; i < nodes.getLength(); i++) {
      if (nodes.item(i) instanceof Element child) {
        children.add(child);
      }
    }
    return children;
  }
}
