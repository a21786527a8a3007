package org.wasmheap.example;

import io.micrometer.core.instrument.MeterRegistry;
import org.wasmheap.guest.GuestCall;
import org.wasmheap.observe.FlightRecorderListener;
import org.wasmheap.observe.WasmHeapMetrics;
import org.wasmheap.pool.ExecutorStatistics;
import org.wasmheap.pool.HeapExecutor;

/** Flight Recorder, Micrometer, statistics. */
final class ObserveExample {
  private ObserveExample() {}

  static void record(HeapExecutor<?> executor) {
    // example begins
    executor.addListener(new FlightRecorderListener());
    // example ends
  }

  static WasmHeapMetrics watch(HeapExecutor<?> executor, MeterRegistry registry) {
    // example begins
    WasmHeapMetrics metrics = WasmHeapMetrics.of(executor);
    metrics.bindTo(registry); // metrics.close() ends it.
    // example ends
    return metrics;
  }

  static <G> ExecutorStatistics measured(HeapExecutor<G> executor, GuestCall<G, ?> work)
      throws InterruptedException {
    // example begins
    ExecutorStatistics before = executor.statistics();
    executor.call(work);
    ExecutorStatistics during = executor.statistics().since(before);
    // example ends
    return during;
  }
}
