package org.wasmheap.observe;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.ToDoubleFunction;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.runtime.RuntimeFigures;
import org.wasmheap.runtime.RuntimePool;
import org.wasmheap.runtime.SubstrateRuntime;
import org.wasmheap.text.Printable;

/**
 * Metrics of a pool of runtimes for Micrometer, and of the executor of each runtime while it is
 * there.
 *
 * <pre>{@code
 * RuntimeMetrics metrics = RuntimeMetrics.of("blocks", pool, registry);
 * }</pre>
 *
 * <table border="1">
 *   <caption>Meters, each with the tag {@code runtimes}: the name that the pool is given
 *   here</caption>
 *   <tr><th>name</th><th>kind, unit</th><th>further tags</th></tr>
 *   <tr><td>{@code wasmheap.runtimes}</td><td>gauge, runtimes</td>
 *       <td>state: {@code waiting}, {@code loading}, {@code ready}, {@code draining} or {@code
 *       failed}</td></tr>
 *   <tr><td>{@code wasmheap.runtimes.leases}</td><td>gauge, leases</td><td></td></tr>
 *   <tr><td>{@code wasmheap.runtimes.loads}</td><td>counter, loads that ended</td>
 *       <td>outcome: {@code compiled}, {@code from_store} or {@code failed}</td></tr>
 *   <tr><td>{@code wasmheap.runtimes.evicted}</td><td>counter, runtimes that are gone</td>
 *       <td></td></tr>
 * </table>
 *
 * <p>The meters of an executor are those of {@link WasmHeapMetrics}, from before its first call
 * until it is gone; their tag {@code pool} is the executor's name. All methods may be called from
 * any thread.
 */
public final class RuntimeMetrics implements AutoCloseable {
  // Figures of the totals.
  private static final int COMPILED = 0;
  private static final int FROM_STORE = 1;
  private static final int FAILED = 2;
  private static final int EVICTED = 3;
  private static final int FIGURES = 4;

  private final MeterRegistry registry;
  private final RuntimePool pool;
  private final Totals<RuntimePool> totals;
  private final Tags tags;
  private final RuntimePool.Listener listener = new OfExecutors();
  private final Object lock = new Object();

  // All below: guarded by the lock.

  /** To be removed when no pool of the name is watched any more. */
  private final List<Meter> gauges = new ArrayList<>();

  private final Map<HeapExecutor<?>, WasmHeapMetrics> executors = new HashMap<>();
  private boolean closed;

  private RuntimeMetrics(String name, RuntimePool pool, MeterRegistry registry) {
    this.registry = Objects.requireNonNull(registry, "registry");
    this.pool = Objects.requireNonNull(pool, "pool");
    String escaped = Printable.name(name);
    this.tags = Tags.of("runtimes", escaped);
    this.totals =
        RegistryTotals.watch(
            registry,
            "runtimes",
            escaped,
            pool,
            () -> new Totals<>(FIGURES, RuntimeMetrics::figures));
  }

  /**
   * Registers the meters of a pool, and of the executors that it has and will have.
   *
   * @param name tells the pool from others in the same registry
   * @param pool the one to watch; the registry does not keep it from being collected
   * @param registry where to
   * @return to be closed when the pool is
   */
  public static RuntimeMetrics of(String name, RuntimePool pool, MeterRegistry registry) {
    RuntimeMetrics metrics = new RuntimeMetrics(name, pool, registry);
    metrics.register();
    return metrics;
  }

  private void register() {
    synchronized (lock) {
      for (RuntimeFigures.State each : RuntimeFigures.State.values()) {
        gauge(
            "wasmheap.runtimes",
            "Runtimes of the pool",
            "runtimes",
            tags.and("state", each.label()),
            now -> now.count(each));
      }
      gauge("wasmheap.runtimes.leases", "Leases that are out", "leases", tags, RuntimePool::leases);
      loads("compiled", COMPILED);
      loads("from_store", FROM_STORE);
      loads("failed", FAILED);
      counter("wasmheap.runtimes.evicted", "Runtimes that are gone", "runtimes", tags, EVICTED);
    }
    // Heard of first, then looked for: none is missed, and one that goes meanwhile is looked for
    // in vain afterwards.
    pool.addListener(listener);
    for (HeapExecutor<?> each : pool.executors()) {
      add(each);
      if (!pool.executors().contains(each)) {
        remove(each);
      }
    }
  }

  private static double[] figures(RuntimePool of) {
    RuntimeFigures.Totals now = of.totals();
    double[] figures = new double[FIGURES];
    figures[COMPILED] = now.compiled();
    figures[FROM_STORE] = now.fromStore();
    figures[FAILED] = now.failed();
    figures[EVICTED] = now.evicted();
    return figures;
  }

  private void loads(String outcome, int figure) {
    counter(
        "wasmheap.runtimes.loads",
        "Loads that ended",
        "loads",
        tags.and("outcome", outcome),
        figure);
  }

  private void counter(String name, String description, String unit, Tags of, int figure) {
    FunctionCounter.builder(name, totals, now -> now.sum(figure))
        .description(description)
        .baseUnit(unit)
        .tags(of)
        .register(registry);
  }

  private void gauge(
      String name, String description, String unit, Tags of, ToDoubleFunction<RuntimePool> figure) {
    gauges.add(
        Gauge.builder(name, totals, now -> now.ofNewest(figure))
            .description(description)
            .baseUnit(unit)
            .tags(of)
            .register(registry));
  }

  /** Hears of executors on threads of the pool. */
  private final class OfExecutors implements RuntimePool.Listener {
    @Override
    public void loaded(SubstrateRuntime runtime, HeapExecutor<?> executor) {
      add(executor);
    }

    @Override
    public void gone(SubstrateRuntime runtime, HeapExecutor<?> executor) {
      remove(executor);
    }
  }

  private void add(HeapExecutor<?> executor) {
    synchronized (lock) {
      if (!closed && !executors.containsKey(executor)) {
        WasmHeapMetrics metrics = WasmHeapMetrics.of(executor);
        executors.put(executor, metrics);
        metrics.bindTo(registry);
      }
    }
  }

  private void remove(HeapExecutor<?> executor) {
    synchronized (lock) {
      WasmHeapMetrics metrics = executors.remove(executor);
      if (metrics != null) {
        metrics.close();
      }
    }
  }

  /**
   * Watches the pool and its executors no more. The gauges leave the registry, unless another pool
   * has the name here; counters and timers stay as they are, see {@link WasmHeapMetrics}.
   */
  @Override
  public void close() {
    pool.removeListener(listener);
    synchronized (lock) {
      if (!closed) {
        RegistryTotals.unwatch(registry, totals, pool, gauges);
      }
      closed = true;
      executors.values().forEach(WasmHeapMetrics::close);
      executors.clear();
    }
  }
}
