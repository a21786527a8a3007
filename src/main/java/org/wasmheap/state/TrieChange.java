package org.wasmheap.state;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A key with its new value, or its removal. Immutable. */
final class TrieChange {
  final byte[] key;

  /** None if the key is removed. */
  final byte @Nullable [] value;

  /** The top node of the child trie whose root the value is, if it is one. */
  final @Nullable TrieNode child;

  TrieChange(byte[] key, byte @Nullable [] value, @Nullable TrieNode child) {
    if (key.length > Nibbles.MOST_KEY_BYTES) {
      throw new IllegalArgumentException("a key has " + key.length + " bytes");
    }
    this.key = key;
    this.value = value;
    this.child = child;
  }

  TrieChange(byte[] key, byte @Nullable [] value) {
    this(key, value, null);
  }

  /** An array for {@link TrieMerge}. */
  static TrieChange[] array(List<TrieChange> changes) {
    return changes.toArray(new TrieChange[0]);
  }
}
