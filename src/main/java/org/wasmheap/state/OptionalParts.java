package org.wasmheap.state;

/** What a trie needs and an embedder may have left out. */
final class OptionalParts {
  private OptionalParts() {}

  /**
   * Looks for it, without initialising anything.
   *
   * @throws IllegalStateException if it is missing, with a sentence that names its artifact
   */
  static void require() {
    try {
      Class.forName(
          "org.bouncycastle.crypto.digests.Blake2bDigest",
          false,
          OptionalParts.class.getClassLoader());
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(
          "Bouncy Castle is missing: add org.bouncycastle:bcprov-jdk18on 1.86", e);
    }
  }
}
