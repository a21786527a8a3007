package org.wasmheap.state;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/** A trie with its root. Immutable, any thread. */
final class Trie {
  /** The BLAKE2b-256 of one zero byte, the encoding of a trie without keys. */
  private static final String EMPTY_ROOT =
      "03170a2e7597b7b7e3d84c05391d139a62b157e78786d8c082f29dcf4c111314";

  static final Trie EMPTY = new Trie(null, HexFormat.of().parseHex(EMPTY_ROOT));

  private final @Nullable TrieNode top;

  /** 32 bytes; not for changing. */
  private final byte[] root;

  /** A trie whose root is known, as that of a child trie is from the main trie. */
  Trie(@Nullable TrieNode top, byte[] root) {
    this.top = top;
    this.root = root;
  }

  @Nullable TrieNode top() {
    return top;
  }

  byte[] root() {
    return root;
  }

  /**
   * A trie with changes, which shares all nodes that no change alters.
   *
   * @param changes by ascending keys, each key once
   */
  Trie with(TrieChange[] changes, StateVersion version, NodeHasher hasher) {
    TrieNode changed = TrieMerge.apply(top, changes, version, hasher);
    if (changed == top) {
      return this;
    }
    return changed == null ? EMPTY : new Trie(changed, changed.root(hasher));
  }

  /** The value of a key, none if there is no such key. */
  TrieNode.@Nullable Value find(byte[] key) {
    int end = Nibbles.count(key);
    TrieNode node = top;
    while (node != null && node.to <= end && agreesWhole(node, key)) {
      if (node.to == end) {
        return node.value;
      }
      node = node.child(Nibbles.at(key, node.to));
    }
    return null;
  }

  private static boolean agreesWhole(TrieNode node, byte[] key) {
    return Nibbles.agreement(node.key, key, node.from, node.to) == node.to;
  }

  /** The first key that is greater, none if there is none. */
  byte @Nullable [] nextKey(byte[] key) {
    int end = Nibbles.count(key);
    // Of what lies right of the way down: all there is greater, and the deepest comes first.
    TrieNode greater = null;
    TrieNode node = top;
    while (node != null) {
      int limit = Math.min(node.to, end);
      int agreed = Nibbles.agreement(node.key, key, node.from, limit);
      if (agreed < limit) {
        boolean isGreater = Nibbles.at(node.key, agreed) > Nibbles.at(key, agreed);
        greater = isGreater ? node : greater;
        break;
      }
      if (end < node.to) {
        greater = node;
        break;
      }
      TrieNode right = node.childFrom(end == node.to ? 0 : Nibbles.at(key, node.to) + 1);
      greater = right == null ? greater : right;
      node = end == node.to ? null : node.child(Nibbles.at(key, node.to));
    }
    return greater == null ? null : greater.key;
  }

  /** The keys with a prefix, ascending. */
  Iterator<byte[]> keys(byte[] prefix) {
    return new Keys(below(prefix));
  }

  /** The node above all keys with a prefix, itself included; none if there are none. */
  private @Nullable TrieNode below(byte[] prefix) {
    int end = Nibbles.count(prefix);
    TrieNode node = top;
    while (node != null) {
      int limit = Math.min(node.to, end);
      if (Nibbles.agreement(node.key, prefix, node.from, limit) < limit) {
        return null;
      }
      if (end <= node.to) {
        return node;
      }
      node = node.child(Nibbles.at(prefix, node.to));
    }
    return null;
  }

  /** Walks a subtree, each node once. */
  private static final class Keys implements Iterator<byte[]> {
    /** What is still to be walked, the next on top. */
    private final Deque<TrieNode> left = new ArrayDeque<>();

    Keys(@Nullable TrieNode top) {
      if (top != null) {
        left.push(top);
        descend();
      }
    }

    @Override
    public boolean hasNext() {
      return !left.isEmpty();
    }

    @Override
    public byte[] next() {
      TrieNode node = left.poll();
      if (node == null) {
        throw new NoSuchElementException("no more keys");
      }
      pushChildren(node);
      descend();
      return node.key;
    }

    /** Until a node with a value is on top. */
    private void descend() {
      TrieNode node = left.peek();
      while (node != null && node.value == null) {
        left.pop();
        pushChildren(node);
        node = left.peek();
      }
    }

    private void pushChildren(TrieNode node) {
      for (int i = 15; i >= 0; i--) {
        TrieNode child = node.child(i);
        if (child != null) {
          left.push(child);
        }
      }
    }
  }
}
