package org.wasmheap.packaging;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two builds give the same bytes: the one that this test is part of, and one of a copy of the
 * sources in another folder, time zone and locale. By command only, as it takes minutes: {@code mvn
 * -Preproducible clean verify}.
 */
@Timeout(900)
class ReproducibleBuildIT {
  private static final Path HERE = Path.of("").toAbsolutePath();
  private static final List<String> SOURCES = List.of("pom.xml", ".mvn", "config", "src");

  @TempDir private Path folder;

  @Test
  void a_second_build_elsewhere_gives_the_same_jars() throws Exception {
    // given
    Path copy = folder.resolve("a-longer-name-than-before");
    for (String name : SOURCES) {
      copy(HERE.resolve(name), copy.resolve(name));
    }

    // when
    build(copy);

    // then
    Map<String, Path> first = jars(HERE.resolve("target"));
    Map<String, Path> second = jars(copy.resolve("target"));
    assertEquals(first.keySet(), second.keySet());
    assertEquals(5, first.size(), first::toString);
    for (String name : first.keySet()) {
      long difference = Files.mismatch(first.get(name), second.get(name));
      assertEquals(-1, difference, () -> name + ": " + contents(first, second, name));
      // Kept with the test's output: which files were compared.
      System.out.println(name + ": " + Files.size(first.get(name)) + " bytes, the same");
    }
  }

  private void build(Path project) throws Exception {
    Path log = folder.resolve("log");
    ProcessBuilder builder =
        new ProcessBuilder(
                System.getProperty("wasmheap.maven.home") + "/bin/mvn",
                "--batch-mode",
                "--offline",
                "-DskipTests",
                "-Dgates.skip=true",
                "pre-integration-test")
            .directory(project.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().put("TZ", "Pacific/Chatham");
    builder.environment().put("LC_ALL", "C.UTF-8");
    builder
        .environment()
        .put("MAVEN_OPTS", "-Duser.language=tr -Duser.country=TR -Duser.name=somebody");
    Process process = builder.start();
    try {
      process.waitFor(800, TimeUnit.SECONDS);
    } finally {
      process.destroyForcibly();
    }
    assertEquals(0, process.exitValue(), Files.readString(log, UTF_8));
  }

  private static Map<String, Path> jars(Path target) throws IOException {
    Map<String, Path> jars = new TreeMap<>();
    try (Stream<Path> files = Files.list(target)) {
      files
          .filter(file -> file.toString().endsWith(".jar"))
          .forEach(file -> jars.put(file.getFileName().toString(), file));
    }
    return jars;
  }

  /** Which entries differ, for the message. */
  private static String contents(Map<String, Path> first, Map<String, Path> second, String name) {
    Map<String, Long> here = entries(first.get(name));
    Map<String, Long> there = entries(second.get(name));
    here.entrySet().removeAll(Map.copyOf(there).entrySet());
    there.entrySet().removeAll(Map.copyOf(entries(first.get(name))).entrySet());
    return "first " + here + ", second " + there;
  }

  private static Map<String, Long> entries(Path file) {
    Map<String, Long> sums = new TreeMap<>();
    try (JarFile jar = new JarFile(file.toFile())) {
      jar.stream().forEach(entry -> sums.put(entry.getName() + entry.getTime(), entry.getCrc()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return sums;
  }

  private static void copy(Path from, Path to) throws IOException {
    if (!Files.exists(from)) {
      return;
    }
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        Path target = to.resolve(from.relativize(file).toString());
        Files.createDirectories(target.getParent());
        if (!Files.isDirectory(file)) {
          Files.copy(file, target);
        }
      }
    }
  }
}
