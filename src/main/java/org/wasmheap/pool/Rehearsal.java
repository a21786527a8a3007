package org.wasmheap.pool;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.wasmheap.heap.FailureKind;
import org.wasmheap.heap.HeapListener;
import org.wasmheap.pool.CallOptions.CallClass;

/**
 * Lets calls fail in every way once, before there are any. A class that is first needed when the
 * Java heap is full cannot be loaded then, and one whose initialisation failed never can be again.
 */
final class Rehearsal {
  private Rehearsal() {}

  static {
    try {
      rehearse();
    } catch (Throwable e) {
      Settlement.report(e); // No memory even now: executors work all the same.
    }
  }

  /** It is done when this returns, once in a JVM: with the class. */
  static void ensure() {}

  /**
   * Lets one thread wake another by the lock. The first time takes memory; on JDK 17, where that
   * fails, who should have woken spins for ever.
   */
  static void prime(ReentrantLock lock) {
    Condition woken = lock.newCondition();
    AtomicBoolean done = new AtomicBoolean();
    Thread wakes =
        new Thread(
            () -> {
              lock.lock();
              try {
                done.set(true);
                woken.signal();
              } finally {
                lock.unlock();
              }
            },
            "wasmheap-prime");
    wakes.setDaemon(true);
    lock.lock();
    try {
      wakes.start(); // It gets the lock when this thread waits.
      long left = TimeUnit.SECONDS.toNanos(1);
      while (!done.get() && left > 0) {
        left = woken.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      lock.unlock();
    }
  }

  private static void rehearse() {
    Map<CallClass, Integer> capacities = new EnumMap<>(CallClass.class);
    capacities.put(CallClass.OFF_CHAIN, 1);
    PoolContext<Object> pool =
        new PoolContext<>(
            "rehearsal",
            () -> {
              throw new IllegalStateException("no guest is made in a rehearsal");
            },
            HeapListener.NONE,
            new CallQueue<>(capacities, 1),
            1,
            1,
            0,
            1,
            1,
            false,
            null);
    task(pool).fail(Failures.lost(task(pool)));
    task(pool).fail(Failures.expired(task(pool)));
    task(pool).fail(Failures.late(task(pool)));
    task(pool).fail(Failures.closed(task(pool), pool.name()));
    task(pool).fail(Failures.cutOff(task(pool), pool.name(), "ran"));
    for (FailureKind each : FailureKind.values()) {
      task(pool).fail(Failures.stopped(task(pool), each));
    }
    task(pool).lose(new OutOfMemoryError());
    task(pool).lose(false);
    task(pool).cancel(true);
    settle(pool);
  }

  private static CallTask<Object, Object> task(PoolContext<Object> pool) {
    CallOptions options = CallOptions.named("rehearsal").withClass(CallClass.OFF_CHAIN);
    return new CallTask<>(pool, guest -> guest, options, 0, System.nanoTime());
  }

  /** One call that waits too long, one that runs too long. */
  private static void settle(PoolContext<Object> pool) {
    Settlement<Object> settlement = new Settlement<>(pool, new Crew<>(pool));
    pool.queue().begin(task(pool));
    pool.queue().offer(task(pool));
    settlement.awaitAndSettle(0); // Interrupts the one, fails the other.
    pool.queue().close();
    settlement.awaitAndSettle(0); // Gives up the one.
  }
}
