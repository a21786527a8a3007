package org.wasmheap.packaging;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the jars hold beside their classes. */
class JarsIT {
  private static final Path LICENCES = Path.of("config/maven-shared-archive-resources/META-INF");

  /** Path of the main jar, without the ending that classifiers come before. */
  private static final String JARS = System.getProperty("wasmheap.jars");

  static Stream<String> jars() {
    return Stream.of(
        JARS + ".jar",
        JARS + "-sources.jar",
        JARS + "-javadoc.jar",
        JARS + "-conformance.jar",
        System.getProperty("wasmheap.cli.jar"));
  }

  @ParameterizedTest
  @MethodSource("jars")
  void every_jar_carries_licence_and_notice(String file) throws IOException {
    try (JarFile jar = new JarFile(file)) {
      for (String name : Set.of("LICENSE", "NOTICE")) {
        ZipEntry entry = jar.getEntry("META-INF/" + name);
        assertArrayEquals(
            Files.readAllBytes(LICENCES.resolve(name)), jar.getInputStream(entry).readAllBytes());
      }
    }
  }

  @Test
  void the_command_lines_jar_is_no_module() throws IOException {
    try (JarFile jar = new JarFile(System.getProperty("wasmheap.cli.jar"))) {
      assertTrue(jar.stream().noneMatch(entry -> entry.getName().endsWith("module-info.class")));
      assertNull(jar.getManifest().getMainAttributes().getValue("Automatic-Module-Name"));
    }
  }

  @Test
  void the_conformance_jar_holds_the_files_of_its_index_and_no_classes() throws IOException {
    try (JarFile jar = new JarFile(new File(JARS + "-conformance.jar"))) {
      // given
      Set<String> expected =
          new TreeSet<>(
              Set.of(
                  "META-INF/MANIFEST.MF",
                  "META-INF/LICENSE",
                  "META-INF/NOTICE",
                  "conformance/README.md",
                  "conformance/index.txt"));
      byte[] index = jar.getInputStream(jar.getEntry("conformance/index.txt")).readAllBytes();
      new String(index, UTF_8).lines().forEach(expected::add);

      // then
      assertEquals(
          expected,
          jar.stream()
              .filter(entry -> !entry.isDirectory())
              .map(ZipEntry::getName)
              .filter(name -> !name.startsWith("META-INF/maven/"))
              .collect(Collectors.toCollection(TreeSet::new)));
    }
  }
}
