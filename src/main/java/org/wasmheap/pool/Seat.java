package org.wasmheap.pool;

import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.wasmheap.heap.FailureKind;
import org.wasmheap.heap.Heap;
import org.wasmheap.heap.HeapListener;

/**
 * A place for one instance with its heap: makes the instance, runs a call on it, puts it back, and
 * drops it when a call did not end normally. The owner thread's alone, but for {@link #heap()}.
 */
final class Seat<G> {
  private static final Logger LOG = LoggerFactory.getLogger(HeapExecutor.class);

  private final PoolContext<G> pool;

  /** The owner's alone. A seat of the reserve changes owners under the reserve's lock. */
  private GuestFactory.@Nullable Instance<G> instance;

  /** Whether this place is closed for good. The owner's alone. */
  private boolean closed;

  /** Whether a call has begun on it and it was not put back since. The owner's alone. */
  private boolean used;

  /** The heap of {@link #instance}. Written by the owner, read by any thread for statistics. */
  private volatile @Nullable Heap heap;

  /** Makes the token of the present call dead. Made with the heap, so that a call makes none. */
  private Runnable revoke = () -> {};

  private final CallTimes times;

  /** What the next instance takes the place of; {@code null} if of nothing. The owner's. */
  private @Nullable String discarded;

  /** Why that was discarded, and when. The label of a failure, or of one of these. */
  private String reason = Reason.CLOSED.label();

  private long discardedNanos;

  /** Why an instance is discarded whose call did not fail by itself. */
  enum Reason {
    LOST("lost"),
    GIVEN_UP("given_up"),
    CLOSED("closed"),
    RESET_FAILED("reset_failed"),
    RESET_INCOMPLETE("reset_incomplete");

    // Made with the first seat: a literal takes memory where it is met first.
    private final String label;

    Reason(String label) {
      this.label = label;
    }

    String label() {
      return label;
    }
  }

  Seat(PoolContext<G> pool) {
    this.pool = pool;
    this.times = pool.times().begin();
  }

  @Nullable Heap heap() {
    return heap;
  }

  boolean isClosed() {
    return closed;
  }

  boolean isEmpty() {
    return instance == null;
  }

  /** Whether there is an instance as new. */
  boolean isPristine() {
    return instance != null && !used;
  }

  /** The calling thread owns the heap from here on. */
  void claim() {
    Heap own = heap;
    if (own != null) {
      own.claim();
    }
  }

  /** Gives the heap up, for another thread to claim. */
  void release() {
    Heap own = heap;
    if (own != null) {
      own.release();
    }
  }

  /** Makes an instance, which the calling thread owns, and warms it up. */
  void create() throws Exception {
    GuestFactory.Instance<G> made = pool.factory().create();
    Heap own =
        new Heap(
            pool.name(),
            pool.nextHeapName(),
            made.memory(),
            made.heapBase(),
            made.blockLimit(),
            pool.listener());
    own.claim();
    try {
      warmUp(made, own);
    } catch (Throwable e) {
      own.retire();
      made.discard();
      throw e;
    }
    String old = discarded;
    discarded = null;
    if (old != null) {
      pool.counters()
          .replaced
          .incrementAndGet(); // First, so that who finds it ready finds it counted.
    }
    revoke = own::revoke;
    instance = made;
    heap = own;
    try {
      if (old != null) {
        replaced(own, old);
      }
    } finally {
      pool.queue().instancesChanged();
    }
  }

  private void replaced(Heap own, String old) {
    long nanos = System.nanoTime() - discardedNanos;
    LOG.atInfo()
        .addKeyValue("pool", pool.name())
        .addKeyValue("heap", own.name())
        .addKeyValue("replaced", old)
        .addKeyValue("reason", reason)
        .addKeyValue("tookMicros", TimeUnit.NANOSECONDS.toMicros(nanos))
        .log("heap.replaced");
    pool.listener()
        .replaced(own, new HeapListener.Replacement(pool.name(), own.name(), old, reason, nanos));
  }

  /** Makes a first call, so that none that matters pays for what the first one sets up. */
  private void warmUp(GuestFactory.Instance<G> made, Heap own) throws Exception {
    HeapExecutor.Call<? super G, ?> first = pool.warmUp();
    if (first == null) {
      return;
    }
    InterruptGate gate = new InterruptGate(Thread.currentThread());
    gate.begin(0);
    CallScope scope = new CallScope(own.begin(0, "warm-up"), null, gate);
    first.run(made.open(scope));
    Throwable lost = lost(own, scope);
    if (lost != null) {
      throw new IllegalStateException("the call that warms up an instance failed", lost);
    }
    made.close();
    own.reset();
  }

  /**
   * Takes the instance out of use, whatever fails meanwhile.
   *
   * @param why for who hears of the next one: see {@link HeapListener.Replacement}
   */
  void discard(String why) {
    GuestFactory.Instance<G> old = instance;
    Heap retired = heap;
    if (old == null || retired == null) {
      return;
    }
    instance = null;
    heap = null;
    used = false;
    discarded = retired.name();
    reason = why;
    discardedNanos = System.nanoTime();
    try {
      retired.retire();
    } finally {
      discard(old, retired);
    }
    pool.queue().instancesChanged();
  }

  private void discard(GuestFactory.Instance<G> old, Heap retired) {
    try {
      old.discard();
    } catch (RuntimeException e) {
      LOG.atWarn().addKeyValue("heap", retired.name()).setCause(e).log("instance.failed");
    }
  }

  /** Takes the instance out of use, for good; done when it returns. */
  void close() {
    try {
      discard(Reason.CLOSED.label());
    } finally {
      pool.times().retire(times);
    }
    closed = true;
  }

  /**
   * Makes a call on the calling thread: runs it, puts the instance back or drops it, reports, and
   * completes the future.
   *
   * @param gate the thread's own, begun; to be released by who calls this
   */
  <R> void execute(CallTask<G, R> task, InterruptGate gate, CallStack stack) {
    Heap own = heap;
    GuestFactory.Instance<G> guest = instance;
    if (own == null || guest == null) {
      throw new IllegalStateException("a call needs an instance");
    }
    gate.revokesBy(revoke);
    FailureKind stop = task.stop();
    if (stop != null || task.isDone()) {
      gate.end(task.number());
      task.fail(Failures.stopped(task, stop == null ? FailureKind.CANCELLED : stop));
      return;
    }
    long began = System.nanoTime();
    @Nullable R result = null;
    @Nullable Throwable thrown = null;
    @Nullable CallScope scope = null;
    stack.push(task);
    used = true;
    try {
      scope = new CallScope(own.begin(task.number(), task.name()), task.options().context(), gate);
      // Given up between the gate's beginning and the heap's: the token lives, and must not.
      if (gate.isLost()) {
        own.revoke();
      }
      result = task.run(guest.open(scope));
    } catch (Throwable e) {
      thrown = e;
    }
    FailureKind interrupted = gate.end(task.number());
    // What was lost stays lost, whatever the call's own code made of the exception.
    Throwable lost = lost(own, scope);
    thrown = lost == null ? thrown : lost;
    CallException failure = thrown == null ? null : Failures.of(thrown, interrupted, task, own);
    if (failure == null && gate.isLost()) {
      failure = Failures.late(task);
    }
    long ended = System.nanoTime();
    int blocks = failure == null ? reset(own, guest) : abandon(own, failure);
    long queueNanos = began - task.submittedNanos();
    long runNanos = ended - began;
    long resetNanos = failure == null ? System.nanoTime() - ended : 0;
    times.add(queueNanos, runNanos, resetNanos);
    own.completed(
        task.callClass().label(),
        failure == null ? null : failure.kind(),
        queueNanos,
        runNanos,
        resetNanos,
        blocks);
    stack.pop(task); // First: listeners that run here are in no call.
    if (failure == null) {
      task.complete(result);
    } else {
      task.fail(failure);
    }
  }

  private static @Nullable Throwable lost(Heap own, @Nullable CallScope scope) {
    Throwable first = own.firstCause();
    return first == null && scope != null ? scope.lost() : first;
  }

  /** Puts heap and guest back; discards them where that fails. The result stands either way. */
  private int reset(Heap own, GuestFactory.Instance<G> guest) {
    try {
      guest.close();
      int blocks = own.reset();
      if (pool.verifiesResets()) {
        verify(own, guest);
      }
      used = false;
      return blocks;
    } catch (RuntimeException | OutOfMemoryError | StackOverflowError e) {
      discard(Reason.RESET_FAILED.label());
      LOG.atWarn().addKeyValue("heap", own.name()).setCause(e).log("reset.failed");
      return 0;
    }
  }

  /** A reset that left something behind is a bug; the instance must not see another call. */
  private void verify(Heap own, GuestFactory.Instance<G> guest) {
    String difference = guest.difference();
    if (difference != null) {
      LOG.atError()
          .addKeyValue("pool", pool.name())
          .addKeyValue("heap", own.name())
          .addKeyValue("generation", own.generation())
          .addKeyValue("difference", difference)
          .log("reset.incomplete");
      discard(Reason.RESET_INCOMPLETE.label());
    }
  }

  private int abandon(Heap own, CallException failure) {
    if (own.state() == Heap.State.POISONED) {
      pool.counters().poisoned.incrementAndGet();
    } else if (!failure.isDeterministic()) {
      own.abort(failure);
    }
    discard(failure.kind().label());
    return 0;
  }
}
