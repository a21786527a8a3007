package org.wasmheap.pool;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;
import org.wasmheap.heap.FailureKind;

/**
 * Lets a call be interrupted while that very call runs, and at no other time.
 *
 * <p>The state word holds the number of the call and a phase. The worker moves it from idle to
 * running, in and out of host functions, and back to idle; whoever interrupts moves it from running
 * to interrupted, and only the one who made that move calls {@link Thread#interrupt()}, inside the
 * monitor. The worker, if it finds its own move forestalled, enters the same monitor before it
 * clears the interrupt flag. So the flag is set after the move and before the clearing, whatever
 * the timing, and is clean when the next call begins.
 */
final class InterruptGate {
  private static final int PHASE_BITS = 3;
  private static final long PHASE_MASK = (1 << PHASE_BITS) - 1;
  private static final long IDLE = 0;
  private static final long RUNNING = 1;
  private static final long IN_HOST = 2;

  /** To be interrupted when the host function returns. */
  private static final long PENDING = 3;

  private static final long INTERRUPTED = 4;

  private static final VarHandle WORD;

  static {
    try {
      WORD = MethodHandles.lookup().findVarHandle(InterruptGate.class, "word", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final Thread worker;

  /**
   * Number of the call and phase. Written by the worker and by whoever interrupts, all moves away
   * from a running call by compare-and-set.
   */
  private volatile long word = IDLE;

  /** Why the present call is interrupted. Guarded by this gate's monitor. */
  private @Nullable FailureKind reason;

  InterruptGate(Thread worker) {
    this.worker = worker;
  }

  /** The worker begins a call, with a clean interrupt flag. */
  void begin(long call) {
    Thread.interrupted();
    word = call << PHASE_BITS | RUNNING;
  }

  /** See {@link CallScope#enterHost()}. */
  boolean enterHost() {
    long now = word;
    if ((now & PHASE_MASK) == IN_HOST || (now & PHASE_MASK) == PENDING) {
      return false;
    }
    if ((now & PHASE_MASK) != RUNNING || !WORD.compareAndSet(this, now, now + IN_HOST - RUNNING)) {
      throw interrupted();
    }
    return true;
  }

  /** See {@link CallScope#exitHost()}. */
  void exitHost() {
    long now = word;
    if ((now & PHASE_MASK) == IN_HOST && WORD.compareAndSet(this, now, now + RUNNING - IN_HOST)) {
      return;
    }
    now = word;
    if ((now & PHASE_MASK) != PENDING) {
      throw new IllegalStateException("the call is in no host function");
    }
    // Only the worker moves away from this phase, so that the engine stops even if the exception
    // is swallowed on its way.
    word = (now & ~PHASE_MASK) | INTERRUPTED;
    worker.interrupt();
    throw interrupted();
  }

  /**
   * Interrupts the call if it is the one that runs.
   *
   * @return whether this interrupts it; not if it has ended, or is interrupted already
   */
  synchronized boolean interrupt(long call, FailureKind why) {
    long running = call << PHASE_BITS | RUNNING;
    long inHost = call << PHASE_BITS | IN_HOST;
    // The worker can forestall a move only by making progress of its own.
    for (long now = word; now == running || now == inHost; now = word) {
      long next = call << PHASE_BITS | (now == running ? INTERRUPTED : PENDING);
      if (WORD.compareAndSet(this, now, next)) {
        reason = why;
        if (now == running) {
          worker.interrupt();
        }
        return true;
      }
    }
    return false;
  }

  /**
   * The worker ends the call; the interrupt flag is clean afterwards.
   *
   * @return why it was interrupted, {@code null} if it was not
   */
  @Nullable FailureKind end(long call) {
    boolean undisturbed = WORD.compareAndSet(this, call << PHASE_BITS | RUNNING, IDLE);
    FailureKind why = undisturbed ? null : endDisturbed();
    Thread.interrupted();
    return why;
  }

  private synchronized @Nullable FailureKind endDisturbed() {
    word = IDLE;
    FailureKind why = reason;
    reason = null;
    return why;
  }

  private static CallException interrupted() {
    return new CallException(FailureKind.INTERRUPTED, "the call was interrupted", null);
  }
}
