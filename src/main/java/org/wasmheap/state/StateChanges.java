package org.wasmheap.state;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What a call changed: for each key of the main trie and of child tries a value or its removal.
 * Immutable, any thread. Roots of child tries are no changes of the main trie here; {@link
 * State#with} computes them.
 */
public final class StateChanges {
  /** By ascending keys. */
  private final List<TrieChange> top;

  /** By ascending names; each one's changes by ascending keys. */
  private final NavigableMap<byte[], List<TrieChange>> children;

  StateChanges(List<TrieChange> top, NavigableMap<byte[], List<TrieChange>> children) {
    this.top = List.copyOf(top);
    NavigableMap<byte[], List<TrieChange>> copy = new TreeMap<>(Arrays::compareUnsigned);
    children.forEach((name, changes) -> copy.put(name, List.copyOf(changes)));
    this.children = Collections.unmodifiableNavigableMap(copy);
  }

  /**
   * How many keys are changed, over all tries.
   *
   * @return the number, removals included
   */
  public int size() {
    return top.size() + children.values().stream().mapToInt(List::size).sum();
  }

  /**
   * The changes of the main trie.
   *
   * @return a new map by ascending keys: a value, or none where the key is removed. The arrays are
   *     not for changing
   */
  public NavigableMap<byte[], Optional<byte[]>> top() {
    return asMap(top);
  }

  /**
   * The names of the child tries that are changed.
   *
   * @return a new list, ascending; the arrays are not for changing
   */
  public List<byte[]> children() {
    return new ArrayList<>(children.keySet());
  }

  /**
   * The changes of a child trie.
   *
   * @param child its name, without the prefix
   * @return as {@link #top}; empty if nothing of it is changed
   */
  public NavigableMap<byte[], Optional<byte[]>> child(byte[] child) {
    return asMap(children.getOrDefault(child, List.of()));
  }

  List<TrieChange> topChanges() {
    return top;
  }

  NavigableMap<byte[], List<TrieChange>> childChanges() {
    return children;
  }

  private static NavigableMap<byte[], Optional<byte[]>> asMap(List<TrieChange> changes) {
    NavigableMap<byte[], Optional<byte[]>> map = new TreeMap<>(Arrays::compareUnsigned);
    changes.forEach(change -> map.put(change.key, Optional.ofNullable(change.value)));
    return map;
  }
}
