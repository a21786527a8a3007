package org.wasmheap.endive;

import com.google.common.base.Throwables;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.wasmheap.endive.ModuleRefusedException.Reason;

/**
 * A load on a thread of its own, which its caller waits for until a deadline and no longer,
 * whatever the module makes of parser, compiler and start function.
 *
 * <p>When the time is over, or the caller is interrupted, the load is given up: its thread is
 * interrupted, and what it comes to is dropped. A start function ends soon after that, since guest
 * code looks for interrupts; parser and compiler do not, and go on until they are done. So those
 * that still run are counted, and while there are {@link #MOST_GIVEN_UP} of them, no load begins.
 *
 * <p>What has begun by then goes on. Callers that load many modules at once can therefore have more
 * given up: as many as they have threads.
 */
final class TimedLoad<T> implements Runnable {
  /** How many loads that were given up may still run when another begins, in the whole JVM. */
  static final int MOST_GIVEN_UP = 2;

  /** As a worker's is by default: the start function of the first instance has what later have. */
  private static final long STACK_BYTES = 16L << 20;

  private static final String INTERRUPTED =
      "the thread that loads it was interrupted, which says nothing of the module";

  /** How many loads that were given up still run. Guarded by the class's monitor. */
  private static int givenUp;

  private final Supplier<T> work;
  private final CountDownLatch ended = new CountDownLatch(1);

  // All below: guarded by the class's monitor, in which nobody waits and nothing takes memory.

  private boolean isEnded;
  private boolean isGivenUp;
  private @Nullable T result;

  /** What the work threw. */
  private @Nullable Throwable thrown;

  private TimedLoad(Supplier<T> work) {
    this.work = work;
  }

  /**
   * Does the work and waits for it.
   *
   * @return what the work returns
   * @throws ModuleRefusedException for the deadline, an interrupt of the calling thread, whose flag
   *     is set again, or too many loads that were given up; and what the work throws, that very
   *     exception or error
   */
  static <T> T run(Duration deadline, Supplier<T> work) {
    if (Thread.currentThread().isInterrupted()) {
      throw refused(Reason.INTERRUPTED, INTERRUPTED);
    }
    int busy = countGivenUp();
    if (busy >= MOST_GIVEN_UP) {
      throw refused(Reason.BUSY, busy + " loads that were given up before still run");
    }
    TimedLoad<T> load = new TimedLoad<>(work);
    // The caller's context class loader and thread locals are inherited.
    Thread thread = new Thread(null, load, "wasmheap-load", STACK_BYTES);
    thread.setDaemon(true);
    thread.start();
    return load.await(thread, deadline);
  }

  private T await(Thread thread, Duration deadline) {
    Reason reason = Reason.DEADLINE;
    String why = "it was not loaded within " + deadline.toMillis() + " ms";
    try {
      if (ended.await(deadline.toNanos(), TimeUnit.NANOSECONDS)) {
        return outcome();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      reason = Reason.INTERRUPTED;
      why = INTERRUPTED;
    }
    if (!giveUp()) {
      return outcome();
    }
    thread.interrupt();
    throw refused(reason, why);
  }

  /** {@code false} if the load has ended after all. */
  private boolean giveUp() {
    synchronized (TimedLoad.class) {
      if (!isEnded) {
        isGivenUp = true;
        givenUp++;
      }
      return isGivenUp;
    }
  }

  /** How many loads that were given up still run. */
  static int countGivenUp() {
    synchronized (TimedLoad.class) {
      return givenUp;
    }
  }

  private T outcome() {
    @Nullable T made;
    @Nullable Throwable failed;
    synchronized (TimedLoad.class) {
      made = result;
      failed = thrown;
    }
    if (failed != null) {
      Throwables.throwIfUnchecked(failed);
      throw new IllegalStateException("a supplier throws no checked exception", failed);
    }
    return Objects.requireNonNull(made, "the work gives a result");
  }

  @Override
  public void run() {
    @Nullable T made = null;
    @Nullable Throwable failed = null;
    try {
      made = work.get();
    } catch (Throwable e) {
      failed = e;
    } finally {
      end(made, failed);
    }
  }

  private void end(@Nullable T made, @Nullable Throwable failed) {
    synchronized (TimedLoad.class) {
      isEnded = true;
      if (isGivenUp) {
        givenUp--;
      } else {
        result = made;
        thrown = failed;
      }
    }
    ended.countDown();
  }

  private static ModuleRefusedException refused(Reason reason, String why) {
    return new ModuleRefusedException(reason, "module refused: " + why, null);
  }
}
