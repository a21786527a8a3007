package org.wasmheap.pool;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * The workers as the queue knows them: which of them are to end, and which are to make an instance
 * or to give theirs up. Part of the queue, and guarded by its lock: what takes the lock here says
 * so, all else is called inside it.
 */
final class Seats<G> {
  /** Calls that have waited longer wait for somebody who is late. */
  private static final long LATE_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** A call that has waited less may still be taken by a thread that is about to come back. */
  private static final long SOON_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

  /** What a worker without an instance is to do. */
  enum Demand {
    /** To make one. */
    AN_INSTANCE,
    /** To ask again: no call has needed one for a while. */
    NONE,
    /** To end. */
    END
  }

  private final ReentrantLock lock;
  private final Condition work;
  private final Condition demand;
  private final ClassQueues<G> waiting;
  private final InstanceDemand instances;
  private final BooleanSupplier hasFuture;

  /**
   * Of a queue.
   *
   * @param lock the queue's
   * @param work on which workers wait for calls
   * @param waiting the calls that wait
   * @param instances tells how many instances there should be
   * @param hasFuture whether workers may still have something to do; asked inside the lock
   */
  Seats(
      ReentrantLock lock,
      Condition work,
      ClassQueues<G> waiting,
      InstanceDemand instances,
      BooleanSupplier hasFuture) {
    this.lock = lock;
    this.work = work;
    this.demand = lock.newCondition();
    this.waiting = waiting;
    this.instances = instances;
    this.hasFuture = hasFuture;
  }

  // For the queue, inside the lock.

  /** The worker comes for a call: until then it counts as one that makes its instance. */
  void comes(Seat<G> seat) {
    if (seat.makes) {
      seat.makes = false;
      instances.tried();
    }
  }

  /** A call is about to be accepted. */
  void oneMoreWaits() {
    if (instances.isForMore(waiting.size() + 1, false)) {
      demand.signal();
    }
  }

  /** Whether the worker, which finds no call, is to give its instance up. */
  boolean takeSurplus(Seat<G> seat) {
    seat.surplus = seat.hasInstance && instances.takeSurplus();
    return seat.surplus;
  }

  void waits() {
    instances.waits();
  }

  void waitsNoMore() {
    instances.waitsNoMore();
  }

  void taken() {
    instances.taken();
  }

  void wakeAll() {
    demand.signalAll();
  }

  // For workers and those who run the house; these take the lock.

  /**
   * Waits until the worker is to make an instance, which counts as made from here on, or is to end;
   * for a while.
   */
  Demand awaitDemand(Seat<G> seat) {
    lock.lock();
    try {
      long until = System.nanoTime() + LATE_NANOS;
      while (hasFuture.getAsBoolean() && !isCalledAway(seat)) {
        long waited = waiting.longestWait(System.nanoTime());
        boolean isForMore = instances.isForMore(waiting.size(), waited > LATE_NANOS);
        if (seat.hasInstance
            || (isForMore && waited >= SOON_NANOS)
            || instances.isForMore(0, false)) {
          beginInstance(seat);
          return Demand.AN_INSTANCE;
        }
        if (System.nanoTime() - until >= 0) {
          return Demand.NONE;
        }
        awaitLook(isForMore ? SOON_NANOS : LATE_NANOS);
      }
      return Demand.END;
    } finally {
      lock.unlock();
    }
  }

  private void beginInstance(Seat<G> seat) {
    if (!seat.hasInstance) {
      seat.hasInstance = true;
      seat.makes = true;
      instances.begin();
    }
  }

  /** The worker has failed to make its instance; it or another tries again, if one is needed. */
  void failedToMake(Seat<G> seat) {
    lock.lock();
    try {
      endInstance(seat);
    } finally {
      lock.unlock();
    }
  }

  /** The worker has given its instance up. */
  void gaveUp(Seat<G> seat) {
    lock.lock();
    try {
      seat.surplus = false;
      endInstance(seat);
    } finally {
      lock.unlock();
    }
  }

  private void endInstance(Seat<G> seat) {
    if (seat.hasInstance) {
      seat.hasInstance = false;
      if (seat.makes) {
        seat.makes = false;
        instances.tried();
      }
      instances.end();
      demand.signal();
    }
  }

  /** There are to be so many workers. */
  void workers(int number) {
    lock.lock();
    try {
      instances.workers(number);
      demand.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** The worker is to end when its call is over. */
  void callAway(Seat<G> seat) {
    lock.lock();
    try {
      seat.calledAway = true;
      work.signalAll();
      wakeAll();
    } finally {
      lock.unlock();
    }
  }

  /** The worker is to stay after all; {@code false} if it has gone. */
  boolean callBack(Seat<G> seat) {
    lock.lock();
    try {
      seat.calledAway = seat.left;
      return !seat.left;
    } finally {
      lock.unlock();
    }
  }

  /** Whether the worker is to end; from then on it cannot be called back. */
  boolean leaves(Seat<G> seat) {
    lock.lock();
    try {
      return isCalledAway(seat);
    } finally {
      lock.unlock();
    }
  }

  private boolean isCalledAway(Seat<G> seat) {
    if (seat.calledAway && !seat.left) {
      seat.left = true;
      endInstance(seat);
    }
    return seat.left;
  }

  /** From time to time: has instances given up that no call has needed for a while. */
  void lookForSurplus() {
    lock.lock();
    try {
      if (instances.look(System.nanoTime())) {
        work.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Ends by an interrupt, too: who calls it looks at his condition again. */
  @SuppressWarnings("WaitNotInLoop")
  private void awaitLook(long nanos) {
    try {
      demand.awaitNanos(nanos);
    } catch (InterruptedException e) {
      Thread.interrupted();
    }
  }
}
