package org.wasmheap.text;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/** Which version of this library runs, as its POM says: the build writes it into a resource. */
public final class LibraryVersion {
  private static final String UNKNOWN = "unknown";
  private static final String VERSION = read();

  private LibraryVersion() {}

  /**
   * The version.
   *
   * @return such as {@code 0.1.0-SNAPSHOT}; {@code unknown} where the resource was left out, or not
   *     filled in
   */
  public static String version() {
    return VERSION;
  }

  /**
   * Whether the build wrote it: otherwise any two builds may have the same.
   *
   * @return {@code false} if {@link #version} is {@code unknown}
   */
  public static boolean isKnown() {
    return !VERSION.equals(UNKNOWN);
  }

  private static String read() {
    try (InputStream in = LibraryVersion.class.getResourceAsStream("version.txt")) {
      return in == null ? UNKNOWN : of(new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      return UNKNOWN;
    }
  }

  /** What a resource says; a build that does not fill it in leaves the name of a property. */
  static String of(String resource) {
    String version = resource.strip();
    return version.isEmpty() || version.contains("${") ? UNKNOWN : version;
  }
}
