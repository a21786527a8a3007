package org.wasmheap.pool;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.wasmheap.heap.FailureKind;
import org.wasmheap.heap.Heap;

/**
 * A thread that owns one heap and one guest for life, and makes new ones when an instance did not
 * end its call normally. All of it is the thread's own, but for the gate and what is volatile.
 */
final class Worker<G> implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(HeapExecutor.class);
  private static final long FIRST_BACK_OFF_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
  private static final long LONGEST_BACK_OFF_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final HeapExecutor<G> executor;
  private final Thread thread;
  private final InterruptGate gate;

  private GuestFactory.@Nullable Instance<G> instance;

  /** The heap of {@link #instance}. Written by this thread, read by any for statistics. */
  private volatile @Nullable Heap heap;

  /** Whether the next instance takes the place of one that was discarded. */
  private boolean replacing;

  Worker(HeapExecutor<G> executor, String name, long stackBytes) {
    this.executor = executor;
    this.thread = new Thread(null, this, name, stackBytes);
    this.gate = new InterruptGate(thread);
    thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  /** Waits for the end of the thread; one that is in a factory is interrupted. */
  void join(long nanos) throws InterruptedException {
    if (heap == null) {
      thread.interrupt();
    }
    TimeUnit.NANOSECONDS.timedJoin(thread, Math.max(nanos, TimeUnit.MILLISECONDS.toNanos(1)));
    if (thread.isAlive()) {
      LOG.atWarn()
          .addKeyValue("pool", executor.name())
          .addKeyValue("worker", thread.getName())
          .log("worker.abandoned");
    }
  }

  @Nullable Heap heap() {
    return heap;
  }

  /** Interrupts a call if this worker runs it now; from any thread. */
  boolean interrupt(long call, FailureKind why) {
    return gate.interrupt(call, why);
  }

  @Override
  public void run() {
    // Nothing that is thrown in a step ends the thread: that would take capacity for good.
    boolean more = true;
    while (more) {
      try {
        more = ensureInstance() && step();
      } catch (Throwable e) {
        survive(e);
      }
    }
    discard();
  }

  /** Takes a call and makes it; {@code false} at the end. */
  private boolean step() {
    CallTask<G, ?> task = executor.queue().take();
    if (task == null) {
      return false;
    }
    try {
      execute(task);
    } catch (Throwable e) {
      // Out of memory while it reports, say. Dropping the instance may give some back.
      discard();
      task.lose(e);
    }
    // Not in a finally block: a call that could not even be failed stays known to the watchdog.
    executor.queue().finished(task);
    return true;
  }

  /** Without memory nothing here may be taken for granted: waiting and logging take some too. */
  private void survive(Throwable e) {
    LockSupport.parkNanos(FIRST_BACK_OFF_NANOS);
    try {
      LOG.atError()
          .addKeyValue("pool", executor.name())
          .addKeyValue("worker", thread.getName())
          .setCause(e)
          .log("worker.failed");
    } catch (Throwable unlogged) {
      Thread.interrupted();
    }
  }

  /**
   * Makes an instance if there is none, for as long as calls may come; {@code false} at the end.
   */
  private boolean ensureInstance() {
    long backOffNanos = FIRST_BACK_OFF_NANOS;
    while (instance == null) {
      if (executor.queue().phase() == CallQueue.Phase.CLOSED) {
        return false;
      }
      try {
        create();
        return true;
      } catch (Throwable e) {
        Thread.interrupted();
        LOG.atWarn()
            .addKeyValue("pool", executor.name())
            .addKeyValue("worker", thread.getName())
            .addKeyValue("retryMillis", TimeUnit.NANOSECONDS.toMillis(backOffNanos))
            .setCause(e)
            .log("instance.failed");
      }
      if (!executor.queue().awaitWork(backOffNanos)) {
        return false;
      }
      backOffNanos = Math.min(2 * backOffNanos, LONGEST_BACK_OFF_NANOS);
    }
    return true;
  }

  private void create() throws Exception {
    GuestFactory.Instance<G> made = executor.factory().create();
    Heap own =
        new Heap(
            executor.name(),
            executor.nextHeapName(),
            made.memory(),
            made.heapBase(),
            made.blockLimit(),
            executor.listener());
    own.claim();
    instance = made;
    heap = own;
    if (replacing) {
      replacing = false;
      executor.counters().replaced.increment();
      LOG.atInfo()
          .addKeyValue("pool", executor.name())
          .addKeyValue("heap", own.name())
          .log("heap.replaced");
    }
    executor.queue().instances(1);
  }

  private void discard() {
    GuestFactory.Instance<G> old = instance;
    Heap retired = heap;
    instance = null;
    heap = null;
    if (old != null && retired != null) {
      replacing = true;
      executor.queue().instances(-1);
      retired.retire();
      try {
        old.discard();
      } catch (RuntimeException e) {
        LOG.atWarn().addKeyValue("heap", retired.name()).setCause(e).log("instance.failed");
      }
    }
  }

  private <R> void execute(CallTask<G, R> task) {
    Heap own = heap;
    GuestFactory.Instance<G> guest = instance;
    if (own == null || guest == null) {
      throw new IllegalStateException("a worker takes a call only when it has an instance");
    }
    task.runsOn(this);
    gate.begin(task.number());
    // Cancelled between the queue and here: the interrupt may have come too early to be seen.
    if (task.isDone()) {
      gate.end(task.number());
      return;
    }
    long began = System.nanoTime();
    @Nullable R result = null;
    @Nullable Throwable thrown = null;
    @Nullable CallScope scope = null;
    try {
      scope = new CallScope(own.begin(task.number(), task.name()), task.options().context(), gate);
      result = task.run(guest.open(scope));
    } catch (Throwable e) {
      thrown = e;
    }
    FailureKind interrupted = gate.end(task.number());
    // What was lost stays lost, whatever the call's own code made of the exception.
    Throwable lost = own.firstCause();
    if (lost == null && scope != null) {
      lost = scope.lost();
    }
    thrown = lost == null ? thrown : lost;
    CallException failure = thrown == null ? null : Failures.of(thrown, interrupted, task, own);
    long ended = System.nanoTime();
    int blocks = failure == null ? reset(own, guest) : abandon(own, failure);
    own.completed(
        failure == null ? null : failure.kind(),
        began - task.submittedNanos(),
        ended - began,
        failure == null ? System.nanoTime() - ended : 0,
        blocks);
    if (failure == null) {
      task.complete(result);
    } else {
      task.fail(failure);
    }
  }

  /** Puts heap and guest back; discards them where that fails. The result stands either way. */
  private int reset(Heap own, GuestFactory.Instance<G> guest) {
    try {
      guest.close();
      int blocks = own.reset();
      if (executor.verifiesResets()) {
        verify(own, guest);
      }
      return blocks;
    } catch (RuntimeException | OutOfMemoryError | StackOverflowError e) {
      LOG.atWarn().addKeyValue("heap", own.name()).setCause(e).log("reset.failed");
      discard();
      return 0;
    }
  }

  /** A reset that left something behind is a bug; the instance must not see another call. */
  private void verify(Heap own, GuestFactory.Instance<G> guest) {
    String difference = guest.difference();
    if (difference != null) {
      LOG.atError()
          .addKeyValue("pool", executor.name())
          .addKeyValue("heap", own.name())
          .addKeyValue("generation", own.generation())
          .addKeyValue("difference", difference)
          .log("reset.incomplete");
      discard();
    }
  }

  private int abandon(Heap own, CallException failure) {
    if (own.state() == Heap.State.POISONED) {
      executor.counters().poisoned.increment();
    } else if (!failure.isDeterministic()) {
      own.abort(failure);
    }
    discard();
    return 0;
  }
}
