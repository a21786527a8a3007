package org.wasmheap.block;

/** What readers of files need and an embedder may have left out. */
final class OptionalParts {
  private OptionalParts() {}

  /**
   * Looks for it, without initialising anything.
   *
   * @param origin of what needs it
   * @throws BlockFileException if it is missing, with a sentence that names its artifact
   */
  static void requireGson(String origin) {
    try {
      Class.forName(
          "com.google.gson.stream.JsonReader", false, OptionalParts.class.getClassLoader());
    } catch (ClassNotFoundException e) {
      throw new BlockFileException(
          origin, "a file of blocks, but gson is missing: add com.google.code.gson:gson 2.13.2", e);
    }
  }
}
