package org.wasmheap.example;

import java.time.Duration;
import java.util.List;
import org.wasmheap.endive.EndiveGuest;
import org.wasmheap.guest.GuestFactory;
import org.wasmheap.heap.GrowthPolicy;
import org.wasmheap.heap.HeapView;
import org.wasmheap.pool.CallReport;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.pool.PoolListener;

/** Hooks, and the say in growth. */
final class ListenerExample {
  private ListenerExample() {}

  static void listen(HeapExecutor<?> executor, Duration limit, List<String> slow) {
    // example begins
    executor.addListener(
        new PoolListener() {
          @Override
          public void callCompleted(CallReport report) {
            if (report.runNanos() > limit.toNanos()) {
              slow.add(report.name());
            }
          }
        });
    // example ends
  }

  static PoolListener keeping() {
    // example begins
    PoolListener keep =
        new PoolListener() {
          @Override
          public void created(HeapView heap) {
            heap.keepOperations(); // malloc and free take longer with it.
          }
        };
    // example ends
    return keep;
  }

  static HeapExecutor<EndiveGuest> rationed(GuestFactory<EndiveGuest> runtime) {
    // example begins
    GrowthPolicy ration = (heap, fromPages, toPages, cause) -> toPages <= 1024;
    HeapExecutor<EndiveGuest> executor = HeapExecutor.builder(runtime).growthPolicy(ration).build();
    // example ends
    return executor;
  }
}
