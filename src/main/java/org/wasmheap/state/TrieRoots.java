package org.wasmheap.state;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/** Roots of maps and lists that no state holds. Any thread. */
public final class TrieRoots {
  private TrieRoots() {}

  /**
   * The root of a trie.
   *
   * @param entries keys and values in any order; of a key that is there more than once, the last
   *     value counts
   * @param version for all values
   * @return 32 bytes
   * @throws IllegalArgumentException if a key has more than 2^30 - 2 bytes
   * @throws IllegalStateException if Bouncy Castle is missing
   */
  public static byte[] root(
      Iterable<? extends Map.Entry<byte[], byte[]>> entries, StateVersion version) {
    OptionalParts.require();
    TreeMap<byte[], TrieChange> all = new TreeMap<>(Arrays::compareUnsigned);
    for (Map.Entry<byte[], byte[]> entry : entries) {
      all.put(entry.getKey(), new TrieChange(entry.getKey(), entry.getValue()));
    }
    return rootOf(all, version);
  }

  /**
   * The root of a trie.
   *
   * @param entries keys and values
   * @param version for all values
   * @return 32 bytes
   * @throws IllegalArgumentException if a key has more than 2^30 - 2 bytes
   * @throws IllegalStateException if Bouncy Castle is missing
   */
  public static byte[] root(NavigableMap<byte[], byte[]> entries, StateVersion version) {
    return root(entries.entrySet(), version);
  }

  /**
   * The root of a trie that holds a list: its keys are the positions, as compacts of SCALE.
   *
   * @param values in their order
   * @param version for all values
   * @return 32 bytes
   * @throws IllegalStateException if Bouncy Castle is missing
   */
  public static byte[] orderedRoot(List<byte[]> values, StateVersion version) {
    OptionalParts.require();
    TreeMap<byte[], TrieChange> all = new TreeMap<>(Arrays::compareUnsigned);
    int position = 0;
    for (byte[] value : values) {
      byte[] key = ScaleCompact.encode(position);
      all.put(key, new TrieChange(key, value));
      position++;
    }
    return rootOf(all, version);
  }

  private static byte[] rootOf(Map<byte[], TrieChange> all, StateVersion version) {
    TrieChange[] sorted = all.values().toArray(new TrieChange[0]);
    return Trie.EMPTY.with(sorted, version, new NodeHasher()).root().clone();
  }
}
