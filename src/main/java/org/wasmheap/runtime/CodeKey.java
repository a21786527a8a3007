package org.wasmheap.runtime;

import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;
import org.wasmheap.text.LibraryVersion;
import run.endive.wasm.Version;

/**
 * What compiled code is made from and made by. Code is used again only where all of it is the same.
 *
 * @param name what the module's code is called: its hash
 * @param engine version of the engine, whose compiler made it
 * @param library version of this library, which changes the module before that
 * @param jdk feature version of the JDK
 */
record CodeKey(String name, String engine, String library, int jdk) {
  /** What each file of a folder of compiled code is called; nothing else there is touched. */
  private static final String FILE =
      "wasmheap_[a-z0-9.-]{1,100}_[A-Za-z0-9.+-]{1,32}_[A-Za-z0-9.+-]{1,32}"
          + "_jdk[0-9]{1,6}_v[0-9]{1,6}\\.code";

  private static final String BAD = ".bad";

  private static final Pattern NAME = Pattern.compile("[a-z0-9.-]{1,100}");
  private static final Pattern CODE_FILE = Pattern.compile(FILE);
  private static final Pattern BAD_FILE = Pattern.compile(FILE + "\\" + BAD);
  private static final Pattern TEMPORARY_FILE =
      Pattern.compile(FILE + "\\.[0-9]{1,19}-[0-9a-f]{16}\\.tmp");

  private static final int MOST_VERSION_CHARS = 32;

  /** Whether something may be the name of code: then it is no way out of a folder. */
  static boolean isName(String name) {
    return NAME.matcher(name).matches();
  }

  /**
   * The key of code under the versions that run here.
   *
   * @param name as {@link #isName} wants it
   */
  static CodeKey of(String name) {
    return new CodeKey(
        name, engineVersion(), LibraryVersion.version(), Runtime.version().feature());
  }

  /**
   * Of its artifact {@code wasm}: the compiler's has no class that tells, and is released with it.
   */
  private static String engineVersion() {
    try {
      return Version.version();
    } catch (LinkageError e) {
      // Without an engine nothing is compiled, and whoever loads a module is told so.
      return "none";
    }
  }

  /** All of it, as it stands in a file. */
  byte[] bytes() {
    String text =
        "name=" + name + "\nengine=" + engine + "\nlibrary=" + library + "\njdk=" + jdk + "\n";
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** The name of its file: tells people what is in it, and is the same for the same key. */
  String fileName() {
    return "wasmheap_"
        + name
        + "_"
        + readable(engine)
        + "_"
        + readable(library)
        + "_jdk"
        + jdk
        + "_v"
        + CodeFile.FORMAT
        + ".code";
  }

  /** A version is anybody's text. Two that become one here still differ in {@link #bytes}. */
  private static String readable(String version) {
    String plain = version.replaceAll("[^A-Za-z0-9.-]", "+");
    return plain.isEmpty() ? "+" : plain.substring(0, Math.min(plain.length(), MOST_VERSION_CHARS));
  }

  /** The name of its file while it is written by one thread, which draws a number for it. */
  String temporaryName(long drawn) {
    return fileName()
        + "."
        + ProcessHandle.current().pid()
        + "-"
        + "%016x".formatted(drawn)
        + ".tmp";
  }

  /** The name of its file if what is in it cannot be used. */
  String badName() {
    return fileName() + BAD;
  }

  static boolean isCodeFile(String fileName) {
    return CODE_FILE.matcher(fileName).matches();
  }

  static boolean isBadFile(String fileName) {
    return BAD_FILE.matcher(fileName).matches();
  }

  static boolean isTemporaryFile(String fileName) {
    return TEMPORARY_FILE.matcher(fileName).matches();
  }
}
