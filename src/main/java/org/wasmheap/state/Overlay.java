package org.wasmheap.state;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The changes of one call over a state: reads see them, the state below stays as it is.
 *
 * <ul>
 *   <li>Transactions nest, over the main trie and all child tries together.
 *   <li>Keys and values are taken and given out as the arrays themselves; nobody may change them
 *       afterwards.
 *   <li>What is held is bounded: the bytes of keys and values, and a charge for each changed key,
 *       which covers what {@link #root} makes of it, for each child trie, each open transaction and
 *       what it must be able to undo. Beyond that, and only there, an {@link OverlayFullException}
 *       is thrown.
 *   <li>Keys under {@code :child_storage:} of the main trie can be read and are never written by
 *       the caller: a write to one is ignored.
 * </ul>
 *
 * <p>For one thread at a time; whoever hands it to another sees to it that all that the first did
 * happens before. Source: the Polkadot specification's host API; in corner cases Substrate's {@code
 * sp-state-machine}.
 */
public final class Overlay {
  /** Most bytes that an overlay holds if nothing else is said: {@value}. */
  public static final long DEFAULT_MOST_BYTES = 256L << 20;

  /**
   * What the changes of a child trie take besides its keys and its name, roughly, with its entry in
   * the main trie that a root makes.
   */
  private static final int CHILD_BYTES = 384;

  private static final byte[] ALL_KEYS = {};

  private final State parent;
  private final OverlayBudget budget;
  private final UndoLog undo;
  private final OverlayTrie main;

  /** By name. One that is there may be without changes, after a rollback. */
  private final NavigableMap<byte[], OverlayTrie> children = new TreeMap<>(Arrays::compareUnsigned);

  private long reads;
  private long writes;

  /** What {@link #root} computed last, with which version and at which count; none if never. */
  private @Nullable State computed;

  private @Nullable StateVersion computedVersion;
  private long computedAt;

  /**
   * An overlay without changes, which holds {@link #DEFAULT_MOST_BYTES} at most.
   *
   * @param parent the state below
   */
  public Overlay(State parent) {
    this(parent, DEFAULT_MOST_BYTES);
  }

  /**
   * An overlay without changes.
   *
   * @param parent the state below
   * @param mostBytes that it holds at most
   */
  public Overlay(State parent, long mostBytes) {
    this.parent = parent;
    this.budget = new OverlayBudget(mostBytes);
    this.undo = new UndoLog(budget);
    this.main = new OverlayTrie(parent.main(), budget, undo);
  }

  /**
   * The state below.
   *
   * @return what the overlay was made over
   */
  public State parent() {
    return parent;
  }

  /**
   * The value of a key.
   *
   * @param key of the main trie
   * @return the value, none if there is no such key; the same array at every call until it is
   *     written
   * @throws OverlayFullException if it has been appended to in transactions that are open, and
   *     there is no room for the whole
   */
  public byte @Nullable [] get(byte[] key) {
    reads++;
    return main.get(key);
  }

  /**
   * A piece of the value of a key. Of a value that was appended to, the piece alone is put together
   * and never the whole, so a list is appended to and asked for its count at the cost of both.
   *
   * @param key of the main trie
   * @param offset where the piece begins, from 0; it may lie behind the value
   * @param most bytes in the piece, from 0
   * @return the piece, none if there is no such key
   */
  public @Nullable ValuePiece read(byte[] key, long offset, int most) {
    reads++;
    return main.read(key, offset, most);
  }

  /**
   * Whether there is a key.
   *
   * @param key of the main trie
   * @return whether it has a value
   */
  public boolean exists(byte[] key) {
    reads++;
    return main.exists(key);
  }

  /**
   * The key after another.
   *
   * @param key of the main trie, or any other bytes
   * @return the first key that is greater, none if there is none
   */
  public byte @Nullable [] nextKey(byte[] key) {
    reads++;
    return main.nextKey(key);
  }

  /**
   * Sets a value.
   *
   * @param key of the main trie; one under {@code :child_storage:} is ignored
   * @param value its value from now on
   * @throws OverlayFullException if there is no room for it
   */
  public void set(byte[] key, byte[] value) {
    writes++;
    if (!ChildKeys.has(key)) {
      main.set(key, value);
    }
  }

  /**
   * Removes a key, if it is there. Where the parent state has no such key, the overlay is as if it
   * had never been set, once no open transaction can bring it back.
   *
   * @param key of the main trie; one under {@code :child_storage:} is ignored
   * @throws OverlayFullException if there is no room for the removal
   */
  public void clear(byte[] key) {
    writes++;
    if (!ChildKeys.has(key)) {
      main.clear(key);
    }
  }

  /**
   * Appends to a value that is a list: SCALE's compact count of u32, and so many elements. Only the
   * count is looked at. A key that is not there has an empty list; a value that begins with no
   * count, or with the highest that there is, is replaced by a list of one.
   *
   * <p>Costs the element's length, in the long run; the first time also the value's.
   *
   * @param key of the main trie; one under {@code :child_storage:} is ignored
   * @param scaleElement one element, encoded
   * @throws OverlayFullException if there is no room for it
   */
  public void append(byte[] key, byte[] scaleElement) {
    writes++;
    if (!ChildKeys.has(key)) {
      main.append(key, scaleElement);
    }
  }

  /**
   * Removes keys with a prefix: all that have been changed in this overlay, and of the parent
   * state's the first ones in order, up to the limit.
   *
   * @param prefix of keys of the main trie. Where it is {@code :child_storage:}, a beginning of it
   *     (the empty prefix is one) or begins with it, nothing is removed, and the answer is that of
   *     a prefix without keys
   * @param limit of the keys of the parent state, those that are removed already included; none for
   *     all of them
   * @return whether no key of the parent state was left, and how many were visited
   * @throws OverlayFullException if there is no room for the removals
   */
  public Removal clearPrefix(byte[] prefix, OptionalLong limit) {
    writes++;
    return ChildKeys.mayHave(prefix) ? new Removal(true, 0) : clear(main, prefix, limit);
  }

  /**
   * The value of a key of a child trie.
   *
   * @param child its name
   * @param key of it
   * @return the value, none if there is no such key or no such child; the same array at every call
   *     until it is written
   */
  public byte @Nullable [] childGet(byte[] child, byte[] key) {
    reads++;
    OverlayTrie trie = children.get(child);
    return trie == null ? parent.childGet(child, key) : trie.get(key);
  }

  /**
   * A piece of the value of a key of a child trie.
   *
   * @param child its name
   * @param key of it
   * @param offset where the piece begins, from 0; it may lie behind the value
   * @param most bytes in the piece, from 0
   * @return the piece, none if there is no such key or no such child
   */
  public @Nullable ValuePiece childRead(byte[] child, byte[] key, long offset, int most) {
    reads++;
    OverlayTrie trie = children.get(child);
    if (trie != null) {
      return trie.read(key, offset, most);
    }
    byte[] inherited = parent.childGet(child, key);
    return inherited == null ? null : ValuePiece.of(inherited, offset, most);
  }

  /**
   * Whether there is a key in a child trie.
   *
   * @param child its name
   * @param key of it
   * @return whether it has a value
   */
  public boolean childExists(byte[] child, byte[] key) {
    reads++;
    OverlayTrie trie = children.get(child);
    return trie == null ? parent.childGet(child, key) != null : trie.exists(key);
  }

  /**
   * The key after another in a child trie.
   *
   * @param child its name
   * @param key of it, or any other bytes
   * @return the first key that is greater, none if there is none
   */
  public byte @Nullable [] childNextKey(byte[] child, byte[] key) {
    reads++;
    OverlayTrie trie = children.get(child);
    return trie == null ? parent.childNextKey(child, key) : trie.nextKey(key);
  }

  /**
   * Sets a value in a child trie, which is there from then on.
   *
   * @param child its name
   * @param key of it
   * @param value its value from now on
   * @throws OverlayFullException if there is no room for it
   */
  public void childSet(byte[] child, byte[] key, byte[] value) {
    writes++;
    changedChild(child).set(key, value);
  }

  /**
   * Removes a key of a child trie, if it is there. A child without keys is not there.
   *
   * @param child its name
   * @param key of it
   * @throws OverlayFullException if there is no room for the removal
   */
  public void childClear(byte[] child, byte[] key) {
    writes++;
    changedChild(child).clear(key);
  }

  /**
   * Removes keys of a child trie with a prefix, as {@link #clearPrefix} does; no prefix is refused.
   *
   * @param child its name
   * @param prefix of keys of it
   * @param limit of the keys of the parent state's child, those that are removed already included;
   *     none for all of them
   * @return whether no key of the parent state's child was left, and how many were visited
   * @throws OverlayFullException if there is no room for the removals
   */
  public Removal childClearPrefix(byte[] child, byte[] prefix, OptionalLong limit) {
    writes++;
    return clear(changedChild(child), prefix, limit);
  }

  /**
   * Removes the keys of a child trie, as {@link #childClearPrefix} does with the empty prefix.
   *
   * @param child its name
   * @param limit of the keys of the parent state's child, those that are removed already included;
   *     none for all of them
   * @return whether no key of the parent state's child was left, and how many were visited
   * @throws OverlayFullException if there is no room for the removals
   */
  public Removal killChild(byte[] child, OptionalLong limit) {
    return childClearPrefix(child, ALL_KEYS, limit);
  }

  private OverlayTrie changedChild(byte[] child) {
    OverlayTrie known = children.get(child);
    if (known != null) {
      return known;
    }
    // The name is in the key of the entry as well.
    budget.take(CHILD_BYTES + 2L * child.length);
    OverlayTrie trie = new OverlayTrie(parent.child(child), budget, undo);
    children.put(child, trie);
    return trie;
  }

  private static Removal clear(OverlayTrie trie, byte[] prefix, OptionalLong limit) {
    trie.clearChanged(prefix);
    long most = limit.orElse(Long.MAX_VALUE);
    long visited = 0;
    for (Iterator<byte[]> keys = trie.backendKeys(prefix); keys.hasNext(); visited++) {
      if (visited == most) {
        return new Removal(false, visited);
      }
      trie.clear(keys.next());
    }
    return new Removal(true, visited);
  }

  /**
   * The state root with all changes, those of open transactions too. Computed once while nothing
   * changes. After any change all changes of the overlay are applied again, so the cost is in
   * proportion to all that has been changed, and not to what has been changed since the last root.
   *
   * @param version for the values that were set
   * @return a new array of 32 bytes
   * @throws OverlayFullException if values have been appended to in transactions that are open, and
   *     there is no room for the whole of them
   */
  public byte[] root(StateVersion version) {
    return computed(version).root();
  }

  private State computed(StateVersion version) {
    long changeCount = changeCount();
    State known = computed;
    if (known == null || computedVersion != version || computedAt != changeCount) {
      NodeHasher hasher = new NodeHasher();
      NavigableMap<byte[], Trie> changed = new TreeMap<>(Arrays::compareUnsigned);
      for (Map.Entry<byte[], OverlayTrie> child : children.entrySet()) {
        Trie applied = child.getValue().applied(version, hasher);
        if (applied != child.getValue().backend()) {
          changed.put(child.getKey(), applied);
        }
      }
      known = parent.with(topChanges(), changed, version, hasher);
      computed = known;
      computedVersion = version;
      computedAt = changeCount;
    }
    return known;
  }

  /** Grows with each change, undone ones included. */
  private long changeCount() {
    long count = main.changeCount();
    for (OverlayTrie child : children.values()) {
      count += child.changeCount();
    }
    return count;
  }

  /**
   * The changes of the main trie but for the roots of child tries: {@link #childRoot} puts them
   * there so that guests read what it gave them last, and the next state has them computed anew.
   */
  private List<TrieChange> topChanges() {
    List<TrieChange> changes = main.changes();
    changes.removeIf(change -> ChildKeys.has(change.key));
    return changes;
  }

  /**
   * The root of a child trie with all changes. It becomes the value under the child's key in the
   * main trie, or that key is removed if the child has no keys.
   *
   * @param child its name
   * @param version for the values that were set
   * @return a new array of 32 bytes; the root of the empty trie if there is no such child
   * @throws OverlayFullException if there is no room for it
   */
  public byte[] childRoot(byte[] child, StateVersion version) {
    OverlayTrie trie = children.get(child);
    if (trie == null) {
      return parent.childRoot(child);
    }
    Trie applied = trie.applied(version, new NodeHasher());
    byte[] key = ChildKeys.of(child);
    byte[] entry = applied == trie.backend() ? parent.get(key) : entryOf(applied);
    if (entry == null) {
      main.clear(key);
    } else if (!Arrays.equals(main.get(key), entry)) {
      main.set(key, entry);
    }
    return applied.root().clone();
  }

  /** What the main trie holds of a child trie that has changed. */
  private static byte @Nullable [] entryOf(Trie child) {
    return child.top() == null ? null : child.root();
  }

  /**
   * What {@link #root} gave last.
   *
   * @return a new array of 32 bytes, none if the root was never asked for
   */
  public byte @Nullable [] lastRoot() {
    return computed == null ? null : computed.root();
  }

  /**
   * Starts a transaction, inside the innermost that is open.
   *
   * @throws OverlayFullException if there is no room for one more
   */
  public void startTransaction() {
    undo.start();
  }

  /**
   * Ends the innermost transaction; its changes become those of the one around it.
   *
   * @throws IllegalStateException if none is open
   */
  public void commitTransaction() {
    undo.commit();
  }

  /**
   * Ends the innermost transaction; its changes are undone.
   *
   * @throws IllegalStateException if none is open
   */
  public void rollbackTransaction() {
    undo.rollback();
  }

  /**
   * How many transactions are open.
   *
   * @return their number
   */
  public int openTransactions() {
    return undo.open();
  }

  /**
   * Rolls back all transactions that are open, as at the end of a call.
   *
   * @return how many there were
   */
  public int rollBackOpen() {
    int count = undo.open();
    while (undo.open() > 0) {
      undo.rollback();
    }
    return count;
  }

  /**
   * What has been changed. Never too much to be given, as no transaction is open.
   *
   * @return a value of its own; later changes of this overlay are not in it
   * @throws IllegalStateException if a transaction is open
   */
  public StateChanges changes() {
    requireNoneOpen();
    NavigableMap<byte[], List<TrieChange>> ofChildren = new TreeMap<>(Arrays::compareUnsigned);
    children.forEach(
        (name, child) -> {
          if (child.hasChanges()) {
            ofChildren.put(name, child.changes());
          }
        });
    return new StateChanges(new ArrayList<>(topChanges()), ofChildren);
  }

  /**
   * The state with all changes: that whose root {@link #root} gave last, if nothing has changed
   * since; else computed with the version of that call.
   *
   * @param otherwise the version if {@link #root} was never called
   * @return the state
   * @throws IllegalStateException if a transaction is open
   */
  public State next(StateVersion otherwise) {
    requireNoneOpen();
    return computed(computedVersion == null ? otherwise : computedVersion);
  }

  /** How many bytes are held, of those that it may hold at most. */
  long heldBytes() {
    return budget.heldBytes();
  }

  private void requireNoneOpen() {
    if (undo.open() > 0) {
      throw new IllegalStateException(undo.open() + " transactions are open");
    }
  }

  /**
   * How many operations have read: values, pieces of them, existence, next keys.
   *
   * @return their number, over all tries
   */
  public long reads() {
    return reads;
  }

  /**
   * How many operations have written: values set, appended to, removed; a removal by prefix is one.
   *
   * @return their number, over all tries; ignored ones included
   */
  public long writes() {
    return writes;
  }

  /**
   * What became of a removal by prefix.
   *
   * @param all whether no key of the parent state with the prefix was left unvisited
   * @param visited how many keys of the parent state with the prefix were visited, those removed
   *     before included
   */
  public record Removal(boolean all, long visited) {}
}
