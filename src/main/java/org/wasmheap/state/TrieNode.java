package org.wasmheap.state;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A node of a trie, immutable, with all that is below it. It has a value, or two children at least,
 * or both.
 *
 * <p>A node keeps its least key whole instead of the part that is its own: its own if it has a
 * value, else that of its first child. The part is the nibbles {@link #from} to {@link #to} of it.
 * So no part is ever copied, a node that moves up or down keeps its array, and the first key of a
 * subtree is there without a walk. Whenever a key is removed, all nodes above it are made anew, so
 * no node keeps the array of a key that is gone.
 */
final class TrieNode {
  private static final int CHILDREN = 16;

  /** What stands in a header's high bits, and how many low bits that leaves. */
  private static final int LEAF = 0b0100_0000;

  private static final int BRANCH = 0b1000_0000;
  private static final int BRANCH_WITH_VALUE = 0b1100_0000;
  private static final int HASHED_LEAF = 0b0010_0000;
  private static final int HASHED_BRANCH = 0b0001_0000;

  /** The least of all keys here and below. */
  final byte[] key;

  /** The first nibble of this node's own part of the key. */
  final int from;

  /** Behind the last nibble of it: a value's key ends here, and children differ here. */
  final int to;

  final @Nullable Value value;

  /** By their nibble, 16 of them; none for a leaf. Never changed. */
  private final @Nullable TrieNode @Nullable [] children;

  /** What the parent's encoding holds of this node; see {@link NodeHasher#reference}. */
  private final byte[] reference;

  TrieNode(
      byte[] key,
      int from,
      int to,
      @Nullable Value value,
      @Nullable TrieNode @Nullable [] children,
      NodeHasher hasher) {
    this.key = key;
    this.from = from;
    this.to = to;
    this.value = value;
    this.children = children;
    this.reference = encode(hasher);
  }

  /** The same node, beginning elsewhere in the key. */
  TrieNode startingAt(int start, NodeHasher hasher) {
    return start == from ? this : new TrieNode(key, start, to, value, children, hasher);
  }

  @Nullable TrieNode child(int nibble) {
    return children == null ? null : children[nibble];
  }

  /** The first child of a nibble that is not less; none if there is none. */
  @Nullable TrieNode childFrom(int nibble) {
    if (children != null) {
      for (int i = nibble; i < CHILDREN; i++) {
        if (children[i] != null) {
          return children[i];
        }
      }
    }
    return null;
  }

  /** An array of the children that is the caller's. */
  @Nullable TrieNode[] copyOfChildren() {
    return children == null ? noChildren() : children.clone();
  }

  static @Nullable TrieNode[] noChildren() {
    return new @Nullable TrieNode[CHILDREN];
  }

  /** The hash that stands for a trie with this node at its top: also a short one is hashed. */
  byte[] root(NodeHasher hasher) {
    return reference.length == NodeHasher.HASH_BYTES ? reference : hasher.hash(reference);
  }

  private byte[] encode(NodeHasher hasher) {
    encodeHeader(hasher);
    encodePartialKey(hasher);
    if (children != null) {
      int bitmap = 0;
      for (int i = 0; i < CHILDREN; i++) {
        bitmap |= children[i] == null ? 0 : 1 << i;
      }
      hasher.put(bitmap);
      hasher.put(bitmap >>> Byte.SIZE);
    }
    if (value != null) {
      value.encode(hasher);
    }
    if (children != null) {
      for (TrieNode child : children) {
        if (child != null) {
          // A compact of one byte.
          hasher.put(child.reference.length << 2);
          hasher.put(child.reference);
        }
      }
    }
    return hasher.reference();
  }

  /** The kind in the high bits, the number of nibbles in the low ones and in bytes that follow. */
  private void encodeHeader(NodeHasher hasher) {
    int kind = kind();
    // Six bits at most: the second highest is part of the kind, also where it is 0.
    int mostInHeader = Math.min(Integer.lowestOneBit(kind), LEAF) - 1;
    int nibbles = to - from;
    if (nibbles < mostInHeader) {
      hasher.put(kind | nibbles);
      return;
    }
    hasher.put(kind | mostInHeader);
    int rest = nibbles - mostInHeader;
    for (; rest >= 255; rest -= 255) {
      hasher.put(255);
    }
    hasher.put(rest);
  }

  private int kind() {
    if (value == null) {
      return BRANCH;
    }
    if (value.hash != null) {
      return children == null ? HASHED_LEAF : HASHED_BRANCH;
    }
    return children == null ? LEAF : BRANCH_WITH_VALUE;
  }

  /** Two nibbles a byte; the first is alone if their number is odd. */
  private void encodePartialKey(NodeHasher hasher) {
    int at = from;
    if (((to - from) & 1) != 0) {
      hasher.put(Nibbles.at(key, at));
      at++;
    }
    if ((at & 1) == 0) {
      hasher.put(key, at >>> 1, (to - at) >>> 1);
      return;
    }
    for (; at < to; at += 2) {
      hasher.put((Nibbles.at(key, at) << 4) | Nibbles.at(key, at + 1));
    }
  }

  /**
   * A value and its kind, which stays when nodes round it change. Its hash is computed once.
   *
   * <p>It is here because it refers to the top node of a child trie, if it is the root of one.
   */
  static final class Value {
    final byte[] bytes;

    /** Stands in the node instead of the bytes; none if the bytes do. */
    private final byte @Nullable [] hash;

    /** The top node of the child trie whose root this is. */
    final @Nullable TrieNode child;

    Value(byte[] bytes, @Nullable TrieNode child, StateVersion version, NodeHasher hasher) {
      this.bytes = bytes;
      this.child = child;
      this.hash = version.hashes(bytes.length) ? hasher.hash(bytes) : null;
    }

    /** Whether setting these bytes under a version would give this very value. */
    boolean isSame(byte[] other, @Nullable TrieNode otherChild, StateVersion version) {
      return child == otherChild
          && (hash != null) == version.hashes(other.length)
          && Arrays.equals(bytes, other);
    }

    private void encode(NodeHasher hasher) {
      if (hash == null) {
        hasher.putCompact(bytes.length);
        hasher.put(bytes);
      } else {
        hasher.put(Objects.requireNonNull(hash));
      }
    }
  }
}
