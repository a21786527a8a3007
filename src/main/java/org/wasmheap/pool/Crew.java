package org.wasmheap.pool;

import com.google.common.collect.Iterables;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.wasmheap.heap.Heap;

/**
 * The workers of an executor: as many as it was set to, whatever becomes of a thread.
 *
 * <p>A worker that does not come back from a call is given up. Another takes its place, as long as
 * not too many threads are out there; beyond that its place stays empty until a thread comes back.
 * One that comes back after all goes on if its place is still its own, and ends if not.
 */
final class Crew<G> {
  private static final Logger LOG = LoggerFactory.getLogger(HeapExecutor.class);

  private final PoolContext<G> pool;

  /** Who takes calls, or has its place still. Written in the monitor; read by any thread. */
  private final List<Worker<G>> seated = new CopyOnWriteArrayList<>();

  /** Who was given up and replaced, and has not come back. Written in the monitor; read by any. */
  private final List<Worker<G>> replaced = new CopyOnWriteArrayList<>();

  /** Who was given up and has its place still. Written in the monitor; read by any. */
  private final List<Worker<G>> missing = new CopyOnWriteArrayList<>();

  /** Whose factory was reported to take long. The watchdog's alone. */
  private final Set<Worker<G>> slow = Collections.newSetFromMap(new WeakHashMap<>());

  /** Numbers the threads. Guarded by the monitor. */
  private int hired;

  Crew(PoolContext<G> pool) {
    this.pool = pool;
  }

  synchronized void start() {
    while (seated.size() < pool.workers()) {
      hire();
    }
  }

  private void hire() {
    Worker<G> worker = new Worker<>(pool, this, pool.name() + "-worker-" + ++hired);
    worker.start(); // May fail: then nothing has changed.
    seated.add(worker);
  }

  /**
   * Gives a call up that did not react to its interruption; from the watchdog or at shutdown.
   *
   * @return {@code false} if its thread is done with it after all
   */
  synchronized boolean giveUp(CallTask<G, ?> task) {
    InterruptGate gate = task.gate();
    if (gate == null) {
      return false;
    }
    Worker<G> worker = seatedAt(gate);
    if (worker != null) {
      missing.add(worker); // First: if this fails for want of memory, it can be tried again.
    }
    if (!gate.lose(task.number())) {
      missing.remove(worker);
      return false;
    }
    if (worker != null) {
      replaceMissing();
      worker
          .about(LOG.atError())
          .addKeyValue("call", task.number())
          .addKeyValue("callName", task.name())
          .addKeyValue("replaced", !missing.contains(worker))
          .addKeyValue("lostThreads", lost())
          .log("worker.lost");
    }
    return true;
  }

  /** Whose gate it is; {@code null} if it is that of a call made by a call. */
  private @Nullable Worker<G> seatedAt(InterruptGate gate) {
    for (Worker<G> worker : seated) {
      if (worker.gate() == gate) {
        return worker;
      }
    }
    return null;
  }

  /** Fills the places of those who are missing, as far as the limit allows. */
  synchronized void replaceMissing() {
    for (Worker<G> worker : List.copyOf(missing)) {
      if (replaced.size() >= pool.maxLostThreads()
          || pool.queue().phase() == CallQueue.Phase.CLOSED) {
        return;
      }
      try {
        hire();
        seated.remove(worker);
        missing.remove(worker);
        replaced.add(worker);
      } catch (OutOfMemoryError e) {
        // No thread to be had now; the watchdog comes back to it.
        worker.about(LOG.atError()).setCause(e).log("worker.failed");
      }
    }
  }

  /** A worker that was given up is back; {@code true} if its place is still its own. */
  synchronized boolean returned(Worker<G> worker) {
    // May be asked again, if what follows fails for want of memory.
    boolean goesOn = seated.contains(worker);
    missing.remove(worker);
    replaced.remove(worker);
    replaceMissing();
    worker.about(LOG.atWarn()).addKeyValue("goesOn", goesOn).log("worker.returned");
    return goesOn;
  }

  /** Reports a factory that has not returned for longer than the grace time, once. */
  void reportSlowFactories(long now) {
    for (Worker<G> worker : seated) {
      long nanos = worker.makingNanos(now);
      if (nanos <= pool.graceNanos()) {
        slow.remove(worker);
      } else if (slow.add(worker)) {
        worker
            .about(LOG.atWarn())
            .addKeyValue("sinceMillis", TimeUnit.NANOSECONDS.toMillis(nanos))
            .log("instance.slow");
      }
    }
  }

  /** Those who take calls. */
  Iterable<Worker<G>> seated() {
    return seated;
  }

  /** All whose instances take memory. */
  private Iterable<Worker<G>> all() {
    return Iterables.concat(seated, replaced);
  }

  /** How many threads were given up and have not come back. */
  int lost() {
    return replaced.size() + missing.size();
  }

  /** How many workers are ready for a call, or in one. */
  int ready() {
    int ready = 0;
    for (Worker<G> worker : seated) {
      ready += worker.heap() == null || missing.contains(worker) ? 0 : 1;
    }
    return ready;
  }

  /** The heaps of all instances, lost threads' included. */
  List<Heap> heaps() {
    List<Heap> heaps = new ArrayList<>();
    for (Worker<G> worker : all()) {
      Heap heap = worker.heap();
      if (heap != null) {
        heaps.add(heap);
      }
    }
    return heaps;
  }

  /** Waits for the threads, until the time is over for all together; how many are left. */
  int join(long untilNanos) {
    int left = 0;
    for (Worker<G> worker : all()) {
      try {
        if (!worker.join(untilNanos - System.nanoTime())) {
          worker.about(LOG.atWarn()).log("worker.abandoned");
          left++;
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    return left;
  }
}
