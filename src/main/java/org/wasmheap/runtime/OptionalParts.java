package org.wasmheap.runtime;

/** What loading needs for one kind of file or another, and an embedder may have left out. */
enum OptionalParts {
  BOUNCY_CASTLE(
      "org.bouncycastle.crypto.digests.Blake2bDigest",
      "Bouncy Castle is missing: add org.bouncycastle:bcprov-jdk18on 1.86"),
  ZSTD(
      "com.github.luben.zstd.Zstd",
      "compressed code, but zstd-jni is missing: add com.github.luben:zstd-jni 1.5.7-17"),
  GSON(
      "com.google.gson.stream.JsonReader",
      "JSON, but gson is missing: add com.google.code.gson:gson 2.13.2");

  private final String type;
  private final String otherwise;

  OptionalParts(String type, String otherwise) {
    this.type = type;
    this.otherwise = otherwise;
  }

  /**
   * Looks for it, without initialising anything.
   *
   * @param origin of what needs it
   * @throws RuntimeLoadException if it is missing, with a sentence that names the artifact
   */
  void require(String origin) {
    try {
      Class.forName(type, false, OptionalParts.class.getClassLoader());
    } catch (ClassNotFoundException e) {
      throw new RuntimeLoadException(origin, otherwise, e);
    }
  }
}
