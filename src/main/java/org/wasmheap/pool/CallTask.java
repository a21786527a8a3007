package org.wasmheap.pool;

import com.google.common.util.concurrent.AbstractFuture;
import com.google.common.util.concurrent.Futures;
import com.google.common.util.concurrent.ListenableFuture;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.guest.GuestCall;
import org.wasmheap.pool.CallOptions.CallClass;
import org.wasmheap.text.Printable;

/**
 * A submitted call and its future. It completes exactly once, by whichever comes first: the worker,
 * the watchdog, the caller who cancels, or shutdown; the one that completes it counts the outcome.
 *
 * <p>Its caller may keep it for ever. So once it is done it refers to its outcome and to nothing
 * that the caller gave it but a name and a copy of the diagnostic context; and once its thread is
 * done with it, to nothing of that thread.
 */
final class CallTask<G, R extends @Nullable Object> extends AbstractFuture<R>
    implements DueHeap.Entry {
  /** Made before it is needed, see {@link FullJavaHeap}. */
  private static final ListenableFuture<?> BROKEN =
      Futures.immediateFailedFuture(
          new CallException(
              FailureKind.OUT_OF_MEMORY,
              "the executor broke down at a call, and had no memory left to say more; raise -Xmx",
              null));

  private final Books<G> books;
  private final CallClass callClass;
  private final String name;
  private final long number;
  private final long submittedNanos;
  private final long deadlineNanos;

  /** The diagnostic context of the thread that submitted it; {@code null} if that was empty. */
  private final @Nullable Map<String, String> mdc;

  // Both are null once the call is done. Cleared, the body first, by the thread that completes it;
  // read, the context first, by the thread that runs it: whoever finds the body had the context.
  private volatile @Nullable GuestCall<? super G, ? extends R> body;
  private volatile @Nullable Object context;

  /** When the watchdog must look at this call next, nanoTime. Guarded by the queue's lock. */
  private long wakeNanos;

  /**
   * What has become of it, or is to become: interrupted, so that it is given up next, or failed.
   * Guarded by the queue's lock.
   */
  private @Nullable Verdict verdict;

  // The list that it stands in, and its neighbours there. Written by CallList alone; all three are
  // guarded by the queue's lock.
  @Nullable Object list;
  @Nullable CallTask<G, ?> previous;
  @Nullable CallTask<G, ?> next;

  /** Where it stands in the heap of waiting calls. Written by DueHeap; guarded by the same lock. */
  private int place = DueHeap.NOWHERE;

  /**
   * Whose outcome counts, while that thread is still about it: a thread that has ended may keep
   * what it ran. Each thread writes and looks for itself alone.
   */
  private @Nullable Thread endedBy;

  /**
   * Where it runs. Written by the worker before it begins and when it is done with it, read by
   * those who interrupt it or give it up; the gate itself tells whether this is still its call.
   */
  private volatile @Nullable InterruptGate gate;

  /**
   * Why it must not run on. Written by the thread that interrupts it, before it looks for the gate;
   * read by the worker after it has opened the gate: one of the two sees the other.
   */
  private volatile @Nullable FailureKind stop;

  /** Where a call is known until it is done: the queue. */
  interface Home<G> {
    /**
     * The call was cancelled by its caller.
     *
     * @param interrupt whether it is to be interrupted if it runs
     */
    void cancelled(CallTask<G, ?> task, boolean interrupt);
  }

  /** Where the calls of an executor are known and counted: the same for all of them. */
  record Books<G>(Home<G> home, Counters counters) {}

  CallTask(
      Books<G> books,
      long number,
      GuestCall<? super G, ? extends R> body,
      CallOptions options,
      long submittedNanos,
      long deadlineNanos,
      @Nullable Map<String, String> mdc) {
    this.books = books;
    this.number = number;
    this.body = body;
    this.context = options.context();
    this.callClass = options.callClass();
    this.name =
        options.name() == null
            ? Objects.requireNonNull(body.name(), "name of the call")
            : options.name();
    this.submittedNanos = submittedNanos;
    this.deadlineNanos = deadlineNanos;
    this.wakeNanos = deadlineNanos;
    this.mdc = mdc;
  }

  long number() {
    return number;
  }

  String name() {
    return name;
  }

  CallClass callClass() {
    return callClass;
  }

  @Nullable Map<String, String> mdc() {
    return mdc;
  }

  long submittedNanos() {
    return submittedNanos;
  }

  long deadlineNanos() {
    return deadlineNanos;
  }

  // For the queue, in its lock.

  @Override
  public long wakeNanos() {
    return wakeNanos;
  }

  @Override
  public int place() {
    return place;
  }

  @Override
  public void moveTo(int newPlace) {
    place = newPlace;
  }

  /** Its time is over, or it was interrupted; {@code false} if it had been before. */
  boolean markOverdue(long nextNanos) {
    if (verdict != null) {
      return false;
    }
    verdict = Verdict.INTERRUPT;
    wakeNanos = nextNanos;
    return true;
  }

  /** Its executor ends; nothing if it was interrupted before, which is followed up in its time. */
  void makeDueBy(long now) {
    if (verdict == null) {
      wakeNanos = now;
    }
  }

  /** Nobody will run it, or run it on: it is to be failed now. */
  void condemn(Verdict why, long now) {
    verdict = why;
    wakeNanos = now;
  }

  /** As it was condemned. */
  Verdict verdict() {
    return Objects.requireNonNull(verdict, "the call is not condemned");
  }

  /** It is not done yet, and is looked at again then. */
  void wakeAt(long nanoTime) {
    wakeNanos = nanoTime;
  }

  // For the worker.

  /** The worker begins it; from here on it can be interrupted, and given up. */
  void begin(InterruptGate runs) {
    gate = runs;
    runs.endsBy(deadlineNanos);
    runs.begin(number);
  }

  @Nullable InterruptGate gate() {
    return gate;
  }

  @Nullable FailureKind stop() {
    return stop;
  }

  /** What the caller gave it for host functions; to be asked before {@link #body()}. */
  @Nullable Object context() {
    return context;
  }

  /** What it does; {@code null} if it is done, and must not run. */
  @Nullable GuestCall<? super G, ? extends R> body() {
    return body;
  }

  /** The thread that ran it is done with it, and with all that came of its end. */
  void leave() {
    gate = null;
  }

  // The outcome.

  void complete(@Nullable Object result) {
    // The result came from this task's own body.
    @SuppressWarnings("unchecked")
    R own = (R) result;
    AtomicLong completed = books.counters().completed;
    completed.incrementAndGet(); // First, so that whoever has the result finds it counted.
    try {
      if (!set(own)) {
        completed.decrementAndGet();
      }
    } finally {
      forgetEnd();
    }
  }

  private void forgetEnd() {
    if (endedBy == Thread.currentThread()) {
      endedBy = null;
    }
  }

  void fail(CallException failure) {
    boolean cutOff = failure.kind() == FailureKind.SHUTDOWN;
    failWith(failure, books.counters().failed, cutOff);
  }

  /** It was not accepted. */
  void reject(CallException refusal) {
    failWith(refusal, books.counters().rejected, false);
  }

  /**
   * Its executor failed at it, and there is no memory to say more.
   *
   * @param cutOff whether the executor ends, which is then the reason
   */
  void failAsBroken(boolean cutOff) {
    failWith(null, books.counters().failed, cutOff);
  }

  /** As broken, if there is no failure. */
  private void failWith(@Nullable CallException failure, AtomicLong count, boolean cutOff) {
    if (isDone()) {
      return;
    }
    count(count, cutOff, 1); // First, so that whoever has the outcome finds it counted.
    try {
      if (!(failure == null ? setBroken() : setException(failure))) {
        count(count, cutOff, -1);
      }
    } catch (Throwable e) {
      if (endedBy != Thread.currentThread()) {
        count(count, cutOff, -1); // It takes memory to fail: this may be tried again.
      }
      throw e;
    } finally {
      forgetEnd();
    }
  }

  private void count(AtomicLong count, boolean cutOff, int change) {
    count.addAndGet(change);
    books.counters().cutOff.addAndGet(cutOff ? change : 0);
  }

  private boolean setBroken() {
    // A failed future is of any type.
    @SuppressWarnings("unchecked")
    ListenableFuture<R> broken = (ListenableFuture<R>) BROKEN;
    return setFuture(broken); // As it is done, its outcome is taken over as it stands.
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
    body = null;
    context = null;
    if (!isCancelled()) {
      endedBy = Thread.currentThread();
    } else {
      books.counters().cancelled.incrementAndGet();
      books.home().cancelled(this, wasInterrupted());
    }
  }

  @Override
  protected String pendingToString() {
    return "call " + number + " '" + Printable.name(name) + "'";
  }
}
