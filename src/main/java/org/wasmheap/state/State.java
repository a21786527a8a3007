package org.wasmheap.state;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A chain's state after one block: its main trie, its child tries and its root.
 *
 * <ul>
 *   <li>Immutable: any number of threads may read it and derive states from it at once.
 *   <li>{@link #with} makes the next state, which shares all nodes but the changed ones; its root
 *       is computed in the making, and costs what the changes touch.
 *   <li>Keys and values are given out as the arrays themselves, and taken as such: they are never
 *       to be changed. A value is the same array at every call, also in later states, until it is
 *       set anew.
 * </ul>
 *
 * <p>Keys are ordered by their unsigned bytes, a prefix before what it begins. A child trie is
 * named without the prefix {@code :child_storage:default:}, under which its root stands in the main
 * trie; one without keys is not there.
 */
public final class State {
  private static final State EMPTY = new State(Trie.EMPTY);

  private final Trie main;

  private State(Trie main) {
    this.main = main;
  }

  /**
   * The state without keys.
   *
   * @return it
   * @throws IllegalStateException if Bouncy Castle is missing
   */
  public static State empty() {
    OptionalParts.require();
    return EMPTY;
  }

  /**
   * A state from maps.
   *
   * <p>The contents of child tries are the truth: their roots are computed, and replace what {@code
   * top} says under their keys, if anything. What {@code top} says of child tries that are not
   * given stays, as a value like any other, until a later state gives that child contents.
   *
   * @param top keys and values of the main trie, ordered by {@code Arrays::compareUnsigned}
   * @param children keys and values of each child trie by its name, ordered in the same way
   * @param version for all values
   * @return the state
   * @throws IllegalArgumentException if a key has more than 2^30 - 2 bytes
   * @throws IllegalStateException if Bouncy Castle is missing
   */
  public static State of(
      NavigableMap<byte[], byte[]> top,
      NavigableMap<byte[], ? extends NavigableMap<byte[], byte[]>> children,
      StateVersion version) {
    OptionalParts.require();
    NodeHasher hasher = new NodeHasher();
    NavigableMap<byte[], TrieChange> all = new TreeMap<>(Arrays::compareUnsigned);
    top.forEach((key, value) -> all.put(key, new TrieChange(key, value)));
    children.forEach(
        (name, content) -> {
          Trie child = Trie.EMPTY.with(changes(content), version, hasher);
          TrieChange root = rootOf(name, child);
          all.put(root.key, root);
        });
    TrieChange[] sorted = all.values().toArray(new TrieChange[0]);
    return new State(Trie.EMPTY.with(sorted, version, hasher));
  }

  private static TrieChange[] changes(NavigableMap<byte[], byte[]> content) {
    return content.entrySet().stream()
        .sorted(Map.Entry.comparingByKey(Arrays::compareUnsigned))
        .map(entry -> new TrieChange(entry.getKey(), entry.getValue()))
        .toArray(TrieChange[]::new);
  }

  /** What the main trie holds of a child trie: its root, or nothing if it has no keys. */
  private static TrieChange rootOf(byte[] child, Trie trie) {
    TrieNode top = trie.top();
    return new TrieChange(ChildKeys.of(child), top == null ? null : trie.root(), top);
  }

  /**
   * The value of a key.
   *
   * @param key of the main trie
   * @return the value, none if there is no such key
   */
  public byte @Nullable [] get(byte[] key) {
    return valueOf(main, key);
  }

  /**
   * The key after another.
   *
   * @param key of the main trie, or any other bytes
   * @return the first key that is greater, none if there is none
   */
  public byte @Nullable [] nextKey(byte[] key) {
    return main.nextKey(key);
  }

  /**
   * Keys with a prefix.
   *
   * @param prefix of keys of the main trie; the empty one is that of all
   * @return the keys, ascending, each found when it is asked for
   */
  public Iterator<byte[]> keys(byte[] prefix) {
    return main.keys(prefix);
  }

  /**
   * The value of a key of a child trie.
   *
   * @param child its name
   * @param key of it
   * @return the value, none if there is no such key or no such child
   */
  public byte @Nullable [] childGet(byte[] child, byte[] key) {
    return valueOf(child(child), key);
  }

  /**
   * The key after another in a child trie.
   *
   * @param child its name
   * @param key of it, or any other bytes
   * @return the first key that is greater, none if there is none
   */
  public byte @Nullable [] childNextKey(byte[] child, byte[] key) {
    return child(child).nextKey(key);
  }

  /**
   * Keys of a child trie with a prefix.
   *
   * @param child its name
   * @param prefix of keys of it; the empty one is that of all
   * @return the keys, ascending, each found when it is asked for
   */
  public Iterator<byte[]> childKeys(byte[] child, byte[] prefix) {
    return child(child).keys(prefix);
  }

  /**
   * The state root.
   *
   * @return a new array of 32 bytes
   */
  public byte[] root() {
    return main.root().clone();
  }

  /**
   * The root of a child trie.
   *
   * @param child its name
   * @return a new array of 32 bytes; the root of the empty trie if there is no such child
   */
  public byte[] childRoot(byte[] child) {
    return child(child).root().clone();
  }

  /**
   * The state after changes.
   *
   * @param changes what to set and to remove
   * @param version for the values that are set; values in nodes that change for other reasons keep
   *     their kind
   * @return the state, with its root
   */
  public State with(StateChanges changes, StateVersion version) {
    NodeHasher hasher = new NodeHasher();
    NavigableMap<byte[], Trie> children = new TreeMap<>(Arrays::compareUnsigned);
    changes
        .childChanges()
        .forEach(
            (name, ofChild) -> {
              Trie before = child(name);
              Trie after = before.with(TrieChange.array(ofChild), version, hasher);
              if (after != before) {
                children.put(name, after);
              }
            });
    return with(changes.topChanges(), children, version, hasher);
  }

  /**
   * The state after changes of the main trie, and with child tries that have changed.
   *
   * @param top by ascending keys, without keys of child tries' roots
   */
  State with(
      List<TrieChange> top,
      NavigableMap<byte[], Trie> children,
      StateVersion version,
      NodeHasher hasher) {
    List<TrieChange> all = new ArrayList<>(top);
    children.forEach((name, child) -> all.add(rootOf(name, child)));
    if (!children.isEmpty()) {
      all.sort((one, other) -> Arrays.compareUnsigned(one.key, other.key));
    }
    Trie changed = main.with(TrieChange.array(all), version, hasher);
    return changed == main ? this : new State(changed);
  }

  Trie main() {
    return main;
  }

  /** A child trie, the empty trie if there is no such child. */
  Trie child(byte[] child) {
    TrieNode.Value value = main.find(ChildKeys.of(child));
    return value == null || value.child == null ? Trie.EMPTY : new Trie(value.child, value.bytes);
  }

  private static byte @Nullable [] valueOf(Trie trie, byte[] key) {
    TrieNode.Value value = trie.find(key);
    return value == null ? null : value.bytes;
  }
}
