package org.wasmheap.pool;

import com.google.common.util.concurrent.AbstractFuture;
import com.google.common.util.concurrent.Futures;
import com.google.common.util.concurrent.ListenableFuture;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.wasmheap.heap.FailureKind;
import org.wasmheap.pool.CallOptions.CallClass;

/**
 * A submitted call and its future. It completes exactly once, whoever comes first: the worker, the
 * watchdog, the caller who cancels, or shutdown; the winner counts the outcome.
 */
final class CallTask<G, R> extends AbstractFuture<R> {
  /** Made before it is needed: when it is, there may be no memory to make it. */
  private static final ListenableFuture<?> LOST =
      Futures.immediateFailedFuture(
          new CallException(
              FailureKind.OUT_OF_MEMORY,
              "the call was lost: its executor had no memory left to say more; raise -Xmx",
              null));

  private final PoolContext<G> pool;
  private final HeapExecutor.Call<? super G, ? extends R> body;
  private final CallOptions options;
  private final long number;
  private final long submittedNanos;
  private final long deadlineNanos;

  /** When the watchdog must look at this call next, nanoTime. Guarded by the queue's lock. */
  private long wakeNanos;

  /** Whether it was interrupted, so that it is given up next. Guarded by the queue's lock. */
  private boolean overdue;

  /** Why it is to be failed. Guarded by the queue's lock. */
  private DueCalls.@Nullable Verdict verdict;

  /**
   * The list that it stands in, and its neighbours there. All three: guarded by the queue's lock.
   */
  private @Nullable Chain<G> chain;

  private @Nullable CallTask<G, ?> previous;
  private @Nullable CallTask<G, ?> next;

  /** Whose outcome counts. Written once, by that thread; of use to it alone. */
  private @Nullable Thread endedBy;

  /** The call on the same thread that made this one. The worker's alone. */
  private @Nullable CallTask<?, ?> maker;

  /**
   * Where it runs. Written by the worker before it begins, read by who interrupts or gives up; the
   * gate itself tells whether this is still its call.
   */
  private volatile @Nullable InterruptGate gate;

  /**
   * Why it must not run on. Written by who interrupts it, before he looks for its gate; read by the
   * worker after it has opened the gate: one of the two sees the other.
   */
  private volatile @Nullable FailureKind stop;

  CallTask(
      PoolContext<G> pool,
      HeapExecutor.Call<? super G, ? extends R> body,
      CallOptions options,
      long submittedNanos,
      long deadlineNanos) {
    this.pool = pool;
    this.body = body;
    this.options = options;
    this.number = pool.nextCall();
    this.submittedNanos = submittedNanos;
    this.deadlineNanos = deadlineNanos;
    this.wakeNanos = deadlineNanos;
  }

  long number() {
    return number;
  }

  String name() {
    return options.name();
  }

  CallClass callClass() {
    return options.callClass();
  }

  CallOptions options() {
    return options;
  }

  long submittedNanos() {
    return submittedNanos;
  }

  long deadlineNanos() {
    return deadlineNanos;
  }

  long wakeNanos() {
    return wakeNanos;
  }

  /** Its time is over, or it was interrupted; {@code false} if it had been before. */
  boolean overdue(long nextNanos) {
    boolean first = !overdue;
    overdue = true;
    wakeNanos = nextNanos;
    return first;
  }

  /** Its executor ends; nothing if it was interrupted before, which is followed up in its time. */
  void dueBy(long now) {
    if (!overdue) {
      wakeNanos = now;
    }
  }

  /** Nobody will run it, or run it on: it is to be failed now. */
  void condemn(DueCalls.Verdict why, long now) {
    verdict = why;
    wakeNanos = now;
  }

  /** As it was condemned. */
  DueCalls.Verdict verdict() {
    return Objects.requireNonNull(verdict, "the call is not condemned");
  }

  /** It is not done yet, and is looked at again then. */
  void wakeAt(long nanoTime) {
    wakeNanos = nanoTime;
  }

  /** The call behind it in its list. */
  @Nullable CallTask<G, ?> next() {
    return next;
  }

  void madeBy(@Nullable CallTask<?, ?> outer) {
    maker = outer;
  }

  @Nullable CallTask<?, ?> maker() {
    return maker;
  }

  /** The worker begins it; from here on it can be interrupted, and given up. */
  void begin(InterruptGate runs) {
    gate = runs;
    runs.begin(number);
  }

  @Nullable InterruptGate gate() {
    return gate;
  }

  @Nullable FailureKind stop() {
    return stop;
  }

  R run(G guest) throws Exception {
    return body.run(guest);
  }

  void complete(@Nullable Object result) {
    // The result came from this task's own body.
    @SuppressWarnings("unchecked")
    R own = (R) result;
    AtomicLong completed = pool.counters().completed;
    completed.incrementAndGet(); // First, so that who has the result finds it counted.
    if (!set(own)) {
      completed.decrementAndGet();
    }
  }

  void fail(CallException failure) {
    boolean cutOff = failure.kind() == FailureKind.SHUTDOWN;
    failWith(failure, pool.counters().failed, cutOff);
  }

  /** It was not accepted. */
  void reject(CallException refusal) {
    failWith(refusal, pool.counters().rejected, false);
  }

  /** As lost, if there is no failure. */
  private void failWith(@Nullable CallException failure, AtomicLong count, boolean cutOff) {
    if (isDone()) {
      return;
    }
    count(count, cutOff, 1); // First, so that who has the outcome finds it counted.
    try {
      if (!(failure == null ? setLost() : setException(failure))) {
        count(count, cutOff, -1);
      }
    } catch (Throwable e) {
      if (endedBy != Thread.currentThread()) {
        count(count, cutOff, -1); // It takes memory to fail: this may be tried again.
      }
      throw e;
    }
  }

  private void count(AtomicLong count, boolean cutOff, int change) {
    count.addAndGet(change);
    pool.counters().cutOff.addAndGet(cutOff ? change : 0);
  }

  /** Its executor failed at it, perhaps for want of memory. */
  void lose(Throwable thrown) {
    try {
      fail(Failures.broken(thrown, this));
    } catch (Throwable again) {
      lose(false);
    }
  }

  /** The same, with words that need no memory; for a call that is cut off, or another. */
  void lose(boolean cutOff) {
    failWith(null, pool.counters().failed, cutOff);
  }

  private boolean setLost() {
    // A failed future is of any type.
    @SuppressWarnings("unchecked")
    ListenableFuture<R> lost = (ListenableFuture<R>) LOST;
    return setFuture(lost); // As it is done, its outcome is taken over as it stands.
  }

  /** Waits for the result, at most so long; the call is cancelled if the thread is interrupted. */
  @SuppressWarnings("NullAway") // A call gives what its caller's type says.
  R await(long nanos) throws InterruptedException {
    try {
      // A call that is over needs no wait, which an interrupt would end.
      return isDone() ? Futures.getDone(this) : get(nanos, TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      cancel(true);
      throw e;
    } catch (TimeoutException e) {
      cancel(true);
      throw new CallException(FailureKind.DEADLINE, this + " did not end in its time", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof CallException failure) {
        throw failure;
      }
      throw new IllegalStateException("a call fails with a CallException only", e);
    }
  }

  /** Interrupts the call if it runs, and keeps it from running if it was taken to be run. */
  boolean interrupt(FailureKind why) {
    stop = why;
    InterruptGate runs = gate;
    return runs != null && runs.interrupt(number, why);
  }

  @Override
  protected void afterDone() {
    endedBy = Thread.currentThread();
    if (isCancelled()) {
      pool.counters().cancelled.incrementAndGet();
      if (!pool.queue().remove(this) && wasInterrupted() && interrupt(FailureKind.CANCELLED)) {
        pool.queue().interrupted(this, System.nanoTime() + pool.graceNanos());
      }
    }
  }

  @Override
  protected String pendingToString() {
    return "call " + number + " '" + name() + "'";
  }

  /**
   * A list of calls, the oldest first, linked through the calls themselves: to move a call from one
   * list to another takes no memory, so none can get lost in between. A call stands in one list at
   * most. Guarded by the queue's lock.
   */
  static final class Chain<G> {
    private @Nullable CallTask<G, ?> first;
    private @Nullable CallTask<G, ?> last;
    private int size;

    @Nullable CallTask<G, ?> first() {
      return first;
    }

    int size() {
      return size;
    }

    /** Takes a call in, which must stand in no list. */
    void add(CallTask<G, ?> task) {
      if (task.chain != null) {
        throw new IllegalStateException(task + " stands in a list already");
      }
      CallTask<G, ?> before = last;
      if (before == null) {
        first = task;
      } else {
        before.next = task;
      }
      task.previous = before;
      task.chain = this;
      last = task;
      size++;
    }

    /** Lets a call out; {@code false} if it does not stand here. */
    boolean remove(CallTask<G, ?> task) {
      if (task.chain != this) {
        return false;
      }
      CallTask<G, ?> before = task.previous;
      CallTask<G, ?> after = task.next;
      if (before == null) {
        first = after;
      } else {
        before.next = after;
      }
      if (after == null) {
        last = before;
      } else {
        after.previous = before;
      }
      task.previous = null;
      task.next = null;
      task.chain = null;
      size--;
      return true;
    }
  }
}
