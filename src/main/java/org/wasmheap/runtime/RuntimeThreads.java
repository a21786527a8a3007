package org.wasmheap.runtime;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The threads of a pool of runtimes: those that load, those that end, and those that prepare. All
 * are daemons, inherit nothing of whoever caused them, and go when there is nothing to do.
 */
final class RuntimeThreads {
  private static final long IDLE_SECONDS = 5;

  private final ThreadPoolExecutor loads;
  private final ThreadPoolExecutor ends;
  private final ThreadPoolExecutor preparations;

  /**
   * No threads yet.
   *
   * @param most how many runtimes may be there, and so may be loaded or ended at once
   */
  RuntimeThreads(int most) {
    loads = executor("runtime-load-", most);
    // A runtime that drains is ended by one thread, and by another when the pool is closed.
    ends = executor("runtime-end-", 2 * most);
    preparations = executor("runtime-prepare-", most);
  }

  private static ThreadPoolExecutor executor(String prefix, int most) {
    AtomicInteger number = new AtomicInteger();
    ThreadFactory factory =
        work -> {
          Thread thread = new Thread(null, work, prefix + number.incrementAndGet(), 0, false);
          thread.setDaemon(true);
          return thread;
        };
    ThreadPoolExecutor executor =
        new ThreadPoolExecutor(
            most, most, IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), factory);
    executor.allowCoreThreadTimeOut(true);
    return executor;
  }

  void load(Runnable work) {
    loads.execute(work);
  }

  void end(Runnable work) {
    ends.execute(work);
  }

  void prepare(Runnable work) {
    preparations.execute(work);
  }

  /** Interrupts loads and preparations. Those that have not begun are dropped. */
  void giveUp() {
    loads.shutdownNow();
    preparations.shutdownNow();
  }

  /**
   * Waits until all that is ended has ended, each of which has a limit of its own, and then for
   * loads and preparations, which were given up, until a time. A thread that is interrupted waits a
   * second at most, and is interrupted when this returns.
   *
   * @return whether no thread is left
   */
  boolean awaitEnd(long untilNanos) {
    ends.shutdown();
    boolean interrupted = false;
    try {
      while (!ends.awaitTermination(1, TimeUnit.MINUTES)) {
        // What ends an executor has the executor's own limits, and no more to wait for than these.
      }
      loads.awaitTermination(left(untilNanos), TimeUnit.NANOSECONDS);
      preparations.awaitTermination(left(untilNanos), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      interrupted = true;
      ends.shutdownNow();
      interrupted |= !awaitBriefly();
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return ends.isTerminated() && loads.isTerminated() && preparations.isTerminated();
  }

  private boolean awaitBriefly() {
    try {
      return ends.awaitTermination(1, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      return false;
    }
  }

  /** A little, at least: threads that were interrupted need it. */
  private static long left(long untilNanos) {
    return Math.max(TimeUnit.SECONDS.toNanos(1), untilNanos - System.nanoTime());
  }
}
