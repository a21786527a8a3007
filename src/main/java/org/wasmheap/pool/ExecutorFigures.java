package org.wasmheap.pool;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** What there is to be told of an executor, to any thread. */
final class ExecutorFigures<G> {
  private final PoolSettings<G> settings;
  private final Counters counters;
  private final CallQueue<G> queue;
  private final InstanceSlots<G> slots;
  private final Workers<G> workers;

  ExecutorFigures(
      PoolSettings<G> settings,
      Counters counters,
      CallQueue<G> queue,
      InstanceSlots<G> slots,
      Workers<G> workers) {
    this.settings = settings;
    this.counters = counters;
    this.queue = queue;
    this.slots = slots;
    this.workers = workers;
  }

  ExecutorStatistics statistics() {
    int instances = 0;
    for (InstanceSlot<G> slot : slots.all()) {
      instances += slot.view() == null ? 0 : 1;
    }
    CallTimes.Figures took = slots.times();
    QueueLoad load = queue.load();
    return new ExecutorStatistics(
        settings.name(),
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
        workers.wanted(),
        instances,
        counters.replaced.get(),
        counters.poisoned.get(),
        slots.abandoned(),
        slots.materialisedBytes());
  }

  ExecutorStatistics.Health health() {
    try {
      return awaitReady(0);
    } catch (InterruptedException e) {
      throw new IllegalStateException("to look takes no wait", e);
    }
  }

  /** The same once as many are ready as should be, or the time is over. */
  ExecutorStatistics.Health awaitReady(long nanos) throws InterruptedException {
    int ready = slots.awaitReady(this::leastReady, System.nanoTime() + nanos);
    long longestWait = queue.load().longestWaitNanos();
    return slots.health(workers.wanted(), leastReady(), ready, longestWait);
  }

  /** How many workers have an instance when all is well; none once the executor is closed. */
  private int leastReady() {
    return queue.phase() == CallQueue.Phase.CLOSED
        ? 0
        : Math.min(settings.minInstances(), workers.wanted());
  }

  List<ExecutorStatistics.OfHeap> heaps() {
    List<ExecutorStatistics.OfHeap> each = new ArrayList<>();
    for (InstanceSlot<G> slot : slots.all()) {
      ExecutorStatistics.OfHeap figures = slot.figures();
      if (figures != null) {
        each.add(figures);
      }
    }
    return Collections.unmodifiableList(each);
  }
}
