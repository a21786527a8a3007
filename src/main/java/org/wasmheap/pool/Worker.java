package org.wasmheap.pool;

import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;
import org.wasmheap.heap.Heap;

/**
 * A thread that owns one instance for life, takes calls from the queue, and makes a new instance
 * when one did not end its call normally. All of it is the thread's own, but for the gate and what
 * is volatile.
 */
final class Worker<G> implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(HeapExecutor.class);
  private static final long FIRST_BACK_OFF_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  /** How often an instance is tried to be closed while there is no memory for it. */
  private static final int TRIES = 100;

  private static final long LONGEST_BACK_OFF_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final PoolContext<G> pool;
  private final Crew<G> crew;
  private final Thread thread;
  private final InterruptGate gate;
  private final Seat<G> seat;

  /**
   * When the factory was called that has not returned yet, nanoTime; 0 if none was. Written by this
   * thread, read by the watchdog.
   */
  private volatile long makingSince;

  /**
   * Whether it was given up and has its place still. Written in the crew's monitor, read by any
   * thread.
   */
  private volatile boolean missing;

  /** Whether its factory was reported to take long. The watchdog's alone. */
  private boolean slow;

  /** Of this thread; {@code null} before its first step. */
  private @Nullable CallStack stack;

  /** The last call, if the queue has not heard yet that it is finished. */
  private @Nullable CallTask<G, ?> done;

  /** Whether the last call was given up, and that is not settled yet. */
  private boolean givenUp;

  Worker(PoolContext<G> pool, Crew<G> crew, String name) {
    this.pool = pool;
    this.crew = crew;
    this.thread = new Thread(null, this, name, pool.stackBytes());
    this.gate = new InterruptGate(thread);
    this.seat = new Seat<>(pool);
    thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  /** Waits for the end of the thread, which is interrupted if it is in a factory. */
  boolean join(long nanos) throws InterruptedException {
    if (seat.heap() == null) {
      thread.interrupt();
    }
    TimeUnit.NANOSECONDS.timedJoin(thread, Math.max(nanos, TimeUnit.MILLISECONDS.toNanos(1)));
    return !thread.isAlive();
  }

  @Nullable Heap heap() {
    return seat.heap();
  }

  InterruptGate gate() {
    return gate;
  }

  /** How long the factory has been at work, in nanoseconds; 0 if it is not. */
  long makingNanos(long now) {
    long since = makingSince;
    return since == 0 ? 0 : now - since;
  }

  void miss(boolean value) {
    missing = value;
  }

  boolean isMissing() {
    return missing;
  }

  /** Whether its factory takes long now and did not when this was asked last. */
  boolean becomesSlow(boolean now) {
    boolean becomes = now && !slow;
    slow = now;
    return becomes;
  }

  @Override
  public void run() {
    // Nothing that is thrown in a step ends the thread: that would take capacity for good.
    boolean more = true;
    while (more) {
      try {
        more = mayGoOn() && ensureInstance() && step();
      } catch (Throwable e) {
        Settlement.pauseAfter(e);
      }
    }
    for (int tries = 0; !seat.isClosed() && tries < TRIES; tries++) {
      try {
        seat.close();
      } catch (Throwable e) {
        Settlement.pauseAfter(e);
      }
    }
  }

  private void finish() {
    CallTask<G, ?> last = done;
    if (last != null) {
      pool.queue().finished(last);
      done = null;
    }
  }

  /** Done with the last call; {@code false} if it took too long and another has this place. */
  private boolean mayGoOn() {
    CallStack calls = stack == null ? CallStack.install() : stack;
    stack = calls;
    givenUp |= !gate.release();
    if (!givenUp && seat.isPristine()) {
      return true; // The queue hears with the next visit that the call is finished.
    }
    // What the last call may have left undone, for want of memory, say.
    calls.clear();
    Seat.Reason why = givenUp ? Seat.Reason.GIVEN_UP : Seat.Reason.LOST;
    seat.discard(why.label());
    finish();
    if (!givenUp) {
      return true;
    }
    boolean goesOn = crew.returned(this);
    givenUp = false;
    return goesOn;
  }

  /** Takes a call and makes it; {@code false} at the end. */
  private boolean step() {
    CallStack calls = Objects.requireNonNull(stack, "mayGoOn comes first");
    CallTask<G, ?> task = pool.queue().take(done);
    // Whatever happens below: with the next visit the queue hears of it, and fails what is not
    // done.
    done = task;
    if (task == null) {
      return false;
    }
    try {
      task.begin(gate);
      seat.execute(task, gate, calls);
    } catch (Throwable e) {
      // Out of memory while it reports, say. Dropping the instance may give some back.
      calls.pop(task);
      gate.end(task.number());
      seat.discard(Seat.Reason.LOST.label());
      task.lose(e);
    }
    return true;
  }

  /**
   * Makes an instance if there is none, for as long as calls may come; {@code false} at the end.
   */
  private boolean ensureInstance() {
    long backOffNanos = FIRST_BACK_OFF_NANOS;
    while (seat.isEmpty()) {
      if (pool.queue().phase() == CallQueue.Phase.CLOSED) {
        return false;
      }
      try {
        makingSince = System.nanoTime() | 1;
        seat.create();
        return true;
      } catch (Throwable e) {
        about(LOG.atWarn())
            .addKeyValue("retryMillis", TimeUnit.NANOSECONDS.toMillis(backOffNanos))
            .setCause(e)
            .log("instance.failed");
      } finally {
        makingSince = 0;
        Thread.interrupted();
      }
      if (!pool.queue().awaitWork(backOffNanos)) {
        return false;
      }
      backOffNanos = Math.min(2 * backOffNanos, LONGEST_BACK_OFF_NANOS);
    }
    return true;
  }

  LoggingEventBuilder about(LoggingEventBuilder event) {
    return event.addKeyValue("pool", pool.name()).addKeyValue("worker", thread.getName());
  }
}
