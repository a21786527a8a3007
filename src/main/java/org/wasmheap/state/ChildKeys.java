package org.wasmheap.state;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Where the roots of child tries stand in the main trie. */
final class ChildKeys {
  private static final byte[] ALL = ":child_storage:".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] DEFAULT =
      ":child_storage:default:".getBytes(StandardCharsets.US_ASCII);

  private ChildKeys() {}

  /** The key of the root of a child trie. */
  static byte[] of(byte[] child) {
    byte[] key = Arrays.copyOf(DEFAULT, DEFAULT.length + child.length);
    System.arraycopy(child, 0, key, DEFAULT.length, child.length);
    return key;
  }

  /** Whether a key of the main trie is one that guests must not write. */
  static boolean has(byte[] key) {
    return startsWith(key, ALL);
  }

  /** Whether keys with a prefix may be such keys. */
  static boolean mayHave(byte[] prefix) {
    return startsWith(prefix, ALL) || startsWith(ALL, prefix);
  }

  static boolean startsWith(byte[] key, byte[] prefix) {
    return key.length >= prefix.length
        && Arrays.equals(key, 0, prefix.length, prefix, 0, prefix.length);
  }
}
