package org.wasmheap.pool;

import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.wasmheap.text.Printable;

/**
 * The workers of an executor: as many as it was set to, whatever becomes of a thread.
 *
 * <p>A worker that does not come back from a call is given up. Another takes its place, as long as
 * not too many threads are out there; beyond that its place stays empty until a thread comes back.
 * One that comes back after all goes on if its place is still its own, and ends if not.
 *
 * <p>To give up a worker, and to take one back, changes marks and takes no memory ({@link
 * FullJavaHeap}); only to hire one does.
 */
final class Workers<G> implements Worker.Home<G> {
  private static final Logger LOG = LoggerFactory.getLogger(Workers.class);

  private final PoolSettings<G> settings;
  private final CallQueue<G> queue;
  private final InstanceSlots<G> slots;
  private final CallRun<G> run;

  /**
   * All threads: those that take calls or have their place still, as many as there are places, and
   * those that were given up and replaced and have not come back, as many as may be. Written in the
   * monitor; read by any thread.
   */
  private volatile AtomicReferenceArray<@Nullable Worker<G>> threads;

  /** How many are to take calls. Written in the monitor; read by any thread. */
  private volatile int wanted;

  /** Whether the first of them were hired. Guarded by the monitor. */
  private boolean started;

  /** Numbers the threads. Guarded by the monitor. */
  private int hired;

  Workers(PoolSettings<G> settings, CallQueue<G> queue, InstanceSlots<G> slots, CallRun<G> run) {
    this.settings = settings;
    this.queue = queue;
    this.slots = slots;
    this.run = run;
    this.wanted = settings.workers();
    this.threads = new AtomicReferenceArray<>(settings.workers() + settings.maxAbandonedThreads());
  }

  synchronized void start() {
    for (int place = 0; place < wanted; place++) {
      threads.set(place, hire());
    }
    started = true;
  }

  /** How many threads are to take calls. */
  int wanted() {
    return wanted;
  }

  /**
   * From here on so many threads take calls. Those that are too many end when their calls are over;
   * nothing waits for them. Nothing after the end.
   */
  synchronized void resize(int workers) {
    if (queue.phase() != CallQueue.Phase.OPEN) {
      return;
    }
    ensureRoomFor(workers);
    wanted = workers;
    queue.seats().workers(workers);
    for (int i = 0; i < threads.length() && active() < workers; i++) {
      Worker<G> worker = threads.get(i);
      if (worker != null && worker.calledAway && queue.seats().callBack(worker.seat())) {
        worker.calledAway = false;
      }
    }
    while (active() < workers) {
      threads.set(free(), hire());
    }
    while (active() > workers) {
      callAway(leastUseful());
    }
  }

  /** All memory is taken first. */
  private void ensureRoomFor(int workers) {
    int leaving = 0;
    for (int i = 0; i < threads.length(); i++) {
      Worker<G> worker = threads.get(i);
      leaving += worker != null && worker.calledAway ? 1 : 0;
    }
    int needed = workers + leaving + settings.maxAbandonedThreads();
    if (needed > threads.length()) {
      AtomicReferenceArray<@Nullable Worker<G>> more = new AtomicReferenceArray<>(needed);
      for (int i = 0; i < threads.length(); i++) {
        more.set(i, threads.get(i));
      }
      threads = more;
    }
  }

  /** Those that take calls, or have their place still. */
  private int active() {
    int active = 0;
    for (int i = 0; i < threads.length(); i++) {
      active += isActive(threads.get(i)) ? 1 : 0;
    }
    return active;
  }

  /** Why a worker that needs an instance has none; {@code null} if each has one. */
  @Nullable Throwable factoryFailure() {
    return slots.presentFailure(true);
  }

  /** From time to time: has instances given up that no call needs. */
  void lookForSurplus() {
    queue.seats().lookForSurplus();
  }

  private boolean isActive(@Nullable Worker<G> worker) {
    return worker != null && !worker.replaced && !worker.calledAway;
  }

  /** A thread that was given up, or one without an instance, or any. */
  private Worker<G> leastUseful() {
    Worker<G> least = null;
    for (int i = 0; i < threads.length(); i++) {
      Worker<G> worker = threads.get(i);
      if (worker != null && isActive(worker) && (least == null || use(worker) <= use(least))) {
        least = worker;
      }
    }
    return Objects.requireNonNull(least, "there are more than are wanted");
  }

  private int use(Worker<G> worker) {
    if (worker.slot().isAbandoned()) {
      return 0;
    }
    return worker.slot().view() == null ? 1 : 2;
  }

  private void callAway(Worker<G> worker) {
    worker.calledAway = true;
    queue.seats().callAway(worker.seat());
  }

  /** {@inheritDoc} At the end it stays known, so that it is waited for. */
  @Override
  public synchronized void ended(Worker<G> worker) {
    if (worker.calledAway) {
      int at = indexOf(worker);
      if (at >= 0) {
        threads.set(at, null);
      }
    }
  }

  /** May fail: then nothing has changed. */
  private Worker<G> hire() {
    InstanceSlot<G> slot = slots.open(true);
    try {
      String name = Printable.name(settings.name()) + "-worker-" + ++hired;
      Worker<G> worker = new Worker<>(settings, queue, run, slot, this, name);
      worker.start();
      return worker;
    } catch (Throwable e) {
      slot.close();
      throw e;
    }
  }

  /**
   * Gives a call up that did not react to its interruption; from the watchdog or at shutdown.
   * Nothing if its thread is done with it after all.
   */
  void giveUp(CallTask<G, ?> task) {
    Worker<G> worker = abandon(task);
    if (worker == null) {
      return;
    }
    // At shutdown this is the thread of whoever shuts down.
    Map<String, String> own = CallMdc.take();
    CallMdc.put(task.mdc());
    try {
      replaceMissing();
      worker
          .about(LOG.atError().addKeyValue("event", "worker.abandoned"))
          .addKeyValue("call", task.number())
          .addKeyValue("callName", Printable.name(task.name()))
          .addKeyValue("replaced", isReplaced(worker))
          .addKeyValue("abandonedThreads", slots.abandoned())
          .log("A thread does not come back from its call, and is given up");
    } catch (Throwable unlogged) {
      FullJavaHeap.report(LOG, unlogged);
    } finally {
      CallMdc.put(own);
    }
  }

  /** Only moves marks; the worker that is given up, {@code null} if none is. */
  private synchronized @Nullable Worker<G> abandon(CallTask<G, ?> task) {
    InterruptGate gate = task.gate();
    Worker<G> worker = gate == null ? null : ownerOf(gate);
    if (gate == null || !gate.abandon(task.number()) || worker == null) {
      return null;
    }
    worker.slot().abandon(true);
    return worker;
  }

  private synchronized boolean isReplaced(Worker<G> worker) {
    return worker.replaced;
  }

  /** Whose gate it is; {@code null} if it is that of a call made inside a call. */
  private @Nullable Worker<G> ownerOf(InterruptGate gate) {
    for (int i = 0; i < threads.length(); i++) {
      Worker<G> worker = threads.get(i);
      if (worker != null && !worker.replaced && worker.gate() == gate) {
        return worker;
      }
    }
    return null;
  }

  /** Fills the places of threads that were given up, as far as the limit allows. */
  void replaceMissing() {
    Throwable failed = fillPlaces();
    if (failed != null) {
      FullJavaHeap.report(LOG, failed); // No thread to be had now; the watchdog comes back to it.
    }
  }

  /** Nobody logs inside the monitor: an appender that blocks would hold up shutdown. */
  private synchronized @Nullable Throwable fillPlaces() {
    Throwable failed = null;
    for (int i = 0; i < threads.length(); i++) {
      Worker<G> worker = threads.get(i);
      if (worker != null
          && worker.slot().isAbandoned()
          && isActive(worker)
          && replacedOnes() < settings.maxAbandonedThreads()
          && free() >= 0
          && queue.phase() != CallQueue.Phase.CLOSED) {
        try {
          threads.set(free(), hire());
          worker.replaced = true;
          queue.seats().gaveUp(worker.seat()); // The instance is the new one's to make.
        } catch (OutOfMemoryError e) {
          failed = e;
        }
      }
    }
    try {
      while (started && active() < wanted && free() >= 0 && queue.phase() == CallQueue.Phase.OPEN) {
        threads.set(free(), hire()); // Where a thread could not be had before.
      }
    } catch (OutOfMemoryError e) {
      failed = e;
    }
    return failed;
  }

  /** How many were given up and replaced, and have not come back. */
  private int replacedOnes() {
    int replaced = 0;
    for (int i = 0; i < threads.length(); i++) {
      Worker<G> worker = threads.get(i);
      replaced += worker != null && worker.replaced ? 1 : 0;
    }
    return replaced;
  }

  /** A place where nobody is; -1 if there is none. */
  private int free() {
    return indexOf(null);
  }

  private int indexOf(@Nullable Worker<G> sought) {
    for (int i = 0; i < threads.length(); i++) {
      if (threads.get(i) == sought) {
        return i;
      }
    }
    return -1;
  }

  @Override
  public boolean takeBack(Worker<G> worker) {
    boolean goesOn = settle(worker);
    try {
      replaceMissing();
      worker
          .about(LOG.atWarn().addKeyValue("event", "worker.returned"))
          .addKeyValue("goesOn", goesOn)
          .log("A thread that was given up has come back");
    } catch (Throwable e) {
      FullJavaHeap.report(LOG, e); // The watchdog comes back to places that are empty.
    }
    return goesOn;
  }

  /** Only moves marks; whether the worker's place is still its own. */
  private synchronized boolean settle(Worker<G> worker) {
    boolean goesOn = !worker.replaced;
    worker.slot().abandon(false);
    if (!goesOn) {
      threads.set(indexOf(worker), null);
    }
    return goesOn;
  }

  /**
   * Waits for the threads, until the time is over for all together, or the calling thread is
   * interrupted; how many are left then.
   */
  int join(long untilNanos) {
    int left = 0;
    for (int i = 0; i < threads.length(); i++) {
      Worker<G> worker = threads.get(i);
      if (worker != null && !hasEnded(worker, untilNanos)) {
        worker
            .about(LOG.atWarn().addKeyValue("event", "worker.left"))
            .log("A thread has not ended at shutdown");
        left++;
      }
    }
    return left;
  }

  /** Once the calling thread is interrupted, which stays so, no wait begins any more. */
  private boolean hasEnded(Worker<G> worker, long untilNanos) {
    try {
      return worker.join(untilNanos - System.nanoTime());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return !worker.isAlive();
    }
  }
}
