package org.wasmheap.host;

/** What the host functions need and an embedder may have left out. */
final class OptionalParts {
  private OptionalParts() {}

  /**
   * Looks for all of them, without initialising anything.
   *
   * @throws IllegalStateException if one is missing, with a sentence that names its artifact
   */
  static void require() {
    require(
        "run.endive.wasm.types.ValType",
        "the Endive engine is missing: add run.endive:runtime, run.endive:wasm and"
            + " run.endive:compiler 1.0.0");
    require(
        "org.bouncycastle.crypto.Digest",
        "Bouncy Castle is missing: add org.bouncycastle:bcprov-jdk18on 1.86");
    require("net.jpountz.xxhash.XXHash64", "lz4-java is missing: add at.yawk.lz4:lz4-java 1.10.4");
    require(
        "cafe.cryptography.curve25519.Scalar",
        "curve25519-elisabeth is missing: add cafe.cryptography:curve25519-elisabeth 0.1.0");
  }

  private static void require(String type, String otherwise) {
    try {
      Class.forName(type, false, OptionalParts.class.getClassLoader());
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(otherwise, e);
    }
  }
}
