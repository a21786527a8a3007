package org.wasmheap.observe;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.BaseUnits;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import org.wasmheap.pool.CallOptions.CallClass;
import org.wasmheap.pool.CallReport;
import org.wasmheap.pool.ExecutorStatistics;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.pool.PoolListener;
import org.wasmheap.text.Printable;

/** The meters of one executor in one registry, and the hooks that write some of them. */
final class PoolMeters implements PoolListener {
  private static final String CALLS = "calls";
  private static final String HEAPS = "heaps";

  private final HeapExecutor<?> executor;
  private final MeterRegistry registry;
  private final Tags pool;

  /** All that are registered, to be removed in the end. Added to by any thread. */
  private final Queue<Meter> registered = new ConcurrentLinkedQueue<>();

  /** Whether the meters are to be in no registry. Written by the thread that removes them. */
  private volatile boolean closed;

  /** By class; each is made once and then only read, without garbage. */
  private final Map<CallClass, ClassMeters> byClass = new ConcurrentHashMap<>();

  PoolMeters(HeapExecutor<?> executor, MeterRegistry registry) {
    this.executor = executor;
    this.registry = registry;
    this.pool = Tags.of("pool", Printable.name(executor.statistics().pool()));
  }

  @SuppressWarnings("ReferenceEquality") // The same registry, or another.
  boolean isIn(MeterRegistry other) {
    return registry == other;
  }

  /** What is asked of the executor when the registry is read. */
  void register() {
    calls("completed", ExecutorStatistics::completed);
    calls("failed", ExecutorStatistics::failed);
    calls("rejected", ExecutorStatistics::rejected);
    calls("cancelled", ExecutorStatistics::cancelled);
    counter(
        "wasmheap.poisons", "Heaps that were poisoned", HEAPS, pool, ExecutorStatistics::poisoned);
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
        "wasmheap.abandoned",
        "Threads that did not come back from a call",
        BaseUnits.THREADS,
        pool,
        ExecutorStatistics::abandonedThreads);
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

  /** Takes out what is still ours: an executor of the same name may have taken its place. */
  @SuppressWarnings("ReferenceEquality") // The same meter, or another of its name.
  void remove() {
    closed = true;
    for (Meter meter = registered.poll(); meter != null; meter = registered.poll()) {
      Meter.Id id = meter.getId();
      if (registry.find(id.getName()).tags(id.getTags()).meter() == meter) {
        registry.remove(meter);
      }
    }
  }

  /** A hook may run while the meters are removed: then its own go, too. */
  private <M extends Meter> M kept(M meter) {
    registered.add(meter);
    if (closed) {
      remove();
    }
    return meter;
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
    kept(
        FunctionCounter.builder(name, executor, of -> figure.applyAsDouble(of.statistics()))
            .description(description)
            .baseUnit(unit)
            .tags(tags)
            .register(registry));
  }

  private void gauge(
      String name,
      String description,
      String unit,
      Tags tags,
      ToDoubleFunction<ExecutorStatistics> figure) {
    replace(name, tags);
    kept(
        Gauge.builder(name, executor, of -> figure.applyAsDouble(of.statistics()))
            .description(description)
            .baseUnit(unit)
            .tags(tags)
            .register(registry));
  }

  /** A registry would keep the earlier one, and ask an executor that is no more. */
  private void replace(String name, Tags tags) {
    registry.find(name).tags(tags).meters().forEach(registry::remove);
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
      replace("wasmheap.rejections", tags);
      this.rejections =
          kept(
              Counter.builder("wasmheap.rejections")
                  .description("Calls that found no room in the queue")
                  .baseUnit(CALLS)
                  .tags(tags)
                  .register(registry));
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
    replace(name, tags);
    return kept(Timer.builder(name).description(description).tags(tags).register(registry));
  }
}
