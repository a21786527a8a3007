package org.wasmheap.testkit;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;

/** The reference's vectors, and traces of real runtimes. */
public final class ConformanceFiles {
  private ConformanceFiles() {}

  public static List<Path> vectors() {
    return list("/vectors");
  }

  public static List<Path> traces() {
    return list("/traces");
  }

  private static List<Path> list(String folder) {
    try (Stream<Path> files =
        Files.list(Path.of(ConformanceFiles.class.getResource(folder).toURI()))) {
      return files.filter(file -> file.toString().endsWith(".gz")).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  public static BufferedReader open(Path file) throws IOException {
    return new BufferedReader(
        new InputStreamReader(
            new GZIPInputStream(Files.newInputStream(file)), StandardCharsets.UTF_8));
  }

  public static List<String> lines(Path file) {
    try (BufferedReader text = open(file)) {
      return text.lines().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
