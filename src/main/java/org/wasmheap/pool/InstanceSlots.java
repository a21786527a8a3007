package org.wasmheap.pool;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;
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

  // All: guarded by the lock.
  private final List<InstanceSlot<G>> slots = new ArrayList<>();
  private final long[] retired = new long[CallTimes.FIGURES];
  private @Nullable Throwable lastFailure;
  private long lastFailureNanos;
  private int failuresInARow;

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
    lock.lock();
    try {
      slots.add(slot);
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
      for (int i = 0; i < slots.size(); i++) {
        if (slots.get(i) == slot) {
          slot.times().addTo(retired);
          slots.remove(i);
          return;
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /** Waits until so many workers have an instance, or the time is over; tells how many have. */
  int awaitReady(IntSupplier wanted, long untilNanos) throws InterruptedException {
    lock.lock();
    try {
      long left = untilNanos - System.nanoTime();
      while (left > 0 && ready() < wanted.getAsInt()) {
        long pause = Math.min(left, LOOK_NANOS);
        left -= pause - changed.awaitNanos(pause);
      }
      return ready();
    } finally {
      lock.unlock();
    }
  }

  /** How many workers are ready for a call, or in one. In the lock. */
  private int ready() {
    int ready = 0;
    for (int i = 0; i < slots.size(); i++) {
      InstanceSlot<G> slot = slots.get(i);
      ready += slot.isOfWorker() && !slot.isAbandoned() && slot.view() != null ? 1 : 0;
    }
    return ready;
  }

  /** How many threads were given up and have not come back. */
  int abandoned() {
    lock.lock();
    try {
      int abandoned = 0;
      for (int i = 0; i < slots.size(); i++) {
        abandoned += slots.get(i).isAbandoned() ? 1 : 0;
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
      for (int i = 0; i < slots.size(); i++) {
        slots.get(i).times().addTo(sums);
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
      for (int i = 0; i < slots.size(); i++) {
        all.add(slots.get(i));
      }
    } finally {
      lock.unlock();
    }
    return all;
  }

  private int size() {
    lock.lock();
    try {
      return slots.size();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Takes memory that is kept for later and was not used for so long, from all slots, also in use;
   * how many bytes. A heap is not entered, so its worker may begin a call at any moment. Nor is the
   * lock held: a memory may be an embedder's own.
   */
  long trim(Duration unusedFor) {
    long bytes = 0;
    for (int at = size() - 1; at >= 0; at--) {
      InstanceSlot<G> slot = slot(at);
      bytes += slot == null ? 0 : slot.trim(unusedFor);
    }
    return bytes;
  }

  /** How many bytes {@link #trim} would take from all slots, with no regard to age. */
  long spareBytes() {
    long bytes = 0;
    for (int at = size() - 1; at >= 0; at--) {
      InstanceSlot<G> slot = slot(at);
      bytes += slot == null ? 0 : slot.spareBytes();
    }
    return bytes;
  }

  /** Real bytes of all memories. */
  long materialisedBytes() {
    long bytes = 0;
    for (InstanceSlot<G> slot : all()) {
      bytes += slot.materialisedBytes();
    }
    return bytes;
  }

  /** Reports and interrupts the making of instances that takes too long; for the watchdog alone. */
  void lookAtMakings(long now) {
    for (int at = size() - 1; at >= 0; at--) {
      InstanceSlot<G> slot = slot(at);
      if (slot != null) {
        slot.making().look(now);
      }
    }
  }

  /**
   * For a walk that takes no memory, from the end down: slots that go meanwhile move none of those
   * out of its way that are still to come.
   */
  private @Nullable InstanceSlot<G> slot(int at) {
    lock.lock();
    try {
      return at < slots.size() ? slots.get(at) : null;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void made(@Nullable Throwable failure) {
    lock.lock();
    try {
      if (failure == null) {
        failuresInARow = 0;
      } else {
        lastFailure = failure;
        lastFailureNanos = System.nanoTime();
        failuresInARow++;
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Why an instance that is needed could not be made; {@code null} if none is missing. Only of the
   * slots of workers, or only of the others.
   */
  @Nullable Throwable presentFailure(boolean ofWorker) {
    lock.lock();
    try {
      Throwable present = null;
      for (int i = 0; i < slots.size() && present == null; i++) {
        InstanceSlot<G> slot = slots.get(i);
        present = slot.isOfWorker() == ofWorker ? slot.notMade() : null;
      }
      return present;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Whether the executor is well.
   *
   * @param workers threads that take calls
   * @param kept instances that are always kept
   * @param ready as {@link #awaitReady} told
   * @param longestWaitNanos how long the oldest call waits
   */
  ExecutorStatistics.Health health(int workers, int kept, int ready, long longestWaitNanos) {
    int abandoned = abandoned();
    boolean failing = presentFailure(true) != null || presentFailure(false) != null;
    lock.lock();
    try {
      return new ExecutorStatistics.Health(
          settings.name(),
          workers,
          kept,
          ready,
          ready < kept || abandoned > 0 || failing,
          lastFailure,
          failuresInARow,
          lastFailure == null ? 0 : System.nanoTime() - lastFailureNanos,
          longestWaitNanos,
          abandoned);
    } finally {
      lock.unlock();
    }
  }
}
