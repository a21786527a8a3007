package org.wasmheap.state;

/** How values stand in the nodes of a trie. It holds for the values that are set under it. */
public enum StateVersion {
  /** Values stand in their nodes, whatever their length. */
  V0,

  /** A value of 33 bytes and more is replaced by its BLAKE2b-256. */
  V1;

  /** The shortest value that version 1 replaces by its hash, in bytes. */
  private static final int SHORTEST_HASHED = 33;

  /**
   * As a host function is told it.
   *
   * @param number 0 or 1
   * @return the version
   * @throws IllegalArgumentException if there is no such version
   */
  public static StateVersion of(int number) {
    return switch (number) {
      case 0 -> V0;
      case 1 -> V1;
      default ->
          throw new IllegalArgumentException(
              "state version is " + Integer.toUnsignedString(number) + ", must be 0 or 1");
    };
  }

  /**
   * As a runtime's version says it.
   *
   * @param stateVersion of the runtime, 0 where its version has none
   * @return {@link #V0} for 0, {@link #V1} for all else
   */
  public static StateVersion ofRuntime(int stateVersion) {
    return stateVersion == 0 ? V0 : V1;
  }

  /** Whether a value of this length is replaced by its hash. */
  boolean hashes(int valueBytes) {
    return this == V1 && valueBytes >= SHORTEST_HASHED;
  }
}
