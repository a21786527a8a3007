package org.wasmheap.observe;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.BaseUnits;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import org.wasmheap.pool.CallOptions.CallClass;
import org.wasmheap.pool.CallReport;
import org.wasmheap.pool.ExecutorStatistics;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.pool.PoolListener;
import org.wasmheap.text.Printable;

/**
 * The meters of one executor in one registry, and the hooks that write some of them. Those that
 * count go on where an earlier executor of the same name has left them; the gauges are those of the
 * newest one.
 */
final class PoolMeters implements PoolListener {
  private static final String CALLS = "calls";
  private static final String HEAPS = "heaps";
  private static final String SECONDS = "seconds";

  // Figures of the totals.
  private static final int COMPLETED = 0;
  private static final int FAILED = 1;
  private static final int REJECTED = 2;
  private static final int CANCELLED = 3;
  private static final int POISONED = 4;
  private static final int REPLACED = 5;
  private static final int FIGURES = 6;

  private final HeapExecutor<?> executor;
  private final MeterRegistry registry;
  private final Tags pool;
  private final Totals<HeapExecutor<?>> totals;

  /** To be removed when no executor of the name is watched any more. */
  private final List<Meter> gauges = new ArrayList<>();

  /** By class; all are made when the executor is bound, and then only read, without garbage. */
  private final Map<CallClass, ClassMeters> byClass = new ConcurrentHashMap<>();

  PoolMeters(HeapExecutor<?> executor, MeterRegistry registry) {
    this.executor = executor;
    this.registry = registry;
    String name = Printable.name(executor.statistics().pool());
    this.pool = Tags.of("pool", name);
    this.totals =
        RegistryTotals.watch(
            registry, "pool", name, executor, () -> new Totals<>(FIGURES, PoolMeters::figures));
  }

  private static double[] figures(HeapExecutor<?> of) {
    ExecutorStatistics now = of.statistics();
    double[] figures = new double[FIGURES];
    figures[COMPLETED] = now.completed();
    figures[FAILED] = now.failed();
    figures[REJECTED] = now.rejected();
    figures[CANCELLED] = now.cancelled();
    figures[POISONED] = now.poisoned();
    figures[REPLACED] = now.replaced();
    return figures;
  }

  @SuppressWarnings("ReferenceEquality") // The same registry, or another.
  boolean isIn(MeterRegistry other) {
    return registry == other;
  }

  /** What is asked of the executor when the registry is read. */
  void register() {
    calls("completed", COMPLETED);
    calls("failed", FAILED);
    calls("rejected", REJECTED);
    calls("cancelled", CANCELLED);
    counter("wasmheap.poisons", "Heaps that were poisoned", HEAPS, pool, POISONED);
    counter(
        "wasmheap.replacements", "Heaps made in place of discarded ones", HEAPS, pool, REPLACED);
    registerLoad();
    registerMemory();
    registerHealth();
    registerRejections();
  }

  private void registerLoad() {
    for (CallClass each : CallClass.values()) {
      gauge(
          "wasmheap.queued",
          "Calls that wait",
          CALLS,
          pool.and("class", each.label()),
          now -> now.statistics().queuedByClass().getOrDefault(each, 0));
    }
    gauge("wasmheap.running", "Calls that run", CALLS, pool, now -> now.statistics().running());
    gauge(
        "wasmheap.workers",
        "Threads that take calls",
        BaseUnits.THREADS,
        pool,
        now -> now.statistics().workers());
    gauge(
        "wasmheap.abandoned",
        "Threads that did not come back from a call",
        BaseUnits.THREADS,
        pool,
        now -> now.statistics().abandonedThreads());
  }

  private void registerMemory() {
    gauge(
        "wasmheap.instances",
        "Instances that live",
        "instances",
        pool,
        now -> now.statistics().instances());
    gauge(
        "wasmheap.memory.materialised",
        "Real bytes set aside for linear memories",
        BaseUnits.BYTES,
        pool,
        now -> now.statistics().materialisedBytes());
    gauge(
        "wasmheap.budget.used",
        "Bytes that all pools of the budget have taken from it",
        BaseUnits.BYTES,
        pool,
        now -> now.memoryBudget().usedBytes());
    gauge(
        "wasmheap.budget.limit",
        "Bytes that the budget allows; nearly 2 to the 63rd if it has no limit",
        BaseUnits.BYTES,
        pool,
        now -> now.memoryBudget().limitBytes());
  }

  private void registerHealth() {
    gauge(
        "wasmheap.ready",
        "Threads that take calls and have an instance",
        BaseUnits.THREADS,
        pool,
        now -> now.health().ready());
    gauge(
        "wasmheap.kept",
        "Threads that have an instance when all is well",
        BaseUnits.THREADS,
        pool,
        now -> now.health().kept());
    gauge(
        "wasmheap.degraded",
        "1 if less than all is there, else 0",
        null,
        pool,
        now -> now.health().degraded() ? 1 : 0);
    gauge(
        "wasmheap.wait.longest",
        "How long the oldest call that waits has waited",
        SECONDS,
        pool,
        now -> now.health().longestWaitNanos() / 1e9);
    gauge(
        "wasmheap.factory.failures",
        "Failures of the factory since it last made an instance",
        "failures",
        pool,
        now -> now.health().failuresInARow());
  }

  /** At zero, before the first: a counter that begins at 1 has no rate. */
  private void registerRejections() {
    for (CallClass each : CallClass.values()) {
      of(each);
    }
  }

  /**
   * The executor is watched no more. What counts and times stays in the registry: it would come
   * back with less.
   */
  void remove() {
    RegistryTotals.unwatch(registry, totals, executor, gauges);
  }

  private void calls(String outcome, int figure) {
    counter("wasmheap.calls", "Calls that are over", CALLS, pool.and("outcome", outcome), figure);
  }

  private void counter(String name, String description, String unit, Tags tags, int figure) {
    FunctionCounter.builder(name, totals, of -> of.sum(figure))
        .description(description)
        .baseUnit(unit)
        .tags(tags)
        .register(registry);
  }

  private void gauge(
      String name,
      String description,
      @Nullable String unit,
      Tags tags,
      ToDoubleFunction<HeapExecutor<?>> what) {
    gauges.add(
        Gauge.builder(name, totals, of -> of.ofNewest(what))
            .description(description)
            .baseUnit(unit)
            .tags(tags)
            .register(registry));
  }

  /** {@inheritDoc} Times the call. */
  @Override
  public void callCompleted(CallReport report) {
    of(report.callClass()).record(report);
  }

  /** {@inheritDoc} Counts it. */
  @Override
  public void rejected(Rejection rejection) {
    of(rejection.callClass()).rejections.increment();
  }

  private ClassMeters of(CallClass callClass) {
    ClassMeters found = byClass.get(callClass);
    return found == null ? byClass.computeIfAbsent(callClass, ClassMeters::new) : found;
  }

  /** The meters of the calls of one class. */
  private final class ClassMeters {
    private final Tags tags;
    private final Counter rejections;
    private final Map<String, Timers> byOutcome = new ConcurrentHashMap<>();

    ClassMeters(CallClass callClass) {
      this.tags = pool.and("class", callClass.label());
      this.rejections =
          Counter.builder("wasmheap.rejections")
              .description("Calls that found no room in the queue")
              .baseUnit(CALLS)
              .tags(tags)
              .register(registry);
    }

    void record(CallReport report) {
      String outcome = FlightRecorderListener.outcome(report);
      Timers timers = byOutcome.get(outcome);
      if (timers == null) {
        timers = byOutcome.computeIfAbsent(outcome, any -> timers(tags.and("outcome", outcome)));
      }
      timers.record(report);
    }
  }

  /** The timers of calls with one outcome. */
  private record Timers(Timer queue, Timer run, Timer reset) {
    void record(CallReport report) {
      queue.record(report.queueNanos(), TimeUnit.NANOSECONDS);
      run.record(report.runNanos(), TimeUnit.NANOSECONDS);
      if (report.failure() == null) {
        reset.record(report.resetNanos(), TimeUnit.NANOSECONDS);
      }
    }
  }

  private Timers timers(Tags tags) {
    return new Timers(
        timer("wasmheap.call.queue", "From submission until the call began", tags),
        timer("wasmheap.call.run", "From there until its result, or its failure", tags),
        timer("wasmheap.call.reset", "To put the heap back", tags));
  }

  private Timer timer(String name, String description, Tags tags) {
    return Timer.builder(name).description(description).tags(tags).register(registry);
  }
}
