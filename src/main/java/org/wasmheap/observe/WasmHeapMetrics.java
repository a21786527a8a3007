package org.wasmheap.observe;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.wasmheap.pool.HeapExecutor;

/**
 * Metrics of an executor for Micrometer.
 *
 * <pre>{@code
 * WasmHeapMetrics metrics = WasmHeapMetrics.of(executor);
 * metrics.bindTo(registry);
 * }</pre>
 *
 * <table border="1">
 *   <caption>Meters; tags have few values, never a heap's or a call's name</caption>
 *   <tr><th>name</th><th>kind, unit</th><th>tags</th></tr>
 *   <tr><td>{@code wasmheap.call.queue}, {@code .run}, {@code .reset}</td>
 *       <td>timers: of calls that ran, waiting, running, and putting back the heap (only where it
 *       was)</td><td>pool, class, outcome: {@code completed} or the label of the failure's
 *       kind</td></tr>
 *   <tr><td>{@code wasmheap.rejections}</td><td>counter, calls that found no room</td>
 *       <td>pool, class</td></tr>
 *   <tr><td>{@code wasmheap.calls}</td><td>counter, calls that are over, those included that never
 *       ran</td><td>pool, outcome: {@code completed}, {@code failed}, {@code rejected} or {@code
 *       cancelled}</td></tr>
 *   <tr><td>{@code wasmheap.poisons}</td><td>counter, heaps</td><td>pool</td></tr>
 *   <tr><td>{@code wasmheap.replacements}</td><td>counter, heaps</td><td>pool</td></tr>
 *   <tr><td>{@code wasmheap.queued}</td><td>gauge, calls</td><td>pool, class</td></tr>
 *   <tr><td>{@code wasmheap.running}</td><td>gauge, calls</td><td>pool</td></tr>
 *   <tr><td>{@code wasmheap.workers}, {@code wasmheap.abandoned}</td><td>gauges, threads</td>
 *       <td>pool</td></tr>
 *   <tr><td>{@code wasmheap.instances}</td><td>gauge, instances</td><td>pool</td></tr>
 *   <tr><td>{@code wasmheap.memory.materialised}</td><td>gauge, bytes</td><td>pool</td></tr>
 *   <tr><td>{@code wasmheap.budget.used}, {@code .limit}</td><td>gauges, bytes, of the budget,
 *       which other pools may share</td><td>pool</td></tr>
 *   <tr><td>{@code wasmheap.ready}</td><td>gauge, threads that have an instance</td>
 *       <td>pool</td></tr>
 *   <tr><td>{@code wasmheap.kept}</td><td>gauge, threads that have one when all is well</td>
 *       <td>pool</td></tr>
 *   <tr><td>{@code wasmheap.degraded}</td><td>gauge, 0 or 1</td><td>pool</td></tr>
 *   <tr><td>{@code wasmheap.wait.longest}</td><td>gauge, seconds</td><td>pool</td></tr>
 *   <tr><td>{@code wasmheap.factory.failures}</td><td>gauge, failures in a row</td>
 *       <td>pool</td></tr>
 * </table>
 *
 * <p>Timers and rejections are written by hooks; all else is asked of the executor when the
 * registry is read. What happens before {@link #bindTo} is in no timer. All counters are there, at
 * zero, from then on; a timer is there from the first call of its class and outcome on. A registry
 * does not keep the executor from being collected.
 *
 * <p>Executors of one name in one registry, one after the other or at once, share its meters:
 * counters and timers go on and never become smaller, and the gauges are those of the one that was
 * bound last. Of names under which no executor is bound, a registry keeps the counters and timers
 * of the last 64. All methods may be called from any thread.
 */
public final class WasmHeapMetrics implements MeterBinder, AutoCloseable {
  private final HeapExecutor<?> executor;

  private final Object lock = new Object();

  /** One for each registry. Guarded by the lock. */
  private final List<PoolMeters> bound = new ArrayList<>();

  private WasmHeapMetrics(HeapExecutor<?> executor) {
    this.executor = Objects.requireNonNull(executor, "executor");
  }

  /**
   * The metrics of an executor, bound to no registry yet.
   *
   * @param executor the one to watch
   * @return metrics
   */
  public static WasmHeapMetrics of(HeapExecutor<?> executor) {
    return new WasmHeapMetrics(executor);
  }

  /**
   * Registers the meters and times calls, from here on; nothing if they are in this registry.
   *
   * @param registry where to
   */
  @Override
  public void bindTo(MeterRegistry registry) {
    synchronized (lock) {
      for (PoolMeters each : bound) {
        if (each.isIn(registry)) {
          return;
        }
      }
      PoolMeters meters = new PoolMeters(executor, registry);
      bound.add(meters);
      meters.register();
      executor.addListener(meters);
    }
  }

  /**
   * Watches the executor no more. Its gauges leave the registries, unless another executor has its
   * name; its counters and timers stay as they are, so that they go on with the next executor of
   * the name.
   */
  @Override
  public void close() {
    synchronized (lock) {
      for (PoolMeters each : bound) {
        executor.removeListener(each);
        each.remove();
      }
      bound.clear();
    }
  }
}
