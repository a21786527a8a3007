package org.wasmheap.pool;

import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;
import org.wasmheap.text.Printable;

/**
 * A thread that owns one slot for life, takes calls from the queue, and has a new instance made
 * when one did not end its call normally. All of it is the thread's own, but for the gate and what
 * says otherwise.
 */
final class Worker<G> implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(Worker.class);

  /** How often a slot is tried to be closed while there is no memory for it. */
  private static final int TRIES = 100;

  private final String pool;
  private final CallQueue<G> queue;
  private final CallRun<G> run;
  private final Home<G> home;
  private final Thread thread;
  private final InterruptGate gate;
  private final InstanceSlot<G> slot;

  /** Whether another has its place, since it was given up. Guarded by its home's monitor. */
  boolean replaced;

  /** Whether it is to end, since there are to be fewer. Guarded by its home's monitor. */
  boolean calledAway;

  /** Of this thread; {@code null} before its first step. */
  private @Nullable CallStack stack;

  /** The last call, if the queue has not heard yet that it is finished. */
  private final Seat<G> seat = new Seat<>();

  /** The diagnostic context of the last call, until its instance is put back or replaced. */
  private @Nullable Map<String, String> mdc;

  /** Whether the last call was given up, and that is not settled yet. */
  private boolean givenUp;

  /** What a worker that was given up comes back to. */
  interface Home<G> {
    /** Takes it back; {@code true} if its place is still its own, so that it goes on. */
    boolean takeBack(Worker<G> worker);

    /** Its thread ends. */
    void ended(Worker<G> worker);
  }

  Worker(
      PoolSettings<G> settings,
      CallQueue<G> queue,
      CallRun<G> run,
      InstanceSlot<G> slot,
      Home<G> home,
      String name) {
    this.pool = settings.name();
    this.queue = queue;
    this.run = run;
    this.home = home;
    this.slot = slot;
    this.thread = new Thread(null, this, name, settings.stackBytes());
    this.gate = new InterruptGate(thread);
    thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  /** Waits for the end of the thread, which is interrupted if it is in a factory. */
  boolean join(long nanos) throws InterruptedException {
    if (slot.view() == null) {
      thread.interrupt();
    }
    TimeUnit.NANOSECONDS.timedJoin(thread, Math.max(nanos, TimeUnit.MILLISECONDS.toNanos(1)));
    return !thread.isAlive();
  }

  boolean isAlive() {
    return thread.isAlive();
  }

  InterruptGate gate() {
    return gate;
  }

  Seat<G> seat() {
    return seat;
  }

  InstanceSlot<G> slot() {
    return slot;
  }

  @Override
  public void run() {
    // Nothing that is thrown in a step ends the thread: that would take capacity for good.
    boolean more = true;
    CallMdc.put(null); // Where a new thread inherits that of the thread that starts it.
    while (more) {
      try {
        more = settleLastCall() && ensureInstance() && step();
      } catch (Throwable e) {
        FullJavaHeap.pauseAfter(LOG, e);
      }
    }
    for (int tries = 0; !slot.isClosed() && tries < TRIES; tries++) {
      try {
        slot.close();
      } catch (Throwable e) {
        FullJavaHeap.pauseAfter(LOG, e);
      }
    }
    home.ended(this);
  }

  /** Done with the last call; {@code false} if it took too long and another has this place. */
  private boolean settleLastCall() {
    CallStack calls = stack == null ? CallStack.install() : stack;
    stack = calls;
    givenUp |= !gate.release();
    if (!givenUp && slot.isPristine()) {
      mdc = null;
      return true; // The queue hears with the next visit that the call is finished.
    }
    CallMdc.put(mdc);
    try {
      return settleFailure(calls);
    } finally {
      CallMdc.put(null);
    }
  }

  /** What the last call may have left undone, see {@link FullJavaHeap}. */
  private boolean settleFailure(CallStack calls) {
    calls.clear();
    slot.discard(givenUp ? PoolListener.Reason.ABANDONED : PoolListener.Reason.BROKEN);
    finish();
    if (!givenUp) {
      return true;
    }
    boolean goesOn = home.takeBack(this);
    givenUp = false;
    return goesOn;
  }

  private void finish() {
    CallTask<G, ?> finished = seat.last;
    if (finished != null) {
      queue.finished(finished);
      seat.last = null;
    }
  }

  /** Takes a call and makes it; {@code false} at the end. */
  private boolean step() {
    CallStack calls = Objects.requireNonNull(stack, "settleLastCall comes first");
    CallTask<G, ?> task = queue.take(seat);
    // Whatever happens below: with the next visit the queue hears of it, and fails what is not
    // done.
    seat.last = task;
    if (task == null) {
      return goesOn();
    }
    mdc = task.mdc();
    try {
      if (mdc != null) {
        CallMdc.put(mdc);
      }
      task.begin(gate);
      run.execute(task, slot, gate, calls);
    } catch (Throwable e) {
      // Out of memory while it reports, say. To drop the instance may give some back.
      gate.end(task.number());
      slot.discard(PoolListener.Reason.BROKEN);
      Failures.endBroken(task, e);
      FullJavaHeap.report(LOG, e);
    } finally {
      task.leave();
      CallMdc.put(null); // Also what host functions and listeners have put there.
    }
    return true;
  }

  /** There was no call to be had: the end, or an instance that nobody needs. */
  private boolean goesOn() {
    if (queue.seats().leaves(seat)) {
      return false;
    }
    if (seat.surplus) {
      slot.giveUp();
      queue.seats().gaveUp(seat);
    }
    return queue.goesOn();
  }

  /**
   * Makes an instance if there is none and one is needed, for as long as calls may come; {@code
   * false} at the end.
   */
  private boolean ensureInstance() {
    BackOff backOff = new BackOff(pool);
    while (slot.isEmpty()) {
      if (queue.phase() == CallQueue.Phase.CLOSED) {
        return false;
      }
      switch (queue.seats().awaitDemand(seat)) {
        case NONE -> slot.notNeeded();
        case END -> {
          return false;
        }
        case AN_INSTANCE -> {
          long freed = queue.timesFreed();
          if (!make(backOff) && !queue.awaitWork(backOff.nanos(), freed)) {
            return false;
          }
        }
        default -> throw new AssertionError();
      }
    }
    return true;
  }

  /** Makes an instance; {@code false} if it cannot be made now. */
  private boolean make(BackOff backOff) {
    CallStack calls = Objects.requireNonNull(stack, "settleLastCall comes first");
    try {
      calls.making(true);
      CallMdc.put(mdc);
      slot.create();
      mdc = null;
      return true;
    } catch (Throwable e) {
      queue.seats().failedToMake(seat);
      backOff.afterFailure(e);
      return false;
    } finally {
      calls.making(false);
      CallMdc.put(null);
    }
  }

  LoggingEventBuilder about(LoggingEventBuilder event) {
    return event
        .addKeyValue("pool", Printable.name(pool))
        .addKeyValue("worker", thread.getName()); // Escaped when it was made.
  }
}
