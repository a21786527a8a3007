package org.wasmheap.pool;

import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;
import org.wasmheap.text.Printable;

/**
 * The slots for calls that are made inside calls: a thread claims one for the length of a call.
 *
 * <p>Their instances are made by a thread of their own, with the stack of a worker, so that a
 * factory that hangs or fails holds up no call for longer than its deadline. The first call that
 * needs one starts that thread; a pool without such calls has neither. There are as many as were
 * ever needed at once, and those that were idle for long are dropped.
 */
final class NestedSlots<G> {
  private static final Logger LOG = LoggerFactory.getLogger(NestedSlots.class);
  private final PoolSettings<G> settings;
  private final InstanceSlots<G> slots;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition given = lock.newCondition();
  private final Condition wanted = lock.newCondition();

  /** Made before it is needed, see {@link FullJavaHeap}. */
  private final Thread maker;

  // All below: guarded by the lock.

  /** Pristine, owned by nobody; used last first, so that the others become idle. */
  private final ArrayDeque<Idle<G>> ready = new ArrayDeque<>();

  private int waiters;
  private boolean closed;

  /** Whether memory came back since the maker failed last. */
  private boolean freed;

  /** Whether the maker was started. */
  private boolean started;

  /** One without an instance, which the maker tries to make; the maker's own, no lock. */
  private @Nullable InstanceSlot<G> unmade;

  private record Idle<G>(InstanceSlot<G> slot, long sinceNanos) {}

  NestedSlots(PoolSettings<G> settings, InstanceSlots<G> slots) {
    this.settings = settings;
    this.slots = slots;
    String name = Printable.name(settings.name()) + "-nested";
    this.maker = new Thread(null, this::makeOnDemand, name, settings.stackBytes());
    maker.setDaemon(true);
  }

  /** See {@link FullJavaHeap#prime}. */
  void prime() {
    FullJavaHeap.prime(lock);
  }

  /** A slot for the calling thread; {@code null} if none is ready in time, or at the end. */
  @Nullable InstanceSlot<G> take(long untilNanos) throws InterruptedException {
    lock.lock();
    try {
      waiters++;
      try {
        long left = untilNanos - System.nanoTime();
        while (ready.isEmpty() && !closed && left > 0) {
          startMaker();
          wanted.signal();
          left = given.awaitNanos(left);
        }
      } finally {
        waiters--;
      }
      Idle<G> taken = closed ? null : ready.pollFirst();
      if (taken != null) {
        taken.slot().claim();
      }
      return taken == null ? null : taken.slot();
    } finally {
      lock.unlock();
    }
  }

  /** A call on a slot is over; one whose instance was discarded is not kept. */
  void give(InstanceSlot<G> slot) {
    boolean kept = false;
    try {
      kept = slot.isPristine() && keep(slot);
    } finally {
      if (!kept) {
        slot.close();
      }
    }
  }

  private boolean keep(InstanceSlot<G> slot) {
    lock.lock();
    try {
      if (!closed) {
        given.signal();
        ready.addFirst(new Idle<>(slot, System.nanoTime())); // Before the release: it takes memory.
        slot.release();
      }
      return !closed;
    } finally {
      lock.unlock();
    }
  }

  private void startMaker() {
    if (!started) {
      maker.start();
      started = true;
    }
  }

  /** The maker's thread. Nothing that is thrown ends it before this is closed. */
  private void makeOnDemand() {
    BackOff backOff = new BackOff(settings.name());
    boolean more = true;
    while (more) {
      try {
        more = awaitDemand(backOff.nanos());
        if (more) {
          dropIdle(System.nanoTime() - settings.idleNanos());
        }
        if (more && isWanted()) {
          make(backOff);
        } else {
          dropUnmade();
        }
      } catch (Throwable e) {
        FullJavaHeap.pauseAfter(LOG, e);
      }
    }
  }

  /** Waits until there is something to make or to drop, at least for so long; false at the end. */
  private boolean awaitDemand(long backOffNanos) {
    lock.lock();
    try {
      long began = System.nanoTime();
      long left = pause(backOffNanos);
      while (!closed && (left > 0 || (!isWanted() && left > -settings.idleNanos()))) {
        try {
          wanted.awaitNanos(left > 0 ? left : left + settings.idleNanos());
        } catch (InterruptedException e) {
          Thread.interrupted(); // Only the end ends this thread.
        }
        left = pause(backOffNanos) - (System.nanoTime() - began);
      }
      freed = false;
      return !closed;
    } finally {
      lock.unlock();
    }
  }

  /** Short once memory came back, but never none: it may come back and be taken without end. */
  private long pause(long backOffNanos) {
    return freed ? Math.min(backOffNanos, BackOff.FIRST_NANOS) : backOffNanos;
  }

  /** Why an instance that a call needs could not be made; {@code null} if none is missing. */
  @Nullable Throwable factoryFailure() {
    return slots.presentFailure(false);
  }

  /** Memory came back: an instance that could not be made is tried again. */
  void memoryFreed() {
    lock.lock();
    try {
      freed = true;
      wanted.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private boolean isWanted() {
    lock.lock();
    try {
      return waiters > ready.size();
    } finally {
      lock.unlock();
    }
  }

  /** Drops what nobody has used since then, one after the other. */
  private void dropIdle(long sinceNanos) {
    for (InstanceSlot<G> slot = takeIdle(sinceNanos); slot != null; slot = takeIdle(sinceNanos)) {
      try {
        slot.claim();
        slot.close(); // Outside the lock, since it calls listeners.
      } catch (Throwable e) {
        FullJavaHeap.report(LOG, e);
      }
    }
  }

  private @Nullable InstanceSlot<G> takeIdle(long sinceNanos) {
    lock.lock();
    try {
      Idle<G> longest = ready.peekLast();
      if (longest == null || longest.sinceNanos() - sinceNanos > 0) {
        return null;
      }
      ready.removeLast();
      return longest.slot();
    } finally {
      lock.unlock();
    }
  }

  private void make(BackOff backOff) {
    InstanceSlot<G> slot = unmade;
    if (slot == null) {
      slot = slots.open(false);
      unmade = slot;
    }
    try {
      slot.create();
    } catch (Throwable e) {
      backOff.afterFailure(e);
      return;
    }
    backOff.afterSuccess();
    unmade = null;
    give(slot);
  }

  /** Nobody needs what could not be made: why it could not be is of no account any more. */
  private void dropUnmade() {
    InstanceSlot<G> slot = unmade;
    unmade = null;
    if (slot != null) {
      slot.close();
    }
  }

  /** Drops what is not in use; what is in use is dropped when its call is over. */
  void close() {
    lock.lock();
    try {
      closed = true;
      given.signalAll();
      wanted.signalAll();
      if (started) {
        maker.interrupt(); // It may be in a factory.
      }
    } finally {
      lock.unlock();
    }
    dropIdle(System.nanoTime());
  }

  /**
   * Waits for the maker's thread after {@link #close}, not longer than until the calling thread is
   * interrupted; {@code false} if it has not ended.
   */
  boolean join(long untilNanos) {
    try {
      // A thread that was never started is not waited for.
      TimeUnit.NANOSECONDS.timedJoin(maker, Math.max(1_000_000, untilNanos - System.nanoTime()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return !maker.isAlive();
  }

  /** Logs that the maker's thread is still there at shutdown. */
  void tellLeft() {
    aboutMaker("worker.left").log("A thread has not ended at shutdown");
  }

  private LoggingEventBuilder aboutMaker(String event) {
    return LOG.atWarn()
        .addKeyValue("event", event)
        .addKeyValue("pool", Printable.name(settings.name()))
        .addKeyValue("worker", maker.getName());
  }
}
