package org.wasmheap.pool;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.wasmheap.guest.GuestCall;
import org.wasmheap.guest.GuestFactory;
import org.wasmheap.heap.GrowthPolicy;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.memory.MemoryBudget;
import org.wasmheap.pool.CallOptions.CallClass;
import org.wasmheap.testkit.BareHeaps;

/** The parts of an executor without its threads, for tests of one part at a time. */
final class PoolParts {
  private static final long HOUR = TimeUnit.HOURS.toNanos(1);

  final PoolSettings<HeapHandle> settings;
  final Counters counters = new Counters();
  final CallQueue<HeapHandle> queue;
  final InstanceSlots<HeapHandle> slots;
  final CallRun<HeapHandle> run;
  private final AtomicLong numbers = new AtomicLong();

  private PoolParts(
      int capacity, long grace, GuestFactory<HeapHandle> factory, PoolListener listener) {
    Map<CallClass, Integer> capacities = new EnumMap<>(CallClass.class);
    for (CallClass each : CallClass.values()) {
      capacities.put(each, capacity);
    }
    settings =
        new PoolSettings<>(
            "parts",
            factory,
            null,
            GuardedPoolListener.of(listener),
            GrowthPolicy.ALLOW_ALL,
            1,
            1,
            1,
            0,
            capacities,
            HOUR,
            HOUR,
            grace,
            HOUR,
            4,
            MemoryBudget.unlimited(),
            HOUR,
            false);
    queue = new CallQueue<>(capacities, HOUR, grace, new InstanceDemand(1, 1, HOUR));
    slots = new InstanceSlots<>(settings, counters);
    run = new CallRun<>(settings, counters);
  }

  /** A pool that nobody works for, with room for so many calls in each class. */
  static PoolParts withRoomFor(int capacity) {
    return new PoolParts(capacity, HOUR, BareHeaps.factory(), PoolListener.NONE);
  }

  /** The same, where a call that is interrupted is given up at the next look. */
  static PoolParts withoutGrace(int capacity) {
    return new PoolParts(capacity, 0, BareHeaps.factory(), PoolListener.NONE);
  }

  /** With room for one call, and guests of another kind. */
  static PoolParts of(GuestFactory<HeapHandle> factory) {
    return new PoolParts(1, HOUR, factory, PoolListener.NONE);
  }

  /** With room for one call, and a listener. */
  static PoolParts heardBy(PoolListener listener) {
    return new PoolParts(1, HOUR, BareHeaps.factory(), listener);
  }

  /** A call that is due in an hour. */
  CallTask<HeapHandle, String> task(String name, CallClass callClass) {
    return task(name, callClass, System.nanoTime() + HOUR);
  }

  /** A call that is due in an hour, with a host context. */
  CallTask<HeapHandle, String> task(String name, CallClass callClass, Object context) {
    CallOptions options = CallOptions.named(name).withClass(callClass).withContext(context);
    return task(options, System.nanoTime() + HOUR, heap -> name);
  }

  /** A call that is due then. */
  CallTask<HeapHandle, String> task(String name, CallClass callClass, long deadlineNanos) {
    return task(name, callClass, deadlineNanos, heap -> name);
  }

  /** A call that does something. */
  <R> CallTask<HeapHandle, R> task(
      String name, CallClass callClass, long deadlineNanos, GuestCall<HeapHandle, R> body) {
    return task(CallOptions.named(name).withClass(callClass), deadlineNanos, body);
  }

  private <R> CallTask<HeapHandle, R> task(
      CallOptions options, long deadlineNanos, GuestCall<HeapHandle, R> body) {
    return new CallTask<>(
        new CallTask.Books<>(queue, counters),
        numbers.incrementAndGet(),
        body,
        options,
        System.nanoTime(),
        deadlineNanos,
        null);
  }
}
