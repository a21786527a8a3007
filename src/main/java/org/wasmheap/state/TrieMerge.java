package org.wasmheap.state;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Puts sorted changes into a trie in one walk over the nodes that they touch: each new node is made
 * and hashed once, however many changes are below it.
 *
 * <p>A node's reference depends on where its part of the key begins, and that is known only when it
 * is clear whether the node above it stays. So what comes up from below is a {@link Draft}, and the
 * node above makes nodes of its children's drafts. A node that no change alters comes up as it is.
 *
 * <p>The walk is a loop over {@link Step}s on a stack of its own, as deep as the trie is. The work
 * is in proportion to the touched nodes and the bytes of the changes, for keys of any shape.
 */
final class TrieMerge {
  private final TrieChange[] changes;
  private final StateVersion version;
  private final NodeHasher hasher;
  private final Deque<Step> steps = new ArrayDeque<>();

  private TrieMerge(TrieChange[] changes, StateVersion version, NodeHasher hasher) {
    this.changes = changes;
    this.version = version;
    this.hasher = hasher;
  }

  /**
   * Applies changes.
   *
   * @param top of the trie, none if it is empty
   * @param changes by ascending keys, each key once
   * @param version for the values that are set
   * @return the new top, the same if nothing changed, none if nothing is left
   */
  static @Nullable TrieNode apply(
      @Nullable TrieNode top, TrieChange[] changes, StateVersion version, NodeHasher hasher) {
    if (changes.length == 0) {
      return top;
    }
    Draft result = new TrieMerge(changes, version, hasher).run(top);
    return result == null ? null : result.at(0, hasher);
  }

  private @Nullable Draft run(@Nullable TrieNode top) {
    steps.push(new Step(0, 0, changes.length, top));
    while (true) {
      Step step = steps.element();
      if (step.next < step.end) {
        step.enterNextChild();
        continue;
      }
      steps.pop();
      Draft result = step.result();
      Step above = steps.peek();
      if (above == null) {
        return result;
      }
      above.put(result);
    }
  }

  /** Behind the changes from {@code first} on that have its nibble at a position. */
  private int endOfGroup(int first, int end, int position) {
    int nibble = Nibbles.at(changes[first].key, position);
    // Often all of them.
    if (Nibbles.at(changes[end - 1].key, position) == nibble) {
      return end;
    }
    int in = first;
    int out = end - 1;
    while (out - in > 1) {
      int middle = (in + out) >>> 1;
      if (Nibbles.at(changes[middle].key, position) == nibble) {
        in = middle;
      } else {
        out = middle;
      }
    }
    return out;
  }

  /** One node of the walk: what it was, and what it is becoming. */
  private final class Step {
    /** What is there already: here if it branches at {@link #to}, else as one of the children. */
    private final @Nullable TrieNode node;

    private final int to;

    /** The changes that are left. */
    private int next;

    private final int end;

    private TrieNode.@Nullable Value value;
    private byte @Nullable [] valueKey;

    /** By nibble: a child that is there already, and has not been entered yet. */
    private final @Nullable TrieNode[] children;

    /** By nibble: what became of a child that was entered. */
    private final @Nullable Draft[] drafts = new @Nullable Draft[16];

    /** The child that was entered last. */
    private int entered;

    private boolean changed;

    Step(int from, int first, int end, @Nullable TrieNode node) {
      this.node = node;
      this.next = first;
      this.end = end;
      this.to = branching(node, from, first, end);
      if (node == null) {
        children = TrieNode.noChildren();
      } else if (node.to == to) {
        value = node.value;
        valueKey = node.key;
        children = node.copyOfChildren();
      } else {
        children = TrieNode.noChildren();
        children[Nibbles.at(node.key, to)] = node;
      }
      if (Nibbles.count(changes[first].key) == to) {
        set(changes[first]);
        next++;
      }
    }

    /** Up to where the node's part of the key and all changes agree. */
    private int branching(@Nullable TrieNode node, int from, int first, int end) {
      byte[] least = changes[first].key;
      byte[] greatest = changes[end - 1].key;
      // The keys between the two agree with them as far as they agree with each other.
      int limit = Math.min(Nibbles.count(least), Nibbles.count(greatest));
      if (node == null) {
        return Nibbles.agreement(least, greatest, from, limit);
      }
      limit = Math.min(limit, node.to);
      return Math.min(
          Nibbles.agreement(node.key, least, from, limit),
          Nibbles.agreement(node.key, greatest, from, limit));
    }

    private void set(TrieChange change) {
      byte[] bytes = change.value;
      if (bytes == null) {
        changed |= value != null;
        value = null;
      } else if (value == null || !value.isSame(bytes, change.child, version)) {
        changed = true;
        value = new TrieNode.Value(bytes, change.child, version, hasher);
        valueKey = change.key;
      }
    }

    void enterNextChild() {
      TrieChange change = changes[next];
      int first = next;
      next = endOfGroup(first, end, to);
      entered = Nibbles.at(change.key, to);
      TrieNode child = children[entered];
      if (child == null && next - first == 1) {
        put(newLeaf(change));
      } else {
        steps.push(new Step(to + 1, first, next, child));
      }
    }

    private @Nullable Draft newLeaf(TrieChange change) {
      byte[] bytes = change.value;
      return bytes == null
          ? null
          : new Draft(
              change.key,
              Nibbles.count(change.key),
              new TrieNode.Value(bytes, change.child, version, hasher),
              null);
    }

    /** What became of the child that was entered last. */
    void put(@Nullable Draft draft) {
      TrieNode before = children[entered];
      changed |= draft == null ? before != null : draft.same == null || draft.same != before;
      children[entered] = null;
      drafts[entered] = draft;
    }

    @Nullable Draft result() {
      if (!changed && node != null) {
        return Draft.of(node);
      }
      int count = 0;
      int first = 0;
      for (int i = 15; i >= 0; i--) {
        if (children[i] != null || drafts[i] != null) {
          count++;
          first = i;
        }
      }
      if (value == null && count < 2) {
        // No node of its own: what is left below goes up.
        TrieNode child = children[first];
        return child == null ? drafts[first] : Draft.of(child);
      }
      for (int i = 0; i < children.length; i++) {
        children[i] = made(i);
      }
      // Without a value there are children.
      byte[] key = value == null ? Objects.requireNonNull(children[first]).key : valueKey;
      return new Draft(Objects.requireNonNull(key), to, value, count == 0 ? null : children);
    }

    private @Nullable TrieNode made(int nibble) {
      Draft draft = drafts[nibble];
      TrieNode child = children[nibble];
      if (draft != null) {
        return draft.at(to + 1, hasher);
      }
      return child == null ? null : child.startingAt(to + 1, hasher);
    }
  }

  /** A node that is whole but for where its part of the key begins. */
  private static final class Draft {
    private final byte[] key;
    private final int to;
    private final TrieNode.@Nullable Value value;
    private final @Nullable TrieNode @Nullable [] children;

    /** The node that is there already. */
    private final @Nullable TrieNode same;

    Draft(
        byte[] key,
        int to,
        TrieNode.@Nullable Value value,
        @Nullable TrieNode @Nullable [] children) {
      this.key = key;
      this.to = to;
      this.value = value;
      this.children = children;
      this.same = null;
    }

    private Draft(TrieNode same) {
      this.key = same.key;
      this.to = same.to;
      this.value = same.value;
      this.children = null;
      this.same = same;
    }

    static Draft of(TrieNode node) {
      return new Draft(node);
    }

    TrieNode at(int from, NodeHasher hasher) {
      return same == null
          ? new TrieNode(key, from, to, value, children, hasher)
          : same.startingAt(from, hasher);
    }
  }
}
