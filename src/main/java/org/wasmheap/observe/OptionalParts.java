package org.wasmheap.observe;

/** What reports as JSON need, and an embedder may have left out. */
final class OptionalParts {
  private OptionalParts() {}

  /**
   * Looks for gson, without initialising anything.
   *
   * @throws IllegalStateException if it is missing, with a sentence that names its artifact
   */
  static void requireGson() {
    try {
      Class.forName("com.google.gson.Gson", false, OptionalParts.class.getClassLoader());
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException("gson is missing: add com.google.code.gson:gson 2.13.2", e);
    }
  }
}
