package org.wasmheap.cli;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;

/** Text files that commands are given: plain, or packed where the name ends in {@code .gz}. */
final class InputText {
  private InputText() {}

  /** What is made of a text. */
  @FunctionalInterface
  interface Use<T> {
    /** Reads the text, which is closed afterwards. */
    T apply(Reader text) throws IOException;
  }

  /** Opens a file and reads it; throws CliException if there is nothing to read, or not what is. */
  static <T> T read(Path file, Use<T> use) {
    if (Files.isDirectory(file) || !Files.exists(file)) {
      throw new CliException(
          file.toString(), Files.exists(file) ? "is a folder" : "no such file", null);
    }
    if (!Files.isReadable(file)) {
      throw new CliException(file.toString(), "permission denied", null);
    }
    try (InputStream bytes = new FileInputStream(file.toFile());
        InputStream plain = file.toString().endsWith(".gz") ? new GZIPInputStream(bytes) : bytes;
        Reader text = new InputStreamReader(plain, StandardCharsets.UTF_8)) {
      return use.apply(text);
    } catch (IOException e) {
      String why = e.getMessage() == null ? e.toString() : e.getMessage();
      throw new CliException(file.toString(), why, e);
    }
  }
}
