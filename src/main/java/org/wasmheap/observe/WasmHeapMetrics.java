package org.wasmheap.observe;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.BaseUnits;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import org.wasmheap.heap.CallReport;
import org.wasmheap.heap.HeapListener;
import org.wasmheap.pool.CallOptions.CallClass;
import org.wasmheap.pool.ExecutorStatistics;
import org.wasmheap.pool.HeapExecutor;

/**
 * Metrics of executors for Micrometer.
 *
 * <pre>{@code
 * WasmHeapMetrics metrics = new WasmHeapMetrics();
 * HeapExecutor<G> executor = HeapExecutor.builder(factory).listener(metrics).build();
 * metrics.watch(executor);
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
 *   <tr><td>{@code wasmheap.workers}, {@code wasmheap.lost}</td><td>gauges, threads</td>
 *       <td>pool</td></tr>
 *   <tr><td>{@code wasmheap.instances}</td><td>gauge, instances</td><td>pool</td></tr>
 *   <tr><td>{@code wasmheap.memory.materialised}</td><td>gauge, bytes</td><td>pool</td></tr>
 * </table>
 *
 * <p>Timers and rejections are written by the hooks; all else is asked of the executor when the
 * registry is read. One object serves any number of pools. All methods may be called from any
 * thread, in any order; what happens before {@link #bindTo} is in no timer.
 */
public final class WasmHeapMetrics implements MeterBinder, HeapListener {
  private static final String CALLS = "calls";
  private static final String HEAPS = "heaps";

  /** Who is to be watched once there is a registry. Guarded by the monitor. */
  private final List<HeapExecutor<?>> waiting = new ArrayList<>();

  /** By pool and class; each is made once and then only read, without garbage. */
  private final Map<String, Map<String, ClassMeters>> byPool = new ConcurrentHashMap<>();

  /** Where to. Written once, in the monitor; volatile for the hooks. */
  private volatile @Nullable MeterRegistry registry;

  /** Metrics that are bound to no registry yet. */
  public WasmHeapMetrics() {}

  /**
   * Registers the meters, from here on.
   *
   * @param meters where to
   * @throws IllegalStateException if they are bound to another registry; Micrometer's composite
   *     registry serves several
   */
  @Override
  public synchronized void bindTo(MeterRegistry meters) {
    if (registry != null && registry != meters) {
      throw new IllegalStateException(
          "metrics are bound to a registry already; use a CompositeMeterRegistry for several");
    }
    if (registry == null) {
      registry = meters;
      waiting.forEach(executor -> register(executor, meters));
      waiting.clear();
    }
  }

  /**
   * Adds the gauges and counters that are asked of an executor when the registry is read. The
   * registry does not keep the executor from being collected; one that has the name of an earlier
   * one takes its place.
   *
   * @param executor whom to ask
   */
  public synchronized void watch(HeapExecutor<?> executor) {
    MeterRegistry meters = registry;
    if (meters == null) {
      waiting.add(executor);
    } else {
      register(executor, meters);
    }
  }

  /** {@inheritDoc} Times the call. */
  @Override
  public void callCompleted(CallReport report) {
    MeterRegistry meters = registry;
    if (meters != null) {
      of(report.pool(), report.callClass(), meters).record(report, meters);
    }
  }

  /** {@inheritDoc} Counts it. */
  @Override
  public void rejected(Rejection rejection) {
    MeterRegistry meters = registry;
    if (meters != null) {
      of(rejection.pool(), rejection.callClass(), meters).rejections.increment();
    }
  }

  private ClassMeters of(String pool, String callClass, MeterRegistry meters) {
    Map<String, ClassMeters> classes = byPool.get(pool);
    ClassMeters found = classes == null ? null : classes.get(callClass);
    return found == null
        ? byPool
            .computeIfAbsent(pool, any -> new ConcurrentHashMap<>())
            .computeIfAbsent(
                callClass,
                any -> new ClassMeters(Tags.of("pool", pool, "class", callClass), meters))
        : found;
  }

  private static void register(HeapExecutor<?> executor, MeterRegistry meters) {
    Tags pool = Tags.of("pool", executor.statistics().pool());
    new Source(executor, pool, meters).register();
  }

  /** The meters of the calls of one class of one pool. */
  private static final class ClassMeters {
    private final Tags tags;
    private final Counter rejections;
    private final Map<String, Timers> byOutcome = new ConcurrentHashMap<>();

    ClassMeters(Tags tags, MeterRegistry meters) {
      this.tags = tags;
      this.rejections =
          Counter.builder("wasmheap.rejections")
              .description("Calls that found no room in the queue")
              .baseUnit(CALLS)
              .tags(tags)
              .register(meters);
    }

    void record(CallReport report, MeterRegistry meters) {
      String outcome = FlightRecorderListener.outcome(report);
      Timers timers = byOutcome.get(outcome);
      if (timers == null) {
        timers =
            byOutcome.computeIfAbsent(
                outcome, any -> Timers.of(tags.and("outcome", outcome), meters));
      }
      timers.record(report);
    }
  }

  /** The timers of calls that ended in the same way. */
  private record Timers(Timer queue, Timer run, Timer reset) {
    static Timers of(Tags tags, MeterRegistry meters) {
      return new Timers(
          timer("wasmheap.call.queue", "From submission until the call began", tags, meters),
          timer("wasmheap.call.run", "From there until its result, or its failure", tags, meters),
          timer("wasmheap.call.reset", "To put the heap back", tags, meters));
    }

    private static Timer timer(String name, String description, Tags tags, MeterRegistry meters) {
      return Timer.builder(name).description(description).tags(tags).register(meters);
    }

    void record(CallReport report) {
      queue.record(report.queueNanos(), TimeUnit.NANOSECONDS);
      run.record(report.runNanos(), TimeUnit.NANOSECONDS);
      if (report.failure() == null) {
        reset.record(report.resetNanos(), TimeUnit.NANOSECONDS);
      }
    }
  }

  /** What is asked of an executor when the registry is read. */
  private record Source(HeapExecutor<?> executor, Tags pool, MeterRegistry meters) {
    void register() {
      calls("completed", ExecutorStatistics::completed);
      calls("failed", ExecutorStatistics::failed);
      calls("rejected", ExecutorStatistics::rejected);
      calls("cancelled", ExecutorStatistics::cancelled);
      counter(
          "wasmheap.poisons",
          "Heaps that were poisoned",
          HEAPS,
          pool,
          ExecutorStatistics::poisoned);
      counter(
          "wasmheap.replacements",
          "Heaps made in place of discarded ones",
          HEAPS,
          pool,
          ExecutorStatistics::replaced);
      for (CallClass each : CallClass.values()) {
        gauge(
            "wasmheap.queued",
            "Calls that wait",
            CALLS,
            pool.and("class", each.label()),
            now -> now.queuedByClass().getOrDefault(each, 0));
      }
      gauge("wasmheap.running", "Calls that run", CALLS, pool, ExecutorStatistics::running);
      gauge(
          "wasmheap.workers",
          "Threads that take calls",
          BaseUnits.THREADS,
          pool,
          ExecutorStatistics::workers);
      gauge(
          "wasmheap.lost",
          "Threads that did not come back from a call",
          BaseUnits.THREADS,
          pool,
          ExecutorStatistics::lostThreads);
      gauge(
          "wasmheap.instances",
          "Instances that live",
          "instances",
          pool,
          ExecutorStatistics::instances);
      gauge(
          "wasmheap.memory.materialised",
          "Real bytes set aside for linear memories",
          BaseUnits.BYTES,
          pool,
          ExecutorStatistics::materialisedBytes);
    }

    private void calls(String outcome, ToDoubleFunction<ExecutorStatistics> figure) {
      counter("wasmheap.calls", "Calls that are over", CALLS, pool.and("outcome", outcome), figure);
    }

    private void counter(
        String name,
        String description,
        String unit,
        Tags tags,
        ToDoubleFunction<ExecutorStatistics> figure) {
      replace(name, tags);
      FunctionCounter.builder(name, executor, of -> figure.applyAsDouble(of.statistics()))
          .description(description)
          .baseUnit(unit)
          .tags(tags)
          .register(meters);
    }

    /** A registry would keep the earlier one, and ask an executor that is no more. */
    private void replace(String name, Tags tags) {
      meters.find(name).tags(tags).meters().forEach(meters::remove);
    }

    private void gauge(
        String name,
        String description,
        String unit,
        Tags tags,
        ToDoubleFunction<ExecutorStatistics> figure) {
      replace(name, tags);
      Gauge.builder(name, executor, of -> figure.applyAsDouble(of.statistics()))
          .description(description)
          .baseUnit(unit)
          .tags(tags)
          .register(meters);
    }
  }
}
