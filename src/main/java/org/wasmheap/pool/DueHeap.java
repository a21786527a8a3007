package org.wasmheap.pool;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Calls by the time when they must be looked at, the earliest first: a binary heap in an array.
 *
 * <p>To see the first costs nothing, however many there are; to come and to leave costs one or two
 * comparisons for each level, of which there are 20 for a million. Each entry knows its place, so
 * any can leave. The time of an entry must not change while it is here.
 *
 * <p>Only {@link #reserve} takes memory ({@link FullJavaHeap}); what it took is kept. Guarded by
 * the queue's lock.
 */
final class DueHeap<T extends DueHeap.Entry> {
  private static final int FIRST_ROOM = 64;

  /** The place of what stands in no heap. */
  static final int NOWHERE = -1;

  /** The entry at place n is due no later than those at 2n + 1 and 2n + 2. */
  private @Nullable Entry[] entries = new @Nullable Entry[FIRST_ROOM];

  private int size;

  /** What a heap can hold. */
  interface Entry {
    /** When it must be looked at, nanoTime. */
    long wakeNanos();

    /** Where it stands, as it was last told; {@link #NOWHERE} at first. */
    int place();

    /** From here on it stands there. */
    void moveTo(int place);
  }

  /** The earliest; {@code null} if there is none. */
  @Nullable T first() {
    return size == 0 ? null : at(0);
  }

  /** Only what {@link #add} was given comes out. */
  @SuppressWarnings("unchecked")
  private T at(int place) {
    Entry entry = entries[place];
    if (entry == null) {
      throw new IllegalStateException("nothing stands at place " + place);
    }
    return (T) entry;
  }

  /** Makes sure that there is room for one more. If that fails, nothing has changed. */
  void reserve() {
    if (size == entries.length) {
      entries = Arrays.copyOf(entries, 2 * size);
    }
  }

  /** Takes an entry in, for which room was {@linkplain #reserve reserved}. */
  void add(T entry) {
    size++;
    rise(entry, size - 1);
  }

  /** Lets an entry out that stands here. */
  void remove(T entry) {
    int hole = entry.place();
    if (hole < 0 || hole >= size || entries[hole] != entry) {
      throw new IllegalStateException("it does not stand in this heap");
    }
    size--;
    T last = at(size);
    entries[size] = null;
    entry.moveTo(NOWHERE);
    if (last != entry) {
      rise(last, sink(hole));
    }
  }

  /** Lets all out. */
  void clear() {
    for (int place = 0; place < size; place++) {
      at(place).moveTo(NOWHERE);
      entries[place] = null;
    }
    size = 0;
  }

  /**
   * Moves the earlier child up into each hole from this one on; the last hole, where the entry that
   * fills it mostly belongs, since it comes from the end.
   */
  private int sink(int from) {
    int hole = from;
    for (int child = 2 * hole + 1; child < size; child = 2 * hole + 1) {
      int earlier = child + 1 < size && isBefore(at(child + 1), at(child)) ? child + 1 : child;
      put(at(earlier), hole);
      hole = earlier;
    }
    return hole;
  }

  /** Puts an entry at a free place or above it, where nothing later stands over it. */
  private void rise(T entry, int from) {
    int place = from;
    while (place > 0 && isBefore(entry, at((place - 1) / 2))) {
      put(at((place - 1) / 2), place);
      place = (place - 1) / 2;
    }
    put(entry, place);
  }

  private void put(T entry, int place) {
    entries[place] = entry;
    entry.moveTo(place);
  }

  /** By difference, as the clock may run over. */
  private boolean isBefore(T one, T other) {
    return one.wakeNanos() - other.wakeNanos() < 0;
  }
}
