package org.wasmheap.pool;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The bounded queue of an executor, and the one lock that orders submission, hand-over and the end.
 *
 * <p>A call is in exactly one place: in the deque, or taken by one worker, or removed. One lock is
 * enough, since a hop between threads costs far more than it.
 */
final class CallQueue<G> {
  /** Every wait has a limit; after it, the condition is looked at again. */
  private static final long WAIT_NANOS = TimeUnit.SECONDS.toNanos(60);

  /** How far the executor is in its life. */
  enum Phase {
    /** Calls are accepted. */
    OPEN,
    /** No more are accepted; those that wait still run. */
    DRAINING,
    /** Nothing runs any more. */
    CLOSED
  }

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition work = lock.newCondition();
  private final Condition idle = lock.newCondition();
  private final Condition watch = lock.newCondition();
  private final Condition instance = lock.newCondition();
  private final Condition ending = lock.newCondition();
  private final int capacity;

  // All below: guarded by the lock.
  private final ArrayDeque<CallTask<G, ?>> waiting = new ArrayDeque<>();
  private final List<CallTask<G, ?>> running = new ArrayList<>();
  private Phase phase = Phase.OPEN;
  private int instances;
  private long watchUntil = System.nanoTime();

  CallQueue(int capacity) {
    this.capacity = capacity;
  }

  /** Why a call was not accepted; {@code null} if it was. */
  @Nullable Phase offer(CallTask<G, ?> task) {
    lock.lock();
    try {
      if (phase != Phase.OPEN || waiting.size() >= capacity) {
        return phase;
      }
      waiting.addLast(task);
      work.signal();
      if (task.wakeNanos() - watchUntil < 0) {
        watch.signal();
      }
      return null;
    } finally {
      lock.unlock();
    }
  }

  /** The next call, which counts as running until {@link #finished}; {@code null} at the end. */
  @Nullable CallTask<G, ?> take() {
    lock.lock();
    try {
      while (waiting.isEmpty() && phase == Phase.OPEN) {
        waitFor(work, WAIT_NANOS);
      }
      CallTask<G, ?> task = phase == Phase.CLOSED ? null : waiting.peekFirst();
      if (task != null) {
        running.add(task); // First: for want of memory this may fail, and the call stays here.
        waiting.removeFirst();
      }
      return task;
    } finally {
      lock.unlock();
    }
  }

  void finished(CallTask<G, ?> task) {
    lock.lock();
    try {
      running.remove(task);
      signalIfIdle();
    } finally {
      lock.unlock();
    }
  }

  /** Frees the place of a call that waits; {@code false} if it does not. */
  boolean remove(CallTask<G, ?> task) {
    lock.lock();
    try {
      boolean removed = waiting.remove(task);
      signalIfIdle();
      return removed;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until a call, waiting or running, is due, or the time is over; gives the calls that are
   * due, the waiting ones removed from the queue, and sets their next time. {@code null} when the
   * executor is closed.
   */
  @Nullable Due<G> awaitDue(long graceNanos, long limitNanos) {
    lock.lock();
    try {
      long before = System.nanoTime();
      watchUntil = earliestWake(before + limitNanos);
      if (phase != Phase.CLOSED && watchUntil - before > 0) {
        waitFor(watch, watchUntil - before);
      }
      long now = System.nanoTime();
      if (phase == Phase.CLOSED) {
        return null;
      }
      Due<G> due = new Due<>(overdue(waiting, now), overdue(running, now));
      // All memory is taken by now: no call can get lost between the queue and its completion.
      waiting.removeIf(task -> task.wakeNanos() - now <= 0);
      due.running().forEach(task -> task.wakeAt(now + graceNanos));
      signalIfIdle();
      return due;
    } finally {
      lock.unlock();
    }
  }

  /** Calls whose time has come. */
  record Due<G>(List<CallTask<G, ?>> waiting, List<CallTask<G, ?>> running) {}

  private static <G> List<CallTask<G, ?>> overdue(Collection<CallTask<G, ?>> tasks, long now) {
    List<CallTask<G, ?>> due = new ArrayList<>();
    for (CallTask<G, ?> task : tasks) {
      if (task.wakeNanos() - now <= 0) {
        due.add(task);
      }
    }
    return due;
  }

  private void signalIfIdle() {
    if (running.isEmpty() && waiting.isEmpty()) {
      idle.signalAll();
    }
  }

  private long earliestWake(long latest) {
    long earliest = latest;
    for (CallTask<G, ?> task : waiting) {
      earliest = task.wakeNanos() - earliest < 0 ? task.wakeNanos() : earliest;
    }
    for (CallTask<G, ?> task : running) {
      earliest = task.wakeNanos() - earliest < 0 ? task.wakeNanos() : earliest;
    }
    return earliest;
  }

  /** Waits unless there is no work left for ever; {@code false} in that case. */
  boolean awaitWork(long nanos) {
    lock.lock();
    try {
      if (hasFuture()) {
        // Not on the condition of work: a call must not wake a worker that cannot take it.
        waitFor(ending, nanos);
      }
      return hasFuture();
    } finally {
      lock.unlock();
    }
  }

  private boolean hasFuture() {
    return phase == Phase.OPEN || (phase == Phase.DRAINING && !waiting.isEmpty());
  }

  /** A worker has an instance, or has one no more. */
  void instances(int change) {
    lock.lock();
    try {
      instances += change;
      instance.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Waits until so many workers have an instance; {@code false} when the time is over first. */
  boolean awaitInstances(int wanted, long untilNanos) throws InterruptedException {
    lock.lock();
    try {
      long left = untilNanos - System.nanoTime();
      while (left > 0 && instances < wanted) {
        left = instance.awaitNanos(left);
      }
      return instances >= wanted;
    } finally {
      lock.unlock();
    }
  }

  /** Accepts no more; waits until nothing waits or runs. */
  boolean drain(long nanos) {
    lock.lock();
    try {
      if (phase == Phase.OPEN) {
        phase = Phase.DRAINING;
        work.signalAll();
        ending.signalAll();
      }
      return awaitIdle(System.nanoTime() + nanos);
    } finally {
      lock.unlock();
    }
  }

  /** Waits until nothing waits or runs; gives {@code false} when the time is over first. */
  boolean awaitIdle(long untilNanos) {
    lock.lock();
    try {
      long left = untilNanos - System.nanoTime();
      while (left > 0 && (!waiting.isEmpty() || !running.isEmpty())) {
        left = idle.awaitNanos(left);
      }
      return waiting.isEmpty() && running.isEmpty();
    } catch (InterruptedException e) {
      // The caller is in a hurry: what it asked for goes on without waiting.
      Thread.currentThread().interrupt();
      return false;
    } finally {
      lock.unlock();
    }
  }

  /** Ends it: no call leaves the queue any more. Gives those that still waited, and that run. */
  Due<G> close() {
    lock.lock();
    try {
      phase = Phase.CLOSED;
      Due<G> left = new Due<>(List.copyOf(waiting), List.copyOf(running));
      waiting.clear();
      work.signalAll();
      ending.signalAll();
      watch.signalAll();
      idle.signalAll();
      return left;
    } finally {
      lock.unlock();
    }
  }

  int waiting() {
    lock.lock();
    try {
      return waiting.size();
    } finally {
      lock.unlock();
    }
  }

  int running() {
    lock.lock();
    try {
      return running.size();
    } finally {
      lock.unlock();
    }
  }

  Phase phase() {
    lock.lock();
    try {
      return phase;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits on a thread of the executor. An interrupt ends the wait and nothing else: a stray one
   * must not end a worker.
   */
  @SuppressWarnings("WaitNotInLoop") // Those who call it look at their condition again.
  private static void waitFor(Condition condition, long nanos) {
    try {
      condition.awaitNanos(nanos);
    } catch (InterruptedException e) {
      Thread.interrupted();
    }
  }
}
