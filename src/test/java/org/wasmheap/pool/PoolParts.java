package org.wasmheap.pool;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.heap.HeapListener;
import org.wasmheap.pool.CallOptions.CallClass;
import org.wasmheap.testkit.BareHeaps;

/** The parts of an executor without its threads, for tests of one part at a time. */
final class PoolParts {
  private static final long HOUR = TimeUnit.HOURS.toNanos(1);

  private PoolParts() {}

  /** A pool that nobody works for, with room for so many calls in each class. */
  static PoolContext<HeapHandle> pool(int capacity) {
    return pool(capacity, BareHeaps.factory());
  }

  /** The same with guests of another kind. */
  static PoolContext<HeapHandle> pool(int capacity, GuestFactory<HeapHandle> factory) {
    Map<CallClass, Integer> capacities = new EnumMap<>(CallClass.class);
    for (CallClass each : CallClass.values()) {
      capacities.put(each, capacity);
    }
    return new PoolContext<>(
        "parts",
        factory,
        new HeapListener() {},
        new CallQueue<>(capacities, HOUR),
        1,
        1,
        0,
        HOUR,
        HOUR,
        false,
        null);
  }

  /** A call that is due in an hour. */
  static CallTask<HeapHandle, String> task(
      PoolContext<HeapHandle> pool, String name, CallClass callClass) {
    return task(pool, name, callClass, System.nanoTime() + HOUR);
  }

  /** A call that is due then. */
  static CallTask<HeapHandle, String> task(
      PoolContext<HeapHandle> pool, String name, CallClass callClass, long deadlineNanos) {
    CallOptions options = CallOptions.named(name).withClass(callClass);
    return new CallTask<>(pool, heap -> name, options, System.nanoTime(), deadlineNanos);
  }
}
