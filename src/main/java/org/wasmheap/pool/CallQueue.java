package org.wasmheap.pool;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Maps;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;
import org.wasmheap.pool.CallOptions.CallClass;

/**
 * The bounded queue of an executor, and the one lock that orders submission, hand-over and the end.
 *
 * <p>A call is in exactly one place: in the deque of its class, or running, or removed. One lock
 * round three deques is enough, since a hop between threads costs far more than it.
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
  private final long ageingNanos;

  private final ImmutableMap<CallClass, Lane<G>> laneOf;

  /** The most urgent class first. */
  private final ImmutableList<Lane<G>> lanes;

  // All below, and the lanes' deques: guarded by the lock.
  private final List<CallTask<G, ?>> running = new ArrayList<>();
  private Phase phase = Phase.OPEN;
  private long watchUntil = System.nanoTime();

  /** The calls of a class that wait, the oldest first, and how many may. */
  private record Lane<G>(ArrayDeque<CallTask<G, ?>> waiting, int capacity) {}

  /** Why a call was not accepted, and what stood in its way. */
  record Refusal(Phase phase, int waiting, int running, long longestWaitNanos) {}

  /**
   * An open queue.
   *
   * @param capacities for every class, how many calls may wait
   * @param ageingNanos a call that has waited longer goes before younger ones of any class
   */
  CallQueue(Map<CallClass, Integer> capacities, long ageingNanos) {
    Map<CallClass, Lane<G>> each = new EnumMap<>(CallClass.class);
    capacities.forEach((one, places) -> each.put(one, new Lane<>(new ArrayDeque<>(), places)));
    this.laneOf = Maps.immutableEnumMap(each);
    this.lanes = ImmutableList.copyOf(each.values());
    this.ageingNanos = ageingNanos;
  }

  /** Why a call was not accepted; {@code null} if it was. */
  @Nullable Refusal offer(CallTask<G, ?> task) {
    lock.lock();
    try {
      Lane<G> lane = lane(task);
      int waits = lane.waiting().size();
      if (phase != Phase.OPEN || waits >= lane.capacity()) {
        CallTask<G, ?> oldest = lane.waiting().peekFirst();
        return new Refusal(
            phase,
            waits,
            running.size(),
            oldest == null ? 0 : System.nanoTime() - oldest.submittedNanos());
      }
      lane.waiting().addLast(task);
      work.signal();
      watchFor(task);
      return null;
    } finally {
      lock.unlock();
    }
  }

  private Lane<G> lane(CallTask<G, ?> task) {
    return Objects.requireNonNull(laneOf.get(task.callClass()), "every class has a lane");
  }

  private void watchFor(CallTask<G, ?> task) {
    if (task.wakeNanos() - watchUntil < 0) {
      watch.signal();
    }
  }

  /**
   * A call runs that was made by a worker's thread and never waits; {@code false} if the executor
   * is closed. While it drains such calls still run, since an accepted call makes them.
   */
  boolean begin(CallTask<G, ?> task) {
    lock.lock();
    try {
      if (phase == Phase.CLOSED) {
        return false;
      }
      running.add(task);
      watchFor(task);
      return true;
    } finally {
      lock.unlock();
    }
  }

  /**
   * The next call, which counts as running until it is finished; {@code null} at the end.
   *
   * @param done a call that is finished, if the thread comes from one: two visits to the lock would
   *     cost a short call as much as its guest does
   */
  @Nullable CallTask<G, ?> take(@Nullable CallTask<G, ?> done) {
    lock.lock();
    try {
      if (done != null) {
        running.remove(done);
        signalIfIdle();
      }
      Lane<G> next = next();
      while (next == null && phase == Phase.OPEN) {
        waitFor(work, WAIT_NANOS);
        next = next();
      }
      if (next == null || phase == Phase.CLOSED) {
        return null;
      }
      running.add(next.waiting().getFirst()); // First: if this fails for want of memory, it stays.
      return next.waiting().removeFirst();
    } finally {
      lock.unlock();
    }
  }

  /** The class whose oldest call is next: the oldest of those that aged, else the most urgent. */
  private @Nullable Lane<G> next() {
    Lane<G> urgent = null;
    int classesWaiting = 0;
    for (int i = 0; i < lanes.size(); i++) { // By index: an iterator for each call is garbage.
      if (!lanes.get(i).waiting().isEmpty()) {
        urgent = urgent == null ? lanes.get(i) : urgent;
        classesWaiting++;
      }
    }
    Lane<G> aged = classesWaiting < 2 ? null : eldestAged(System.nanoTime());
    return aged == null ? urgent : aged;
  }

  private @Nullable Lane<G> eldestAged(long now) {
    Lane<G> aged = null;
    long eldest = ageingNanos;
    for (Lane<G> lane : lanes) {
      CallTask<G, ?> oldest = lane.waiting().peekFirst();
      if (oldest != null && now - oldest.submittedNanos() > eldest) {
        aged = lane;
        eldest = now - oldest.submittedNanos();
      }
    }
    return aged;
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
      boolean removed = lane(task).waiting().remove(task);
      signalIfIdle();
      return removed;
    } finally {
      lock.unlock();
    }
  }

  /** A running call was interrupted, and is given up at the time given. */
  void interrupted(CallTask<G, ?> task, long untilNanos) {
    lock.lock();
    try {
      if (task.overdue(untilNanos)) {
        watchFor(task);
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until a call, waiting or running, is due, or the time is over; gives the calls that are
   * due. The waiting ones are removed from the queue, and so are the running ones that had been
   * interrupted before. {@code null} when the executor is closed.
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
      Due<G> due = new Due<>(dueWaiting(now), sized(running.size()), sized(running.size()));
      // All memory is taken by now: no call can get lost between the queue and its completion.
      for (int i = 0; i < due.waiting().size(); i++) {
        lane(due.waiting().get(i)).waiting().remove(due.waiting().get(i));
      }
      // The oldest first: an outer call must be interrupted before an inner one hands it the
      // thread.
      for (int i = 0; i < running.size(); i++) {
        CallTask<G, ?> task = running.get(i);
        if (task.wakeNanos() - now <= 0) {
          (task.overdue(now + graceNanos) ? due.running() : due.late()).add(task);
        }
      }
      running.removeAll(due.late());
      signalIfIdle();
      return due;
    } finally {
      lock.unlock();
    }
  }

  private static <T> List<T> sized(int capacity) {
    return new ArrayList<>(capacity);
  }

  private List<CallTask<G, ?>> dueWaiting(long now) {
    List<CallTask<G, ?>> due = new ArrayList<>();
    for (Lane<G> lane : lanes) {
      for (CallTask<G, ?> task : lane.waiting()) {
        if (task.wakeNanos() - now <= 0) {
          due.add(task);
        }
      }
    }
    return due;
  }

  /**
   * Calls whose time has come.
   *
   * @param waiting to be failed
   * @param running to be interrupted
   * @param late interrupted before: to be given up
   */
  record Due<G>(
      List<CallTask<G, ?>> waiting, List<CallTask<G, ?>> running, List<CallTask<G, ?>> late) {}

  private void signalIfIdle() {
    if (isIdle()) {
      idle.signalAll();
    }
  }

  private boolean isIdle() {
    return running.isEmpty() && waitingCalls() == 0;
  }

  private int waitingCalls() {
    int calls = 0; // By index: there may be no memory for an iterator.
    for (int i = 0; i < lanes.size(); i++) {
      calls += lanes.get(i).waiting().size();
    }
    return calls;
  }

  private long earliestWake(long latest) {
    long earliest = earliestWake(running, latest);
    for (Lane<G> lane : lanes) {
      earliest = earliestWake(lane.waiting(), earliest);
    }
    return earliest;
  }

  private static <G> long earliestWake(Collection<CallTask<G, ?>> tasks, long latest) {
    long earliest = latest;
    for (CallTask<G, ?> task : tasks) {
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
    return phase == Phase.OPEN || (phase == Phase.DRAINING && waitingCalls() > 0);
  }

  /** A worker has an instance, or has one no more. */
  void instancesChanged() {
    lock.lock();
    try {
      instance.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Waits until so many workers have an instance; {@code false} when the time is over first. */
  boolean awaitInstances(IntSupplier instances, int wanted, long untilNanos)
      throws InterruptedException {
    lock.lock();
    try {
      long left = untilNanos - System.nanoTime();
      while (left > 0 && instances.getAsInt() < wanted) {
        left = instance.awaitNanos(left);
      }
      return instances.getAsInt() >= wanted;
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
      while (left > 0 && !isIdle()) {
        left = idle.awaitNanos(left);
      }
      return isIdle();
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
      Due<G> left = new Due<>(new ArrayList<>(), List.copyOf(running), List.of());
      for (Lane<G> lane : lanes) {
        left.waiting().addAll(lane.waiting());
        lane.waiting().clear();
      }
      work.signalAll();
      ending.signalAll();
      watch.signalAll();
      idle.signalAll();
      return left;
    } finally {
      lock.unlock();
    }
  }

  QueueLoad load() {
    lock.lock();
    try {
      long now = System.nanoTime();
      long longest = 0;
      for (Lane<G> lane : lanes) {
        CallTask<G, ?> oldest = lane.waiting().peekFirst();
        longest = oldest == null ? longest : Math.max(longest, now - oldest.submittedNanos());
      }
      Map<CallClass, Integer> waiting =
          ImmutableMap.copyOf(Maps.transformValues(laneOf, lane -> lane.waiting().size()));
      return new QueueLoad(waiting, running.size(), longest);
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
