package org.wasmheap.pool;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.wasmheap.heap.Heap;

/**
 * Instances for calls that workers' threads make: a thread claims one for the length of a call.
 *
 * <p>They are made by a thread of the reserve's own, so that a factory that hangs or fails holds up
 * no call for longer than its deadline. The first call that needs one starts that thread; a pool
 * without such calls has neither. There are as many as were ever needed at once, and those that
 * were idle for long are dropped.
 */
final class Reserve<G> {
  private static final Logger LOG = LoggerFactory.getLogger(HeapExecutor.class);
  private static final long FIRST_BACK_OFF_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
  private static final long LONGEST_BACK_OFF_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final PoolContext<G> pool;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition given = lock.newCondition();
  private final Condition wanted = lock.newCondition();

  /** Made before it is needed: then there may be no memory for it. */
  private final Thread maker;

  // All below: guarded by the lock.

  /** Pristine, owned by nobody; used last first, so that the others become idle. */
  private final ArrayDeque<Idle<G>> ready = new ArrayDeque<>();

  /** All that live, in use or not; for statistics. */
  private final ArrayDeque<Seat<G>> all = new ArrayDeque<>();

  private int waiters;
  private boolean closed;

  /** Whether the maker was started. */
  private boolean started;

  private record Idle<G>(Seat<G> seat, long sinceNanos) {}

  Reserve(PoolContext<G> pool) {
    this.pool = pool;
    this.maker = new Thread(null, this::makeOnDemand, pool.name() + "-reserve");
    maker.setDaemon(true);
  }

  /** See {@link Rehearsal#prime}. */
  void prime() {
    Rehearsal.prime(lock);
  }

  /** An instance for the calling thread; {@code null} if none is ready in time, or at the end. */
  @Nullable Seat<G> take(long untilNanos) throws InterruptedException {
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
        taken.seat().claim();
      }
      return taken == null ? null : taken.seat();
    } finally {
      lock.unlock();
    }
  }

  /** A call on an instance is over; one that was discarded is not kept. */
  void give(Seat<G> seat) {
    boolean kept = false;
    try {
      kept = seat.isPristine() && keep(seat);
    } finally {
      if (!kept) {
        drop(seat);
      }
    }
  }

  private void drop(Seat<G> seat) {
    try {
      seat.close();
    } finally {
      lock.lock();
      try {
        all.remove(seat);
      } finally {
        lock.unlock();
      }
    }
  }

  private boolean keep(Seat<G> seat) {
    lock.lock();
    try {
      if (!closed) {
        given.signal();
        ready.addFirst(new Idle<>(seat, System.nanoTime())); // Before the release: it takes memory.
        seat.release();
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

  /** The maker's thread. Nothing that is thrown ends it before the reserve is closed. */
  private void makeOnDemand() {
    long backOffNanos = FIRST_BACK_OFF_NANOS;
    boolean failed = false;
    boolean more = true;
    while (more) {
      try {
        more = awaitDemand(failed ? backOffNanos : 0);
        if (more) {
          dropIdle(System.nanoTime() - pool.idleNanos());
        }
        if (more && isWanted()) {
          failed = !make(backOffNanos);
          backOffNanos =
              failed ? Math.min(2 * backOffNanos, LONGEST_BACK_OFF_NANOS) : FIRST_BACK_OFF_NANOS;
        }
      } catch (Throwable e) {
        Settlement.pauseAfter(e);
      }
    }
  }

  /** Waits until there is something to make or to drop, at least for so long; false at the end. */
  private boolean awaitDemand(long backOffNanos) {
    lock.lock();
    try {
      long resume = System.nanoTime() + backOffNanos;
      long left = backOffNanos;
      while (!closed && (left > 0 || (!isWanted() && left > -pool.idleNanos()))) {
        try {
          wanted.awaitNanos(left > 0 ? left : left + pool.idleNanos());
        } catch (InterruptedException e) {
          Thread.interrupted(); // Only the end ends this thread.
        }
        left = resume - System.nanoTime();
      }
      return !closed;
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
    for (Seat<G> seat = takeIdle(sinceNanos); seat != null; seat = takeIdle(sinceNanos)) {
      try {
        seat.claim(); // Outside the lock, since it calls listeners.
        seat.close();
      } catch (Throwable e) {
        Settlement.report(e);
      }
    }
  }

  private @Nullable Seat<G> takeIdle(long sinceNanos) {
    lock.lock();
    try {
      Idle<G> longest = ready.peekLast();
      if (longest == null || longest.sinceNanos() - sinceNanos > 0) {
        return null;
      }
      ready.removeLast();
      all.remove(longest.seat());
      return longest.seat();
    } finally {
      lock.unlock();
    }
  }

  private boolean make(long backOffNanos) {
    Seat<G> seat = new Seat<>(pool);
    try {
      seat.create();
    } catch (Throwable e) {
      Thread.interrupted();
      seat.close();
      LOG.atWarn()
          .addKeyValue("pool", pool.name())
          .addKeyValue("worker", Thread.currentThread().getName())
          .addKeyValue("retryMillis", TimeUnit.NANOSECONDS.toMillis(backOffNanos))
          .setCause(e)
          .log("instance.failed");
      return false;
    }
    try {
      list(seat);
    } catch (Throwable e) {
      seat.close();
      throw e;
    }
    give(seat);
    return true;
  }

  private void list(Seat<G> seat) {
    lock.lock();
    try {
      all.add(seat);
    } finally {
      lock.unlock();
    }
  }

  /** The heaps of all instances, in use or not. */
  List<Heap> heaps() {
    lock.lock();
    try {
      List<Heap> heaps = new ArrayList<>();
      for (Seat<G> seat : all) {
        Heap heap = seat.heap();
        if (heap != null) {
          heaps.add(heap);
        }
      }
      return heaps;
    } finally {
      lock.unlock();
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

  /** Waits for the maker's thread after {@link #close}; {@code false} if it does not end. */
  boolean join(long untilNanos) throws InterruptedException {
    // A thread that was never started is not waited for.
    TimeUnit.NANOSECONDS.timedJoin(maker, Math.max(1_000_000, untilNanos - System.nanoTime()));
    return !maker.isAlive();
  }
}
