package org.wasmheap.pool;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReferenceArray;
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
 *
 * <p>To give up a worker, and to take one back, needs no memory; only to hire one does.
 */
final class Crew<G> {
  private static final Logger LOG = LoggerFactory.getLogger(HeapExecutor.class);

  private final PoolContext<G> pool;

  /** Who takes calls, or has its place still. Written in the monitor; read by any thread. */
  private final AtomicReferenceArray<@Nullable Worker<G>> seated;

  /** Who was given up and replaced, and has not come back. Written in the monitor; read by any. */
  private final AtomicReferenceArray<@Nullable Worker<G>> replaced;

  /** Numbers the threads. Guarded by the monitor. */
  private int hired;

  Crew(PoolContext<G> pool) {
    this.pool = pool;
    this.seated = new AtomicReferenceArray<>(pool.workers());
    this.replaced = new AtomicReferenceArray<>(pool.maxLostThreads());
  }

  synchronized void start() {
    Rehearsal.ensure();
    for (int place = 0; place < seated.length(); place++) {
      seated.set(place, hire());
    }
  }

  private Worker<G> hire() {
    Worker<G> worker = new Worker<>(pool, this, pool.name() + "-worker-" + ++hired);
    worker.start(); // May fail: then nothing has changed.
    return worker;
  }

  /**
   * Gives a call up that did not react to its interruption; from the watchdog or at shutdown.
   * Nothing if its thread is done with it after all.
   */
  synchronized void giveUp(CallTask<G, ?> task) {
    InterruptGate gate = task.gate();
    Worker<G> worker = gate == null ? null : seatedAt(gate);
    if (gate == null || !gate.lose(task.number()) || worker == null) {
      return;
    }
    worker.miss(true);
    try {
      replaceMissing();
      worker
          .about(LOG.atError())
          .addKeyValue("call", task.number())
          .addKeyValue("callName", task.name())
          .addKeyValue("replaced", !worker.isMissing())
          .addKeyValue("lostThreads", lost())
          .log("worker.lost");
    } catch (Throwable unlogged) {
      Settlement.report(unlogged);
    }
  }

  /** Whose gate it is; {@code null} if it is that of a call made by a call. */
  private @Nullable Worker<G> seatedAt(InterruptGate gate) {
    for (int place = 0; place < seated.length(); place++) {
      Worker<G> worker = seated.get(place);
      if (worker != null && worker.gate() == gate) {
        return worker;
      }
    }
    return null;
  }

  /** Fills the places of those who are missing, as far as the limit allows. */
  synchronized void replaceMissing() {
    for (int place = 0; place < seated.length(); place++) {
      Worker<G> worker = seated.get(place);
      int free = indexOf(replaced, null);
      if (worker != null && worker.isMissing() && free >= 0 && mayHire()) {
        try {
          seated.set(place, hire());
          replaced.set(free, worker);
          worker.miss(false);
        } catch (OutOfMemoryError e) {
          // No thread to be had now; the watchdog comes back to it.
          Settlement.report(e);
        }
      }
    }
  }

  private boolean mayHire() {
    return pool.queue().phase() != CallQueue.Phase.CLOSED;
  }

  private static <T> int indexOf(AtomicReferenceArray<@Nullable T> places, @Nullable T wanted) {
    for (int place = 0; place < places.length(); place++) {
      if (places.get(place) == wanted) {
        return place;
      }
    }
    return -1;
  }

  /** A worker that was given up is back; {@code true} if its place is still its own. */
  synchronized boolean returned(Worker<G> worker) {
    boolean goesOn = indexOf(seated, worker) >= 0;
    worker.miss(false);
    int place = indexOf(replaced, worker);
    if (place >= 0) {
      replaced.set(place, null);
    }
    try {
      replaceMissing();
      worker.about(LOG.atWarn()).addKeyValue("goesOn", goesOn).log("worker.returned");
    } catch (Throwable e) {
      Settlement.report(e); // The watchdog comes back to those who are missing.
    }
    return goesOn;
  }

  /** Reports a factory that has not returned for longer than the grace time, once. */
  void reportSlowFactories(long now) {
    for (int place = 0; place < places(); place++) {
      Worker<G> worker = seatedAt(place);
      long nanos = worker == null ? 0 : worker.makingNanos(now);
      if (worker != null && worker.becomesSlow(nanos > pool.graceNanos())) {
        worker
            .about(LOG.atWarn())
            .addKeyValue("sinceMillis", TimeUnit.NANOSECONDS.toMillis(nanos))
            .log("instance.slow");
      }
    }
  }

  /** For how many workers there are places. */
  int places() {
    return seated.length();
  }

  /** Who takes calls at a place, or has it still; {@code null} before the start. */
  @Nullable Worker<G> seatedAt(int place) {
    return seated.get(place);
  }

  /** All whose instances take memory. */
  private List<Worker<G>> all() {
    List<Worker<G>> all = new ArrayList<>();
    addAll(all, seated);
    addAll(all, replaced);
    return all;
  }

  private static <T> void addAll(List<T> list, AtomicReferenceArray<@Nullable T> places) {
    for (int place = 0; place < places.length(); place++) {
      T each = places.get(place);
      if (each != null) {
        list.add(each);
      }
    }
  }

  /** How many threads were given up and have not come back. */
  int lost() {
    int lost = 0;
    for (int place = 0; place < replaced.length(); place++) {
      lost += replaced.get(place) == null ? 0 : 1;
    }
    for (int place = 0; place < seated.length(); place++) {
      Worker<G> worker = seated.get(place);
      lost += worker != null && worker.isMissing() ? 1 : 0;
    }
    return lost;
  }

  /** How many workers are ready for a call, or in one. */
  int ready() {
    int ready = 0;
    for (int place = 0; place < seated.length(); place++) {
      Worker<G> worker = seated.get(place);
      ready += worker == null || worker.heap() == null || worker.isMissing() ? 0 : 1;
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
