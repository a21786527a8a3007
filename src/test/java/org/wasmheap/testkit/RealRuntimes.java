package org.wasmheap.testkit;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/**
 * Runtimes of real chains, which are not part of this repository. They are looked for in the folder
 * that the system property {@value #FOLDER_PROPERTY} names, {@code ../shared/runtimes} without it;
 * a relative path begins at the project's base directory.
 */
public final class RealRuntimes {
  public static final String FOLDER_PROPERTY = "wasmheap.runtimes";

  /** Westend, spec 9300, compressed, imports its memory. */
  public static final String WESTEND = "westend-9300.compact.compressed.wasm";

  /** Kusama's first runtime, spec 1020, not compressed, defines its memory. */
  public static final String KUSAMA = "kusama-1020.wasm";

  /** Kusama's coretime chain, spec 1002000, a raw chain specification. */
  public static final String CORETIME = "coretime-kusama.chainspec.json";

  private RealRuntimes() {}

  /** The file; where it is absent, the test that asks is reported as skipped. */
  public static Path find(String fileName) {
    return find(FOLDER_PROPERTY, "../shared/runtimes", fileName);
  }

  /** The same for files of another folder. */
  static Path find(String folderProperty, String defaultFolder, String fileName) {
    String folder = System.getProperty(folderProperty, defaultFolder);
    Path file = Path.of(System.getProperty("basedir", "")).resolve(folder).resolve(fileName);
    Assumptions.assumeTrue(Files.isRegularFile(file), () -> file + " is absent");
    return file;
  }
}
