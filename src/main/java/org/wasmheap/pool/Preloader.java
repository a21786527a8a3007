package org.wasmheap.pool;

import java.util.EnumMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.heap.GrowthPolicy;
import org.wasmheap.heap.Heap;
import org.wasmheap.memory.MemoryBudget;
import org.wasmheap.pool.CallOptions.CallClass;

/**
 * Lets calls fail in every way once, before there are any, so that the classes of failures are
 * loaded while there is memory ({@link FullJavaHeap}). On a pool that has no threads.
 */
final class Preloader {
  private static final Logger LOG = LoggerFactory.getLogger(Preloader.class);

  private final PoolSettings<Object> settings;
  private final Counters counters = new Counters();
  private final CallQueue<Object> queue;
  private final CallTask.Books<Object> books;

  static {
    try {
      new Preloader().preload();
    } catch (Throwable e) {
      FullJavaHeap.report(LOG, e); // No memory even now: executors work all the same.
    }
  }

  /** It is done when this returns, once in a JVM: with the class. */
  static void ensure() {}

  private Preloader() {
    Map<CallClass, Integer> capacities = new EnumMap<>(CallClass.class);
    capacities.put(CallClass.OFF_CHAIN, 1);
    settings =
        new PoolSettings<>(
            "preloader",
            () -> {
              throw new IllegalStateException("no guest is made to preload classes");
            },
            null,
            GuardedPoolListener.of(),
            GrowthPolicy.ALLOW_ALL,
            1,
            1,
            1,
            0,
            capacities,
            1,
            1,
            1,
            1,
            0,
            MemoryBudget.unlimited(),
            1,
            false);
    queue = new CallQueue<>(capacities, 1, 1, new InstanceDemand(1, 1, 1));
    books = new CallTask.Books<>(queue, counters);
  }

  private void preload() {
    Heap.preload();
    CallMdc.ensure();
    FailedCalls.ensure();
    task().fail(Failures.abandoned(task()));
    task().fail(Failures.expired(task(), null));
    task().fail(Failures.late(task()));
    task().fail(Failures.closed(task(), settings.name()));
    task().fail(Failures.cutOff(task(), settings.name(), "ran", null));
    for (FailureKind each : FailureKind.values()) {
      task().fail(Failures.stopped(task(), each));
    }
    Failures.endBroken(task(), new OutOfMemoryError());
    task().failAsBroken(false);
    task().cancel(true);
    endDueCalls();
  }

  private CallTask<Object, Object> task() {
    CallOptions options = CallOptions.named("preloader");
    return new CallTask<>(books, 0, guest -> guest, options, 0, System.nanoTime(), null);
  }

  /** One call that waits too long, one that runs too long. */
  private void endDueCalls() {
    InstanceSlots<Object> slots = new InstanceSlots<>(settings, counters);
    Workers<Object> workers =
        new Workers<>(settings, queue, slots, new CallRun<>(settings, counters));
    Reaper<Object> reaper = new Reaper<>(settings, queue, workers);
    queue.begin(task());
    queue.offer(task());
    reaper.awaitAndEnd(0); // Interrupts the one, fails the other.
    queue.close();
    reaper.awaitAndEnd(0); // Gives up the one.
  }
}
