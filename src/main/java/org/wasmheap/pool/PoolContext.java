package org.wasmheap.pool;

import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.wasmheap.heap.Heap;
import org.wasmheap.heap.HeapListener;

/** What all parts of an executor share: its settings, its queue, its counters. */
final class PoolContext<G> {
  private final String name;
  private final GuestFactory<G> factory;
  private final HeapListener listener;
  private final CallQueue<G> queue;
  private final int workers;
  private final int maxLostThreads;
  private final long stackBytes;
  private final long graceNanos;
  private final long idleNanos;
  private final boolean verifiesResets;
  private final HeapExecutor.@Nullable Call<? super G, ?> warmUp;
  private final Counters counters = new Counters();
  private final CallTimes.Sum times = new CallTimes.Sum();
  private final Exhaustion exhaustion;

  /** Number calls and heaps; each is taken atomically, and nothing depends on the order. */
  private final AtomicLong calls = new AtomicLong();

  private final AtomicLong heaps = new AtomicLong();

  PoolContext(
      String name,
      GuestFactory<G> factory,
      HeapListener listener,
      CallQueue<G> queue,
      int workers,
      int maxLostThreads,
      long stackBytes,
      long graceNanos,
      long idleNanos,
      boolean verifiesResets,
      HeapExecutor.@Nullable Call<? super G, ?> warmUp) {
    this.name = name;
    this.factory = factory;
    this.listener = HeapListener.all(listener);
    this.queue = queue;
    this.workers = workers;
    this.maxLostThreads = maxLostThreads;
    this.stackBytes = stackBytes;
    this.graceNanos = graceNanos;
    this.idleNanos = idleNanos;
    this.verifiesResets = verifiesResets;
    this.warmUp = warmUp;
    this.exhaustion = new Exhaustion(name, System::nanoTime);
  }

  String name() {
    return name;
  }

  GuestFactory<G> factory() {
    return factory;
  }

  /** Guarded: it does not throw. */
  HeapListener listener() {
    return listener;
  }

  CallQueue<G> queue() {
    return queue;
  }

  Counters counters() {
    return counters;
  }

  CallTimes.Sum times() {
    return times;
  }

  Exhaustion exhaustion() {
    return exhaustion;
  }

  /** Threads that take calls. */
  int workers() {
    return workers;
  }

  /** Threads that do not come back and are replaced all the same. */
  int maxLostThreads() {
    return maxLostThreads;
  }

  /** Stack of a thread. */
  long stackBytes() {
    return stackBytes;
  }

  /** How long an interrupted call may take to come back. */
  long graceNanos() {
    return graceNanos;
  }

  /** How long spare memory and instances are kept unused. */
  long idleNanos() {
    return idleNanos;
  }

  boolean verifiesResets() {
    return verifiesResets;
  }

  /** Made on each new instance before it takes calls. */
  HeapExecutor.@Nullable Call<? super G, ?> warmUp() {
    return warmUp;
  }

  long nextCall() {
    return calls.incrementAndGet();
  }

  String nextHeapName() {
    return name + "/" + heaps.incrementAndGet();
  }

  /** With the heaps of all instances, and how many threads are lost. */
  ExecutorStatistics statistics(List<Heap> heaps, int lostThreads) {
    long materialised = 0;
    for (Heap heap : heaps) {
      materialised += heap.memory().materialisedBytes();
    }
    CallTimes.Figures took = times.figures();
    QueueLoad load = queue.load();
    return new ExecutorStatistics(
        name,
        counters.submitted.get(),
        counters.completed.get(),
        counters.failed.get(),
        counters.rejected.get(),
        counters.cancelled.get(),
        counters.nested.get(),
        took.calls(),
        took.queueNanos(),
        took.runNanos(),
        took.resetNanos(),
        load.allWaiting(),
        load.waiting(),
        load.longestWaitNanos(),
        load.running(),
        workers,
        heaps.size(),
        counters.replaced.get(),
        counters.poisoned.get(),
        lostThreads,
        materialised);
  }
}
