package org.wasmheap.pool;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.wasmheap.memory.GrowthRefusedException;
import org.wasmheap.text.EventRate;
import org.wasmheap.text.EventRates;

/**
 * What this room does so that no call and no worker gets lost when the Java heap is full. The other
 * classes refer here; the tactics are these.
 *
 * <ol>
 *   <li><b>Take memory first.</b> Every allocation comes before the change of state that it is for.
 *       A call is linked into its list through itself ({@link CallList}), so a move from one list
 *       to another takes no memory and cannot fail half-way.
 *   <li><b>Know a call until its future is done.</b> What cannot be failed for want of memory stays
 *       in the queue and is due again a little later ({@link Reaper}). The last way to fail a call
 *       takes a failure that was made beforehand ({@link CallTask#failAsBroken}).
 *   <li><b>Trust no instance that was not put back.</b> A slot knows whether its instance has seen
 *       a call since ({@link InstanceSlot#isPristine}), whatever failed meanwhile.
 *   <li><b>Threads go on.</b> Loops of threads catch everything, pause a little, and go on ({@link
 *       #pauseAfter}); what their handlers throw is caught, too.
 *   <li><b>Nothing is used for the first time.</b> Classes that failures need are loaded before the
 *       first call ({@link Preloader}), and locks have woken a thread once ({@link #prime}). There
 *       are no lambdas, no formats, no switches over enums and no iterators on the ways that
 *       failures take, but where the preloader has met them: each takes memory, or a class, when it
 *       is met first. A class whose initialisation failed never works again.
 *   <li><b>Plain counters.</b> An adder takes memory when threads meet; an atomic number does not.
 *   <li><b>Waits look for themselves.</b> Every wait ends after a while and looks at its condition
 *       again, since without memory nobody may be able to signal.
 * </ol>
 *
 * <p>{@code FullHeapTest} runs programs in JVMs that are full.
 */
final class FullJavaHeap {
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  /** How far the causes of a failure are looked through. */
  private static final int MOST_CAUSES = 8;

  private static final EventRate RATE = EventRates.ofJvm().event("executor.failed");

  private FullJavaHeap() {}

  /** Logs that the executor itself failed at something, if that can be had, and not too often. */
  static void report(Logger log, Throwable thrown) {
    try {
      long leftOut = RATE.admit();
      if (leftOut == EventRate.LEFT_OUT) {
        return;
      }
      EventRate.withLeftOut(log.atError().addKeyValue("event", "executor.failed"), leftOut)
          .setCause(thrown)
          .log("The executor failed at something of its own, and goes on");
    } catch (Throwable unlogged) {
      // Without memory, say. Nothing here that could fail.
      return;
    }
  }

  /** For a thread that must not end, whatever it met: waits a little and goes on. */
  static void pauseAfter(Logger log, Throwable thrown) {
    try {
      pause();
      report(log, thrown);
    } catch (Throwable unlogged) {
      // The first use of any class takes memory, too.
      return;
    }
  }

  /** Whether something failed since memory is short, the JVM's or a budget's. */
  static boolean isShortage(Throwable thrown) {
    Throwable each = thrown;
    for (int depth = 0; each != null && depth < MOST_CAUSES; depth++) {
      if (each instanceof OutOfMemoryError || each instanceof GrowthRefusedException) {
        return true;
      }
      each = each.getCause();
    }
    return false;
  }

  static void pause() {
    LockSupport.parkNanos(PAUSE_NANOS);
  }

  /**
   * Lets one thread wake another by the lock. The first time takes memory; on JDK 17, where that
   * fails, the thread that should have woken the other spins for ever.
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
}
