package org.wasmheap.state;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the open transactions of an overlay have changed, over all of its tries: for each change
 * what was there before, in order, with a mark where each transaction began.
 *
 * <p>A transaction records a key once, at its first change. Starting one costs nothing; rolling one
 * back costs its records; committing one into another costs the smaller number of records of the
 * two at most, so that nesting deeply is no way of keeping a host busy.
 *
 * <p>One thread.
 */
final class UndoLog {
  /** What a record takes, roughly; what it keeps of the past stays charged as it was. */
  static final int RECORD_BYTES = 64;

  /** Charged for an open transaction. */
  private static final int MARK_BYTES = 16;

  private final OverlayBudget budget;
  private final List<Change> records = new ArrayList<>();

  /** For each open transaction, the index of its first record. */
  private int[] marks = {};

  private int open;

  UndoLog(OverlayBudget budget) {
    this.budget = budget;
  }

  int open() {
    return open;
  }

  void start() {
    budget.take(MARK_BYTES);
    if (open == marks.length) {
      marks = Arrays.copyOf(marks, Math.max(4, 2 * open));
    }
    marks[open] = records.size();
    open++;
  }

  /** Whether a slot's content must be recorded before it is changed. */
  boolean mustRecord(Slot slot) {
    Change last = slot.last;
    return open > 0 && (last == null || last.index < marks[open - 1]);
  }

  /**
   * Records what a slot holds before it is changed. The caller has taken {@link #RECORD_BYTES}.
   *
   * @param before none if the slot is new
   */
  void record(Slot slot, @Nullable Content before) {
    Change record = new Change(slot, before, records.size());
    records.add(record);
    slot.last = record;
  }

  /**
   * Ends the innermost transaction and keeps its changes.
   *
   * @throws IllegalStateException if none is open
   */
  void commit() {
    int begin = close();
    if (open == 0) {
      forgetAll();
      return;
    }
    int outerBegin = marks[open - 1];
    if (records.size() - begin <= begin - outerBegin) {
      forgetWhatIsRecordedSince(outerBegin, begin);
    }
    // Else some keys may be recorded twice, fewer than the outer transaction has records: right all
    // the same, as records are undone from the last to the first.
  }

  /**
   * Ends the innermost transaction and undoes its changes.
   *
   * @throws IllegalStateException if none is open
   */
  void rollback() {
    int begin = close();
    for (int i = records.size() - 1; i >= begin; i--) {
      undo(records.remove(i));
    }
  }

  private int close() {
    if (open == 0) {
      throw new IllegalStateException("no transaction is open");
    }
    open--;
    budget.giveBack(MARK_BYTES);
    return marks[open];
  }

  private void undo(Change record) {
    Slot slot = record.slot;
    slot.content.release(budget);
    slot.last = record.previous;
    if (record.before == null) {
      slot.home.remove(slot);
    } else {
      slot.content = record.before;
      slot.home.changed();
    }
    budget.giveBack(RECORD_BYTES);
  }

  private void forgetAll() {
    for (Change record : records) {
      Slot slot = record.slot;
      forget(record);
      // A slot may have several records, and is settled once.
      if (slot.last != null) {
        slot.last = null;
        slot.home.settle(slot);
      }
    }
    records.clear();
  }

  /** Of the records from {@code begin} on, those of keys with an earlier one of the transaction. */
  private void forgetWhatIsRecordedSince(int outerBegin, int begin) {
    List<Change> inner = records.subList(begin, records.size());
    List<Change> kept = new ArrayList<>(inner.size());
    // Backwards, so that a slot's last record is always one that is still there.
    for (int i = inner.size() - 1; i >= 0; i--) {
      Change record = inner.get(i);
      Change previous = record.previous;
      if (previous == null || previous.index < outerBegin) {
        kept.add(record);
      } else {
        record.slot.last = previous;
        forget(record);
      }
    }
    inner.clear();
    for (int i = kept.size() - 1; i >= 0; i--) {
      kept.get(i).index = records.size();
      records.add(kept.get(i));
    }
  }

  private void forget(Change record) {
    if (record.before != null) {
      record.before.release(budget);
    }
    budget.giveBack(RECORD_BYTES);
  }

  /** A key that has been changed, with what it holds now. */
  static final class Slot {
    final byte[] key;
    Content content;
    private final Home home;

    /** The last record of it that is still in the log. */
    private @Nullable Change last;

    Slot(byte[] key, Content content, Home home) {
      this.key = key;
      this.content = content;
      this.home = home;
    }
  }

  /** Where slots are. */
  interface Home {
    /** A slot's making is undone; its content is released already. */
    void remove(Slot slot);

    /** What a slot holds cannot be undone any more, and no transaction is open. */
    void settle(Slot slot);

    /** A change of a slot is undone. */
    void changed();
  }

  /** What a slot held before a change. */
  private static final class Change {
    private final Slot slot;

    /** None if there was no slot. */
    private final @Nullable Content before;

    /** The slot's record before this one. */
    private final @Nullable Change previous;

    /** Where this is in the log. */
    private int index;

    Change(Slot slot, @Nullable Content before, int index) {
      this.slot = slot;
      this.before = before;
      this.previous = slot.last;
      this.index = index;
    }
  }
}
