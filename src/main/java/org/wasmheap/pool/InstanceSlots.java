package org.wasmheap.pool;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.wasmheap.heap.HeapView;
import org.wasmheap.text.Printable;

/**
 * The registry of all instance slots of a pool: of workers, of threads that were given up, and
 * nested ones. Statistics, trimming and the wait for readiness look here, and nowhere else.
 *
 * <p>A slot is entered when it is made, and stays until it is closed. To give up its thread changes
 * a mark in the slot and nothing here, so it takes no memory.
 */
final class InstanceSlots<G> implements InstanceSlot.Home<G> {
  /** See {@link FullJavaHeap}: every wait looks for itself from time to time. */
  private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** Characters of the pool's name in its heaps' names, so that their numbers are never cut off. */
  private static final int MAX_POOL_NAME = 64;

  private final PoolSettings<G> settings;
  private final Counters counters;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  /** Numbers the heaps; each number is taken atomically, and nothing depends on the order. */
  private final AtomicLong heaps = new AtomicLong();

  // Both: guarded by the lock.
  private final List<Entry<G>> entries = new ArrayList<>();
  private final long[] retired = new long[CallTimes.FIGURES];

  /** A slot, and how its heap was when it was last looked at for spare memory. */
  private static final class Entry<G> {
    private final InstanceSlot<G> slot;

    // All below: the watchdog's alone. A heap that had a call has another generation, so that to be
    // seen as used costs a call nothing.
    private @Nullable HeapView heap;
    private long generation;
    private long sinceNanos;
    private boolean trimmed;

    Entry(InstanceSlot<G> slot) {
      this.slot = slot;
    }

    /** Takes spare memory from the heap if it has had no call for so long. */
    void trimIfIdle(long now, long idleNanos) {
      HeapView own = slot.view();
      if (own == null || own != heap || own.generation() != generation) {
        heap = own;
        generation = own == null ? 0 : own.generation();
        sinceNanos = now;
        trimmed = false;
      } else if (!trimmed && now - sinceNanos >= idleNanos) {
        own.memory().trim();
        trimmed = true;
      }
    }
  }

  InstanceSlots(PoolSettings<G> settings, Counters counters) {
    this.settings = settings;
    this.counters = counters;
  }

  /** See {@link FullJavaHeap#prime}. */
  void prime() {
    FullJavaHeap.prime(lock);
  }

  /** A new slot, empty. */
  InstanceSlot<G> open(boolean ofWorker) {
    InstanceSlot<G> slot = new InstanceSlot<>(settings, counters, this, ofWorker);
    Entry<G> entry = new Entry<>(slot);
    lock.lock();
    try {
      entries.add(entry);
    } finally {
      lock.unlock();
    }
    return slot;
  }

  @Override
  public String nextHeapName() {
    return Printable.cut(settings.name(), MAX_POOL_NAME) + "/" + heaps.incrementAndGet();
  }

  @Override
  public void changed() {
    lock.lock();
    try {
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** {@inheritDoc} Nothing if that was said before. Takes no memory. */
  @Override
  public void closed(InstanceSlot<G> slot) {
    lock.lock();
    try {
      for (int i = 0; i < entries.size(); i++) {
        if (entries.get(i).slot == slot) {
          slot.times().addTo(retired);
          entries.remove(i);
          return;
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /** Waits until so many workers have an instance; {@code false} when the time is over first. */
  boolean awaitReady(int wanted, long untilNanos) throws InterruptedException {
    lock.lock();
    try {
      long left = untilNanos - System.nanoTime();
      while (left > 0 && ready() < wanted) {
        long pause = Math.min(left, LOOK_NANOS);
        left -= pause - changed.awaitNanos(pause);
      }
      return ready() >= wanted;
    } finally {
      lock.unlock();
    }
  }

  /** How many workers are ready for a call, or in one. In the lock. */
  private int ready() {
    int ready = 0;
    for (int i = 0; i < entries.size(); i++) {
      InstanceSlot<G> slot = entries.get(i).slot;
      ready += slot.isOfWorker() && !slot.isAbandoned() && slot.view() != null ? 1 : 0;
    }
    return ready;
  }

  /** How many workers are ready for a call, or in one. */
  int readyWorkers() {
    lock.lock();
    try {
      return ready();
    } finally {
      lock.unlock();
    }
  }

  /** How many threads were given up and have not come back. */
  int abandoned() {
    lock.lock();
    try {
      int abandoned = 0;
      for (int i = 0; i < entries.size(); i++) {
        abandoned += entries.get(i).slot.isAbandoned() ? 1 : 0;
      }
      return abandoned;
    } finally {
      lock.unlock();
    }
  }

  /** What calls took on all slots, those included that are closed. */
  CallTimes.Figures times() {
    long[] sums = new long[CallTimes.FIGURES]; // Outside the lock: memory that is short takes time.
    lock.lock();
    try {
      for (int i = 0; i < sums.length; i++) {
        sums[i] = retired[i];
      }
      for (int i = 0; i < entries.size(); i++) {
        entries.get(i).slot.times().addTo(sums);
      }
    } finally {
      lock.unlock();
    }
    return CallTimes.Figures.of(sums);
  }

  /** All slots, of this moment. */
  List<InstanceSlot<G>> all() {
    List<InstanceSlot<G>> all = new ArrayList<>(size() + 1); // Outside the lock, as above.
    lock.lock();
    try {
      for (int i = 0; i < entries.size(); i++) {
        all.add(entries.get(i).slot);
      }
    } finally {
      lock.unlock();
    }
    return all;
  }

  private int size() {
    lock.lock();
    try {
      return entries.size();
    } finally {
      lock.unlock();
    }
  }

  /** Takes the spare memory of all heaps, also in use; how many bytes. */
  long trim() {
    long bytes = 0;
    for (InstanceSlot<G> slot : all()) {
      HeapView heap = slot.view();
      bytes += heap == null ? 0 : heap.memory().trim();
    }
    return bytes;
  }

  /**
   * Takes spare memory from heaps that have had no call for a while; for the watchdog alone. A heap
   * is not entered, so its worker may begin a call at any moment. Nor is the lock held: a memory
   * may be an embedder's own.
   */
  void trimIdle(long now) {
    int at = 0;
    for (Entry<G> entry = entry(at); entry != null; entry = entry(++at)) {
      entry.trimIfIdle(now, settings.idleNanos());
    }
  }

  /** Reports and interrupts the making of instances that takes too long; for the watchdog alone. */
  void lookAtMakings(long now) {
    int at = 0;
    for (Entry<G> entry = entry(at); entry != null; entry = entry(++at)) {
      entry.slot.making().look(now);
    }
  }

  private @Nullable Entry<G> entry(int at) {
    lock.lock();
    try {
      return at < entries.size() ? entries.get(at) : null;
    } finally {
      lock.unlock();
    }
  }
}
