package org.wasmheap.pool;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.CallScope;
import org.wasmheap.guest.FailureKind;

/**
 * The state word of a thread that runs calls: lets a call be interrupted while that very call runs,
 * and at no other time, and lets a thread that does not come back be given up exactly once.
 *
 * <p>The word holds the number of the call and a phase. The worker moves it from idle to running,
 * in and out of host functions, to ending and back to idle; whoever interrupts moves it from
 * running to interrupted, and only the thread that made that move calls {@link Thread#interrupt()},
 * inside the monitor. The worker, if it finds its own move forestalled, enters the same monitor
 * before it clears the interrupt flag. So the flag is set after the move and before the clearing,
 * whatever the timing, and is clean when the next call begins.
 *
 * <p>A host function may call its own guest back. That is guest code, so the worker moves from the
 * host function to running and, when the callback is over, back again. An interrupt that came while
 * the host function worked refuses the callback. One that comes while the callback runs finds the
 * call running and sets the flag; the worker, if it finds its move back forestalled, enters the
 * monitor, clears the flag and turns interrupted into pending. So the host function goes on with a
 * clean flag, as it began, and its own work is never interrupted; when it returns, the call is
 * interrupted again, as by any interrupt that waited. Host functions and callbacks may follow one
 * another to any depth: each level that was entered is left by the same level, whatever fails, and
 * the phase tells which kind is innermost. Where the thread's stack ends just there, a level stays
 * entered; the level around it then finds the phase that it would leave by, is told so, and the
 * phase stays.
 *
 * <p>Abandoned is final for its call: the move away from any other phase and the move to idle
 * exclude each other, so a thread either came back in time or was given up.
 *
 * <p>A call that makes a call of its own on the same thread links that call's gate to its own:
 * whoever interrupts or gives up the outer call reaches the inner one through it. Monitors are
 * taken from the outer gate to the inner.
 */
final class InterruptGate implements CallScope.Interrupts {
  private static final int PHASE_BITS = 3;
  private static final long PHASE_MASK = (1 << PHASE_BITS) - 1;
  private static final long IDLE = 0;
  private static final long RUNNING = 1;
  private static final long IN_HOST = 2;

  /** To be interrupted when the host function returns. */
  private static final long PENDING = 3;

  private static final long INTERRUPTED = 4;

  /** The guest is done; the thread resets, reports and completes. */
  private static final long ENDING = 5;

  /** The thread did not come back in time; its call is over for everybody else. */
  private static final long ABANDONED = 6;

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
   * Number of the call and phase. Written by the worker, and inside the monitor by whoever
   * interrupts or gives up; all moves that another thread might forestall are by compare-and-set.
   */
  private volatile long word = IDLE;

  /**
   * Makes the call's token dead. Written by the worker, which looks afterwards whether the call is
   * given up; read by the thread that gives the call up, after it has said so: one of the two kills
   * the token.
   */
  private volatile @Nullable Runnable revoke;

  /** Why the present call is interrupted. Guarded by this gate's monitor. */
  private @Nullable FailureKind reason;

  /** The gate of the call that the present call makes. Guarded by this gate's monitor. */
  private @Nullable InterruptGate inner;

  /** Whether the inner call was made outside a host function. Guarded by this gate's monitor. */
  private boolean innerFromGuest;

  /**
   * Whether a callback of the present call was refused or interrupted: what fails after that is no
   * verdict on the guest, though the host function goes on. The worker's own.
   */
  private boolean hasBeenTold;

  /** When the present call must have ended, nanoTime. The worker's own. */
  private long deadlineNanos;

  /** One object for all calls. */
  private final BooleanSupplier interrupted = this::isInterrupted;

  InterruptGate(Thread worker) {
    this.worker = worker;
  }

  /** The worker begins a call, with a clean interrupt flag. */
  void begin(long call) {
    Thread.interrupted();
    hasBeenTold = false;
    word = call << PHASE_BITS | RUNNING;
  }

  /** Until when the call that begins next may run, nanoTime. On the worker's thread. */
  void endsBy(long nanoTime) {
    deadlineNanos = nanoTime;
  }

  /**
   * Says what makes the call's token dead, from any thread; then look at {@link #isAbandoned()}.
   */
  void revokesBy(Runnable kills) {
    revoke = kills;
  }

  @Override
  public boolean enterHost() {
    long now = word;
    if ((now & PHASE_MASK) == IN_HOST || (now & PHASE_MASK) == PENDING) {
      return false;
    }
    if ((now & PHASE_MASK) != RUNNING || !WORD.compareAndSet(this, now, now + IN_HOST - RUNNING)) {
      throw interrupted();
    }
    return true;
  }

  @Override
  public void exitHost() {
    long now = word;
    if ((now & PHASE_MASK) == IN_HOST && WORD.compareAndSet(this, now, now + RUNNING - IN_HOST)) {
      return;
    }
    now = word;
    long phase = now & PHASE_MASK;
    if (phase != PENDING && phase != ABANDONED) {
      throw new IllegalStateException("the call is in no host function");
    }
    // The flag stays with the call, so that the engine stops even if the exception is swallowed.
    if (phase == PENDING && WORD.compareAndSet(this, now, now + INTERRUPTED - PENDING)) {
      worker.interrupt();
    }
    throw interrupted();
  }

  @Override
  public boolean enterGuest() {
    long now = word;
    long phase = now & PHASE_MASK;
    if (phase == IN_HOST && WORD.compareAndSet(this, now, now + RUNNING - IN_HOST)) {
      return true;
    }
    if (phase == RUNNING || phase == IDLE || phase == ENDING) {
      return false;
    }
    hasBeenTold = true;
    throw interrupted();
  }

  @Override
  public void exitGuest() {
    long now = word;
    if ((now & PHASE_MASK) != RUNNING || !WORD.compareAndSet(this, now, now + IN_HOST - RUNNING)) {
      exitGuestDisturbed();
    }
  }

  /** In the monitor: whoever moved the word to interrupted has set the flag by now. */
  private synchronized void exitGuestDisturbed() {
    long now = word;
    long phase = now & PHASE_MASK;
    if (phase != INTERRUPTED && phase != ABANDONED) {
      throw new IllegalStateException("no host function has called the guest");
    }
    hasBeenTold = true;
    Thread.interrupted();
    FailureKind why = reason;
    if (phase == INTERRUPTED && why != null) {
      word = now + PENDING - INTERRUPTED;
      if (inner != null) {
        inner.interruptAny(why);
        inner.refused(); // The flag that was cleared may have been its own.
      }
    }
  }

  @Override
  public Duration timeLeft() {
    return Duration.ofNanos(Math.max(1, deadlineNanos - System.nanoTime()));
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
        } else if (inner != null) {
          inner.interruptAny(why);
        }
        return true;
      }
    }
    return false;
  }

  private synchronized void interruptAny(FailureKind why) {
    interrupt(word >>> PHASE_BITS, why);
  }

  /**
   * Gives the call up: its token dies, and the worker finds out when it comes back.
   *
   * @return {@code false} if the worker is done with this call
   */
  synchronized boolean abandon(long call) {
    for (long now = word; now >>> PHASE_BITS == call; now = word) {
      if ((now & PHASE_MASK) == IDLE || (now & PHASE_MASK) == ABANDONED) {
        return false;
      }
      if (WORD.compareAndSet(this, now, call << PHASE_BITS | ABANDONED)) {
        Runnable kills = revoke;
        if (kills != null) {
          kills.run();
        }
        if (inner != null) {
          inner.abandonAny();
        }
        return true;
      }
    }
    return false;
  }

  private synchronized void abandonAny() {
    abandon(word >>> PHASE_BITS);
  }

  /**
   * The guest is done, and cannot be interrupted any more; the interrupt flag is clean afterwards.
   *
   * @return why it was interrupted, {@code null} if it was not
   */
  @Nullable FailureKind end(long call) {
    long running = call << PHASE_BITS | RUNNING;
    boolean undisturbed = WORD.compareAndSet(this, running, running + ENDING - RUNNING);
    FailureKind why = undisturbed ? null : endDisturbed(call);
    Thread.interrupted();
    return why;
  }

  private synchronized @Nullable FailureKind endDisturbed(long call) {
    if (!isAbandoned()) {
      word = call << PHASE_BITS | ENDING;
    }
    FailureKind why = reason;
    reason = null;
    return why;
  }

  /** The worker is done with its call; {@code false} if it had been given up before. */
  boolean release() {
    long now = word;
    return ((now & PHASE_MASK) == ENDING && WORD.compareAndSet(this, now, IDLE))
        || releaseDisturbed();
  }

  private synchronized boolean releaseDisturbed() {
    boolean held = !isAbandoned();
    word = IDLE;
    reason = null;
    return held;
  }

  /**
   * Asks whether the present call is interrupted by now; while a host function holds the interrupt
   * back, it is not, unless a callback has met it. On the worker's thread.
   */
  BooleanSupplier whetherInterrupted() {
    return interrupted;
  }

  private boolean isInterrupted() {
    long phase = word & PHASE_MASK;
    return phase == INTERRUPTED || phase == ABANDONED || hasBeenTold;
  }

  /** Whether the present call was given up. */
  boolean isAbandoned() {
    return (word & PHASE_MASK) == ABANDONED;
  }

  /**
   * The call that runs makes one of its own, whose gate takes interrupts until {@link #leave}. On
   * the worker's thread, where no call may run: then there is nothing to link.
   *
   * @return {@code false} if the call was interrupted before
   */
  synchronized boolean enter(InterruptGate nested) {
    long now = word;
    long phase = now & PHASE_MASK;
    if (phase == PENDING || phase == INTERRUPTED || phase == ABANDONED) {
      return false;
    }
    // No other thread moves the word outside the monitor.
    if (phase == RUNNING || phase == IN_HOST) {
      innerFromGuest = phase == RUNNING;
      inner = nested;
      word = innerFromGuest ? now + IN_HOST - RUNNING : now;
    }
    return true;
  }

  /**
   * A call of its own that did not {@link #enter} is over, and has left a clean flag: if this call
   * is interrupted, it must still stop.
   */
  synchronized void refused() {
    long phase = word & PHASE_MASK;
    if (phase == INTERRUPTED || phase == ABANDONED) {
      worker.interrupt();
    }
  }

  /** The call of its own is over. */
  synchronized void leave() {
    long now = word;
    long phase = now & PHASE_MASK;
    if (inner != null && innerFromGuest && phase == IN_HOST) {
      word = now + RUNNING - IN_HOST;
    } else if (inner != null && innerFromGuest && phase == PENDING) {
      word = now + INTERRUPTED - PENDING;
      worker.interrupt();
    }
    inner = null;
  }

  private static CallException interrupted() {
    return new CallException(FailureKind.INTERRUPTED, "the call was interrupted", null);
  }
}
