package org.wasmheap.runtime;

import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.SynchronousQueue;
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

  /** Those that are at work. Added to and removed from by each of them. */
  private final Set<Thread> own = ConcurrentHashMap.newKeySet();

  /**
   * No threads yet.
   *
   * @param most how many runtimes may be there, and so may be loaded at once
   */
  RuntimeThreads(int most) {
    loads = executor("runtime-load-", most, most, new LinkedBlockingQueue<>());
    // As many as drain, and more while listeners hear that some are gone: none waits for a thread.
    ends = executor("runtime-end-", 0, Integer.MAX_VALUE, new SynchronousQueue<>());
    preparations = executor("runtime-prepare-", most, most, new LinkedBlockingQueue<>());
  }

  private ThreadPoolExecutor executor(
      String prefix, int core, int most, BlockingQueue<Runnable> queue) {
    AtomicInteger number = new AtomicInteger();
    ThreadFactory factory =
        work -> {
          Runnable known =
              () -> {
                own.add(Thread.currentThread());
                try {
                  work.run();
                } finally {
                  own.remove(Thread.currentThread());
                }
              };
          Thread thread = new Thread(null, known, prefix + number.incrementAndGet(), 0, false);
          thread.setDaemon(true);
          return thread;
        };
    ThreadPoolExecutor executor =
        new ThreadPoolExecutor(core, most, IDLE_SECONDS, TimeUnit.SECONDS, queue, factory);
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

  /** What has not begun and will not; nothing if it has. */
  void forget(Runnable work) {
    preparations.remove(work);
  }

  /** Interrupts loads and preparations. Those that have not begun are dropped. */
  void giveUp() {
    loads.shutdownNow();
    preparations.shutdownNow();
  }

  /** Nothing else will be ended; what was handed over goes on. */
  void endNoMore() {
    ends.shutdown();
  }

  /** Interrupts those that end. None is dropped, since none is ever queued. */
  void interruptEnds() {
    ends.shutdownNow();
  }

  /**
   * Waits until no thread is left, at most until a time; but for all at least a second, which
   * threads need that were interrupted. A thread of this pool waits for none: it would for itself.
   *
   * @return whether no thread is left
   */
  boolean awaitEnd(long untilNanos) throws InterruptedException {
    if (own.contains(Thread.currentThread())) {
      return false;
    }
    long nanos = Math.max(TimeUnit.SECONDS.toNanos(1), untilNanos - System.nanoTime());
    long until = System.nanoTime() + nanos;
    boolean ended = true;
    for (ThreadPoolExecutor each : List.of(ends, loads, preparations)) {
      ended &= each.awaitTermination(until - System.nanoTime(), TimeUnit.NANOSECONDS);
    }
    return ended;
  }
}
