package org.wasmheap.pool;

import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.pool.CallOptions.CallClass;

/**
 * The bounded queue of an executor, and the one lock that orders submission, hand-over and the end.
 *
 * <p>An accepted call is in exactly one place until its future is done: it waits in its class, or
 * runs, or is condemned, that is, to be failed. To go from one to the next takes no memory, so it
 * is in one of them whatever fails ({@link FullJavaHeap}). One lock is enough, since a hop between
 * threads costs far more.
 */
final class CallQueue<G> implements CallTask.Home<G> {
  /** Every wait has a limit; after it, the condition is looked at again. */
  private static final long WAIT_NANOS = TimeUnit.SECONDS.toNanos(60);

  /** How long a worker pauses at least that could not make an instance. */
  private static final long LEAST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  /** When a call is told of again that could not be failed. */
  private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  /** How many calls that wait are condemned in one look; those beyond are due in the next. */
  private static final int MOST_EXPIRED = 4096;

  /** How far the executor is in its life. */
  enum Phase {
    /** Calls are accepted. */
    OPEN,
    /** No more are accepted; those that wait still run. */
    DRAINING,
    /** Nothing runs any more. */
    CLOSED
  }

  private final long graceNanos;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition work = lock.newCondition();
  private final Condition idle = lock.newCondition();
  private final Condition watch = lock.newCondition();
  private final Condition ending = lock.newCondition();

  // All below: guarded by the lock.
  private final ClassQueues<G> waiting;
  private final CallList<G> running = new CallList<>();
  private final CallList<G> condemned = new CallList<>();
  private final Seats<G> seats;
  private Phase phase = Phase.OPEN;
  private long watchUntil = System.nanoTime();

  /** How often memory came back after somebody was refused. */
  private long freed;

  /** Why a call was not accepted, and what stood in its way. */
  record Refusal(Phase phase, int waiting, int running, long longestWaitNanos) {}

  /**
   * An open queue.
   *
   * @param capacities for every class, how many calls may wait
   * @param ageingNanos a call that has waited longer has aged, see {@link ClassQueues}
   * @param graceNanos how long an interrupted call may take to come back
   * @param instances tells how many instances there should be; this queue's alone from here on
   */
  CallQueue(
      Map<CallClass, Integer> capacities,
      long ageingNanos,
      long graceNanos,
      InstanceDemand instances) {
    this.waiting = new ClassQueues<>(capacities, ageingNanos);
    this.seats = new Seats<>(lock, work, waiting, instances, this::hasFuture);
    this.graceNanos = graceNanos;
  }

  /** See {@link FullJavaHeap#prime}. */
  void prime() {
    FullJavaHeap.prime(lock);
  }

  /** The workers, as this queue knows them. */
  Seats<G> seats() {
    return seats;
  }

  /** Why a call was not accepted; {@code null} if it was. */
  @Nullable Refusal offer(CallTask<G, ?> task) {
    lock.lock();
    try {
      if (phase != Phase.OPEN || !waiting.of(task).hasRoom()) {
        ClassQueue<G> same = waiting.of(task);
        long longest = same.longestWait(System.nanoTime());
        return new Refusal(phase, same.size(), running.size(), longest);
      }
      work.signal();
      seats.oneMoreWaits();
      watchFor(task);
      waiting.of(task).add(task); // Last: nothing can fail once it is accepted.
      return null;
    } finally {
      lock.unlock();
    }
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
      watchFor(task);
      running.add(task);
      return true;
    } finally {
      lock.unlock();
    }
  }

  /**
   * The next call, which counts as running until it is finished; {@code null} at the end, and when
   * the worker is called away or is to give its instance up.
   *
   * @param seat the worker's; the call that it comes from is finished, and let go here, since two
   *     visits to the lock would cost a short call as much as its guest does
   */
  @Nullable CallTask<G, ?> take(Seat<G> seat) {
    lock.lock();
    try {
      if (seat.last != null) {
        leave(seat.last);
        seat.last = null;
      }
      seats.comes(seat);
      // A queue that is closed has none that waits.
      CallTask<G, ?> next = seat.calledAway ? null : waiting.take();
      while (next == null && phase == Phase.OPEN && !seat.calledAway) {
        if (seats.takeSurplus(seat)) {
          return null;
        }
        seats.waits();
        waitFor(work, WAIT_NANOS);
        seats.waitsNoMore();
        next = waiting.take();
      }
      if (next != null) {
        seats.taken();
        running.add(next);
      } else if (waiting.size() > 0) {
        work.signal(); // It may have been this one that was woken.
      }
      return next;
    } finally {
      lock.unlock();
    }
  }

  /** Its thread is done with it. If it is not done all the same, it must be failed. */
  void finished(CallTask<G, ?> task) {
    lock.lock();
    try {
      leave(task);
    } finally {
      lock.unlock();
    }
  }

  private void leave(CallTask<G, ?> task) {
    if (!task.isDone()) {
      condemnRunning(task, Verdict.UNFINISHED, System.nanoTime());
    } else if (running.remove(task) || condemned.remove(task)) {
      signalIfIdle();
    }
  }

  /** To the calls that are to be failed; nothing if it does not run. */
  private void condemnRunning(CallTask<G, ?> task, Verdict verdict, long now) {
    if (running.remove(task)) {
      condemn(task, verdict, now);
    }
  }

  /** The same for a call that waits. */
  private void condemnWaiting(CallTask<G, ?> task, long now) {
    if (waiting.of(task).remove(task)) {
      condemn(task, Verdict.EXPIRED, now);
    }
  }

  private void condemn(CallTask<G, ?> task, Verdict verdict, long now) {
    task.condemn(verdict, now);
    condemned.add(task);
    watchFor(task);
  }

  /** Frees the place of a call that waits; {@code false} if it does not. */
  boolean remove(CallTask<G, ?> task) {
    lock.lock();
    try {
      boolean removed = waiting.of(task).remove(task);
      signalIfIdle();
      return removed;
    } finally {
      lock.unlock();
    }
  }

  /** {@inheritDoc} If it waits, its place becomes free. */
  @Override
  public void cancelled(CallTask<G, ?> task, boolean interrupt) {
    if (!remove(task) && interrupt && task.interrupt(FailureKind.CANCELLED)) {
      giveUpAt(task, System.nanoTime() + graceNanos);
    }
  }

  /** A running call was interrupted, and is given up at that time. */
  private void giveUpAt(CallTask<G, ?> task, long nanoTime) {
    lock.lock();
    try {
      if (task.markOverdue(nanoTime)) {
        watchFor(task);
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until a call is due, or the time is over, and tells of those that are due. They stay
   * known here until they are {@linkplain #finished finished}, and are told of again if that takes
   * long.
   *
   * @return {@code false} when the executor is closed and no call is left
   */
  boolean awaitDue(DueCalls<G> due, long limitNanos) {
    lock.lock();
    try {
      due.clear(phase == Phase.CLOSED);
      long before = System.nanoTime();
      long wake = earliestWake(before, before + limitNanos);
      if (!hasEnded() && wake - before > 0) {
        watchUntil = wake; // Only where a thread waits, not where it looks once.
        waitFor(watch, wake - before);
      }
      due.clear(phase == Phase.CLOSED);
      long now = System.nanoTime();
      interruptDue(due, now);
      expireDue(now);
      failDue(due, now);
      return !hasEnded();
    } finally {
      lock.unlock();
    }
  }

  /** The oldest first: an outer call is interrupted before an inner one hands it the thread. */
  private void interruptDue(DueCalls<G> due, long now) {
    CallTask<G, ?> task = running.first();
    while (task != null && !due.isFull()) {
      CallTask<G, ?> next = CallList.after(task);
      if (task.wakeNanos() - now <= 0) {
        if (task.markOverdue(now + graceNanos)) {
          due.add(task, Verdict.INTERRUPT);
        } else {
          condemnRunning(task, Verdict.GIVE_UP, now);
        }
      }
      task = next;
    }
  }

  /**
   * More than one look can tell of, so that workers do not take them meanwhile; but not a million,
   * as long as it holds the lock.
   */
  private void expireDue(long now) {
    CallTask<G, ?> task = waiting.firstDue();
    for (int i = 0; i < MOST_EXPIRED && task != null && task.wakeNanos() - now <= 0; i++) {
      condemnWaiting(task, now);
      task = waiting.firstDue();
    }
  }

  private void failDue(DueCalls<G> due, long now) {
    CallTask<G, ?> task = condemned.first();
    while (task != null && !due.isFull()) {
      if (task.wakeNanos() - now <= 0) {
        due.add(task, task.verdict());
        task.wakeAt(now + RETRY_NANOS);
      }
      task = CallList.after(task);
    }
  }

  private void signalIfIdle() {
    if (isIdle()) {
      idle.signalAll();
    }
    if (hasEnded()) {
      watch.signalAll();
    }
  }

  private boolean isIdle() {
    return running.size() == 0 && condemned.size() == 0 && waiting.size() == 0;
  }

  private boolean hasEnded() {
    return phase == Phase.CLOSED && isIdle();
  }

  /** When a call must be looked at next. Looks no further than to one that is due. */
  private long earliestWake(long now, long latest) {
    long earliest = earliestWake(condemned, now, latest);
    earliest = earliestWake(running, now, earliest);
    CallTask<G, ?> first = waiting.firstDue();
    return first != null && first.wakeNanos() - earliest < 0 ? first.wakeNanos() : earliest;
  }

  private static <G> long earliestWake(CallList<G> list, long now, long latest) {
    long earliest = latest;
    CallTask<G, ?> task = list.first();
    while (task != null && earliest - now > 0) {
      earliest = task.wakeNanos() - earliest < 0 ? task.wakeNanos() : earliest;
      task = CallList.after(task);
    }
    return earliest;
  }

  /** Memory came back: whoever waits for an instance that could not be made tries again. */
  void memoryFreed() {
    lock.lock();
    try {
      freed++;
      ending.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** How often memory came back so far. */
  long timesFreed() {
    lock.lock();
    try {
      return freed;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits, but not much longer than until memory comes back, unless there is no work left for ever.
   * Some time it always waits: memory may come back and be taken without end.
   *
   * @param freedBefore what {@link #timesFreed} was before the memory was asked for
   * @return {@code false} if there is no work left for ever
   */
  boolean awaitWork(long nanos, long freedBefore) {
    lock.lock();
    try {
      long began = System.nanoTime();
      long left = pause(nanos, freedBefore);
      while (hasFuture() && left > 0) {
        // Not on the condition of work: a call must not wake a worker that cannot take it.
        waitFor(ending, left);
        left = pause(nanos, freedBefore) - (System.nanoTime() - began);
      }
      return hasFuture();
    } finally {
      lock.unlock();
    }
  }

  private long pause(long nanos, long freedBefore) {
    return freed == freedBefore ? nanos : Math.min(nanos, LEAST_PAUSE_NANOS);
  }

  /** Whether a worker may still have something to do. */
  boolean goesOn() {
    lock.lock();
    try {
      return hasFuture();
    } finally {
      lock.unlock();
    }
  }

  private boolean hasFuture() {
    return phase == Phase.OPEN || (phase == Phase.DRAINING && waiting.size() > 0);
  }

  /** Accepts no more; waits until nothing waits or runs. */
  boolean drain(long nanos) {
    lock.lock();
    try {
      if (phase == Phase.OPEN) {
        phase = Phase.DRAINING;
        work.signalAll();
        ending.signalAll();
        seats.wakeAll();
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

  /** Ends it: no call begins any more. Those that wait, and those that run, are due at once. */
  void close() {
    lock.lock();
    try {
      phase = Phase.CLOSED;
      long now = System.nanoTime();
      for (int i = 0; i < waiting.count(); i++) {
        condemnAll(waiting.get(i), now);
      }
      for (CallTask<G, ?> task = running.first(); task != null; task = CallList.after(task)) {
        task.makeDueBy(now);
      }
      work.signalAll();
      ending.signalAll();
      seats.wakeAll();
      watch.signalAll();
      idle.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void condemnAll(ClassQueue<G> waits, long now) {
    waits.forgetDue();
    CallTask<G, ?> task = waits.first();
    while (task != null) {
      condemnWaiting(task, now);
      task = waits.first();
    }
  }

  /** After the close: nobody waits for those that run any more. All that are left are due now. */
  void endAll() {
    lock.lock();
    try {
      long now = System.nanoTime();
      for (CallTask<G, ?> task = running.first(); task != null; task = running.first()) {
        condemnRunning(task, Verdict.GIVE_UP, now);
      }
      for (CallTask<G, ?> task = condemned.first(); task != null; task = CallList.after(task)) {
        task.wakeAt(now);
      }
    } finally {
      lock.unlock();
    }
  }

  QueueLoad load() {
    int[] sizes = new int[waiting.count()]; // Outside the lock: memory that is short takes time.
    int runs;
    long longest;
    lock.lock();
    try {
      waiting.sizes(sizes);
      runs = running.size();
      longest = waiting.longestWait(System.nanoTime());
    } finally {
      lock.unlock();
    }
    return new QueueLoad(waiting.byClass(sizes), runs, longest);
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
