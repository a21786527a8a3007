package org.wasmheap.text;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/** Which version of this library runs, as its POM says: the build writes it into a resource. */
public final class LibraryVersion {
  private static final String VERSION = read();

  private LibraryVersion() {}

  /**
   * The version.
   *
   * @return such as {@code 0.1.0-SNAPSHOT}; {@code unknown} where the resource was left out
   */
  public static String version() {
    return VERSION;
  }

  private static String read() {
    try (InputStream in = LibraryVersion.class.getResourceAsStream("version.txt")) {
      return in == null ? "unknown" : new String(in.readAllBytes(), StandardCharsets.UTF_8).strip();
    } catch (IOException e) {
      return "unknown";
    }
  }
}
