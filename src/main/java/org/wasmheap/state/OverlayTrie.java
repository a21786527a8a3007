package org.wasmheap.state;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The changes of one trie, main or child, over the trie of the parent state. One thread. */
final class OverlayTrie implements UndoLog.Home {
  /**
   * What the entry of a key takes besides the key's bytes, roughly: 128 in the overlay, and 256 for
   * what a root makes of it, which is a node and its share of the nodes above. Of keys and values a
   * root keeps the arrays themselves.
   */
  private static final int SLOT_BYTES = 128 + 256;

  private final Trie backend;
  private final OverlayBudget budget;
  private final UndoLog undo;
  private final NavigableMap<byte[], UndoLog.Slot> slots = new TreeMap<>(Arrays::compareUnsigned);

  /** Counts changes, undone ones as well. */
  private long changeCount;

  /** What was computed last, with which version and at which count; none if nothing was. */
  private @Nullable Trie applied;

  private @Nullable StateVersion appliedVersion;
  private long appliedAt;

  OverlayTrie(Trie backend, OverlayBudget budget, UndoLog undo) {
    this.backend = backend;
    this.budget = budget;
    this.undo = undo;
  }

  byte @Nullable [] get(byte[] key) {
    UndoLog.Slot slot = slots.get(key);
    return slot == null ? inherited(key) : slot.content.bytes(budget);
  }

  @Nullable ValuePiece read(byte[] key, long offset, int most) {
    UndoLog.Slot slot = slots.get(key);
    if (slot != null) {
      return slot.content.piece(offset, most);
    }
    byte[] inherited = inherited(key);
    return inherited == null ? null : ValuePiece.of(inherited, offset, most);
  }

  boolean exists(byte[] key) {
    UndoLog.Slot slot = slots.get(key);
    return slot == null ? backend.find(key) != null : !slot.content.isRemoval();
  }

  private byte @Nullable [] inherited(byte[] key) {
    TrieNode.Value value = backend.find(key);
    return value == null ? null : value.bytes;
  }

  byte @Nullable [] nextKey(byte[] key) {
    byte[] inherited = backend.nextKey(key);
    for (UndoLog.Slot slot : slots.tailMap(key, false).values()) {
      int order = inherited == null ? 1 : Arrays.compareUnsigned(inherited, slot.key);
      if (order < 0) {
        return inherited;
      }
      if (!slot.content.isRemoval()) {
        return slot.key;
      }
      if (inherited != null && order == 0) {
        inherited = backend.nextKey(inherited);
      }
    }
    return inherited;
  }

  void set(byte[] key, byte[] value) {
    change(slots.get(key), key, value);
  }

  /** Nothing changes if the key is not there. */
  void clear(byte[] key) {
    UndoLog.Slot slot = slots.get(key);
    if (slot != null && isForgotten(slot)) {
      slots.remove(key);
      release(slot);
    } else if (slot == null ? backend.find(key) != null : !slot.content.isRemoval()) {
      change(slot, key, null);
    }
  }

  /**
   * Whether a slot goes with its value, so that keys that come and go fill no overlay: nothing can
   * bring the value back, and there is none below that a removal would hide.
   */
  private boolean isForgotten(UndoLog.Slot slot) {
    return undo.open() == 0 && backend.find(slot.key) == null;
  }

  /** A slot that nobody can reach any more. */
  private void release(UndoLog.Slot slot) {
    slot.content.release(budget);
    giveBackSlot(slot);
  }

  private void giveBackSlot(UndoLog.Slot slot) {
    budget.giveBack(SLOT_BYTES + (long) slot.key.length);
    changeCount++;
  }

  private void change(UndoLog.@Nullable Slot slot, byte[] key, byte @Nullable [] value) {
    budget.take(bytesBesidesContent(slot, key) + Content.bytesOf(value));
    put(slot, key, Content.of(value));
  }

  void append(byte[] key, byte[] element) {
    UndoLog.Slot slot = slots.get(key);
    long bytes = bytesBesidesContent(slot, key);
    budget.take(bytes);
    try {
      put(slot, key, appended(slot, key, element));
    } catch (OverlayFullException e) {
      budget.giveBack(bytes);
      throw e;
    }
  }

  private Content appended(UndoLog.@Nullable Slot slot, byte[] key, byte[] element) {
    if (slot != null) {
      return slot.content.append(element, budget);
    }
    byte[] inherited = inherited(key);
    return Content.appendTo(inherited == null ? new byte[0] : inherited, element, budget);
  }

  private long bytesBesidesContent(UndoLog.@Nullable Slot slot, byte[] key) {
    if (slot == null) {
      return SLOT_BYTES + key.length + (undo.open() > 0 ? UndoLog.RECORD_BYTES : 0L);
    }
    return undo.mustRecord(slot) ? UndoLog.RECORD_BYTES : 0;
  }

  /** Puts a content in its place; the budget has given all that this takes. */
  private void put(UndoLog.@Nullable Slot slot, byte[] key, Content content) {
    changeCount++;
    if (slot == null) {
      UndoLog.Slot added = new UndoLog.Slot(key, content, this);
      slots.put(key, added);
      if (undo.open() > 0) {
        undo.record(added, null);
      }
      return;
    }
    if (undo.mustRecord(slot)) {
      undo.record(slot, slot.content);
    } else {
      slot.content.release(budget);
    }
    slot.content = content;
  }

  /** Removes all keys with a prefix that have been changed. */
  void clearChanged(byte[] prefix) {
    Iterator<UndoLog.Slot> changed = slots.tailMap(prefix, true).values().iterator();
    while (changed.hasNext()) {
      UndoLog.Slot slot = changed.next();
      if (!ChildKeys.startsWith(slot.key, prefix)) {
        return;
      }
      if (isForgotten(slot)) {
        changed.remove();
        release(slot);
      } else if (!slot.content.isRemoval()) {
        change(slot, slot.key, null);
      }
    }
  }

  /** The parent state's keys with a prefix, whatever became of them. */
  Iterator<byte[]> backendKeys(byte[] prefix) {
    return backend.keys(prefix);
  }

  /** The trie below. */
  Trie backend() {
    return backend;
  }

  boolean hasChanges() {
    return !slots.isEmpty();
  }

  long changeCount() {
    return changeCount;
  }

  /** All changes, by ascending keys. */
  List<TrieChange> changes() {
    List<TrieChange> changes = new ArrayList<>(slots.size());
    for (UndoLog.Slot slot : slots.values()) {
      changes.add(new TrieChange(slot.key, slot.content.bytes(budget)));
    }
    return changes;
  }

  /**
   * The trie with all changes, the backend if they change nothing; computed once until a change.
   */
  Trie applied(StateVersion version, NodeHasher hasher) {
    Trie known = applied;
    if (known == null || appliedVersion != version || appliedAt != changeCount) {
      known = backend.with(TrieChange.array(changes()), version, hasher);
      applied = known;
      appliedVersion = version;
      appliedAt = changeCount;
    }
    return known;
  }

  @Override
  public void remove(UndoLog.Slot slot) {
    slots.remove(slot.key);
    giveBackSlot(slot);
  }

  @Override
  public void settle(UndoLog.Slot slot) {
    if (slot.content.isRemoval() && isForgotten(slot)) {
      slots.remove(slot.key);
      release(slot);
    }
  }

  @Override
  public void changed() {
    changeCount++;
  }
}
