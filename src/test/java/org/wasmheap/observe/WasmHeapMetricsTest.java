package org.wasmheap.observe;

import static java.util.concurrent.TimeUnit.NANOSECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.wasmheap.testkit.Calls.CALL;
import static org.wasmheap.testkit.Calls.waiting;

import com.google.common.util.concurrent.Futures;
import com.google.common.util.concurrent.ListenableFuture;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.memory.MemoryBudget;
import org.wasmheap.pool.CallOptions;
import org.wasmheap.pool.CallOptions.CallClass;
import org.wasmheap.pool.CallReport;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.pool.PoolListener;
import org.wasmheap.testkit.BareHeaps;
import org.wasmheap.testkit.Calls;
import org.wasmheap.testkit.EveryOutcome;

/** Meters against what another listener and the executor's statistics say. */
@Timeout(60)
class WasmHeapMetricsTest {
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final List<CallReport> reports = new CopyOnWriteArrayList<>();
  private final PoolListener listener =
      new PoolListener() {
        @Override
        public void callCompleted(CallReport report) {
          reports.add(report);
        }
      };

  private WasmHeapMetrics metricsOf(HeapExecutor<?> executor) {
    WasmHeapMetrics metrics = WasmHeapMetrics.of(executor);
    metrics.bindTo(registry);
    return metrics;
  }

  private Timer timer(String name, String callClass, String outcome) {
    return registry.get(name).tags("pool", "test", "class", callClass, "outcome", outcome).timer();
  }

  private double gauge(String name) {
    return registry.get(name).tags("pool", "test").gauge().value();
  }

  private double counter(String name, String... tags) {
    return registry.get(name).tags("pool", "test").tags(tags).functionCounter().count();
  }

  @Test
  void calls_are_timed_by_class_and_outcome() throws Exception {
    try (HeapExecutor<HeapHandle> executor = EveryOutcome.executor().listener(listener).build()) {
      metricsOf(executor);
      EveryOutcome.of(executor);
    }

    // of the class off_chain three completed
    List<CallReport> offChain =
        reports.stream().filter(report -> report.callClass() == CallClass.OFF_CHAIN).toList();
    assertEquals(3, offChain.size());
    Timer run = timer("wasmheap.call.run", "off_chain", "completed");
    assertEquals(3, run.count());
    assertEquals(
        (double) offChain.stream().mapToLong(CallReport::runNanos).sum(),
        run.totalTime(NANOSECONDS),
        1);
    assertEquals(
        (double) offChain.stream().mapToLong(CallReport::queueNanos).sum(),
        timer("wasmheap.call.queue", "off_chain", "completed").totalTime(NANOSECONDS),
        1);
    assertEquals(
        (double) offChain.stream().mapToLong(CallReport::resetNanos).sum(),
        timer("wasmheap.call.reset", "off_chain", "completed").totalTime(NANOSECONDS),
        1);
    assertEquals(1, timer("wasmheap.call.run", "authoring", "completed").count());
    assertEquals(1, timer("wasmheap.call.run", "block_import", "allocator_fault").count());
    // and a heap that was discarded was not put back
    assertEquals(0, timer("wasmheap.call.reset", "block_import", "allocator_fault").count());
    assertEquals(
        1,
        registry
            .get("wasmheap.rejections")
            .tags("pool", "test", "class", "off_chain")
            .counter()
            .count());
  }

  @Test
  void rejections_of_every_class_are_counted_from_zero() throws Exception {
    // given
    try (HeapExecutor<HeapHandle> executor = EveryOutcome.executor().build()) {
      // when
      metricsOf(executor);
      // then
      assertEquals(Map.of("block_import", 0.0, "authoring", 0.0, "off_chain", 0.0), rejections());
      EveryOutcome.of(executor);
      assertEquals(Map.of("block_import", 0.0, "authoring", 0.0, "off_chain", 1.0), rejections());
    }
  }

  private Map<String, Double> rejections() {
    return registry.find("wasmheap.rejections").tags("pool", "test").counters().stream()
        .collect(
            Collectors.toMap(
                counter -> String.valueOf(counter.getId().getTag("class")), Counter::count));
  }

  @Test
  void counters_and_gauges_are_those_of_the_executor() throws Exception {
    CountDownLatch started = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    try (HeapExecutor<HeapHandle> executor = EveryOutcome.executor().build()) {
      metricsOf(executor);
      EveryOutcome.of(executor);
      await().untilAsserted(() -> assertEquals(0, gauge("wasmheap.running")));

      // when one runs and two wait
      ListenableFuture<String> runs = executor.submit(CALL, waiting(started, go));
      assertTrue(started.await(30, SECONDS));
      ListenableFuture<Integer> first = executor.submit(CALL, heap -> 1);
      ListenableFuture<Integer> second =
          executor.submit(CALL.withClass(CallClass.AUTHORING), heap -> 1);
      assertTrue(executor.submit(CALL.withClass(CallClass.BLOCK_IMPORT), heap -> 1).cancel(false));

      // then
      assertEquals(1, gauge("wasmheap.running"));
      assertEquals(Map.of("block_import", 0.0, "authoring", 1.0, "off_chain", 1.0), queued());
      assertEquals(1, gauge("wasmheap.workers"));
      assertEquals(1, gauge("wasmheap.instances"));
      assertEquals(0, gauge("wasmheap.abandoned"));
      assertEquals(
          (double) executor.statistics().materialisedBytes(),
          gauge("wasmheap.memory.materialised"));
      assertEquals(4, counter("wasmheap.calls", "outcome", "completed"));
      assertEquals(1, counter("wasmheap.calls", "outcome", "failed"));
      assertEquals(1, counter("wasmheap.calls", "outcome", "rejected"));
      assertEquals(1, counter("wasmheap.calls", "outcome", "cancelled"));
      assertEquals(1, counter("wasmheap.poisons"));
      assertEquals(1, counter("wasmheap.replacements"));
      go.countDown();
      Futures.allAsList(runs, first, second).get(30, SECONDS);
    }
  }

  private Map<String, Double> queued() {
    return registry.get("wasmheap.queued").tags("pool", "test").gauges().stream()
        .collect(
            Collectors.toMap(
                gauge -> String.valueOf(gauge.getId().getTag("class")), gauge -> gauge.value()));
  }

  @Test
  void names_units_and_tags_are_few_and_conventional() throws Exception {
    try (HeapExecutor<HeapHandle> executor = EveryOutcome.executor().build()) {
      metricsOf(executor);
      EveryOutcome.of(executor);
    }

    Map<String, String> units = new TreeMap<>();
    for (Meter meter : registry.getMeters()) {
      Meter.Id id = meter.getId();
      units.put(id.getName(), String.valueOf(id.getBaseUnit()));
      assertTrue(id.getDescription() != null, id::toString);
      Set<String> keys =
          Stream.of(id)
              .flatMap(each -> each.getTags().stream())
              .map(Tag::getKey)
              .collect(Collectors.toSet());
      assertTrue(Set.of("pool", "class", "outcome").containsAll(keys), id::toString);
    }
    assertEquals(
        Map.ofEntries(
            Map.entry("wasmheap.call.queue", "seconds"),
            Map.entry("wasmheap.call.run", "seconds"),
            Map.entry("wasmheap.call.reset", "seconds"),
            Map.entry("wasmheap.rejections", "calls"),
            Map.entry("wasmheap.calls", "calls"),
            Map.entry("wasmheap.poisons", "heaps"),
            Map.entry("wasmheap.replacements", "heaps"),
            Map.entry("wasmheap.queued", "calls"),
            Map.entry("wasmheap.running", "calls"),
            Map.entry("wasmheap.workers", "threads"),
            Map.entry("wasmheap.abandoned", "threads"),
            Map.entry("wasmheap.instances", "instances"),
            Map.entry("wasmheap.memory.materialised", "bytes"),
            Map.entry("wasmheap.budget.used", "bytes"),
            Map.entry("wasmheap.budget.limit", "bytes"),
            Map.entry("wasmheap.ready", "threads"),
            Map.entry("wasmheap.kept", "threads"),
            Map.entry("wasmheap.degraded", "null"),
            Map.entry("wasmheap.wait.longest", "seconds"),
            Map.entry("wasmheap.factory.failures", "failures")),
        units);
  }

  @Test
  void more_calls_of_other_names_make_no_more_meters() throws Exception {
    try (HeapExecutor<HeapHandle> executor = BareHeaps.executor().build()) {
      metricsOf(executor);
      executor.call(CALL, heap -> 1);
      int meters = registry.getMeters().size();

      for (int i = 0; i < 20; i++) {
        executor.call(CallOptions.named("call " + i), heap -> 1);
      }

      assertEquals(meters, registry.getMeters().size());
      assertEquals(21, timer("wasmheap.call.run", "off_chain", "completed").count());
    }
  }

  @Test
  void what_happened_before_must_be_in_the_counters_and_in_no_timer() throws Exception {
    try (HeapExecutor<HeapHandle> executor = BareHeaps.executor().build()) {
      executor.call(CALL, heap -> 1);

      WasmHeapMetrics metrics = metricsOf(executor);
      metrics.bindTo(registry); // Once more changes nothing.
      executor.call(CALL, heap -> 1);

      assertEquals(1, gauge("wasmheap.workers"));
      assertEquals(2, counter("wasmheap.calls", "outcome", "completed"));
      assertEquals(1, timer("wasmheap.call.run", "off_chain", "completed").count());
    }
  }

  @Test
  void an_executor_that_takes_the_name_of_an_earlier_one_has_its_gauges_and_goes_on_counting()
      throws Exception {
    try (HeapExecutor<HeapHandle> earlier = BareHeaps.executor().workers(3).build()) {
      metricsOf(earlier);
      EveryCount.make(earlier);
      assertEquals(3, gauge("wasmheap.workers"));
    }
    Map<String, Double> before = counts();

    try (HeapExecutor<HeapHandle> later = BareHeaps.executor().workers(2).build()) {
      metricsOf(later);

      assertEquals(2, gauge("wasmheap.workers"));
      assertEquals(before, counts());
      EveryCount.make(later);
      before.replaceAll((meter, count) -> 2 * count);
      assertEquals(before, counts());
    }
  }

  @Test
  void counters_go_on_after_close_and_an_executor_that_is_bound_again_counts_once()
      throws Exception {
    try (HeapExecutor<HeapHandle> executor = BareHeaps.executor().build()) {
      // given metrics that were closed, and calls that nobody watched
      WasmHeapMetrics first = metricsOf(executor);
      EveryCount.make(executor);
      Map<String, Double> before = counts();
      first.close();
      first.close();
      assertEquals(before, counts());
      executor.call(CALL, heap -> 1);
      assertEquals(before, counts());

      // when
      metricsOf(executor);

      // then what the executor counts itself is all there, and what hooks count is as it was
      assertEquals(
          (double) executor.statistics().completed(),
          counter("wasmheap.calls", "outcome", "completed"));
      assertEquals(1, counter("wasmheap.poisons"));
      assertEquals(1, timer("wasmheap.call.run", "off_chain", "completed").count());
    }
  }

  @Test
  void of_two_executors_of_one_name_the_gauges_are_those_of_the_newer_while_it_is_bound()
      throws Exception {
    try (HeapExecutor<HeapHandle> older = BareHeaps.executor().workers(3).build();
        HeapExecutor<HeapHandle> newer = BareHeaps.executor().workers(2).build()) {
      WasmHeapMetrics ofOlder = metricsOf(older);
      WasmHeapMetrics ofNewer = metricsOf(newer);
      assertEquals(2, gauge("wasmheap.workers"));

      ofNewer.close();
      assertEquals(3, gauge("wasmheap.workers"));

      ofOlder.close();
      assertEquals(List.of(), List.copyOf(registry.find("wasmheap.workers").gauges()));
    }
  }

  @Test
  void the_gauges_of_health_are_those_of_the_executor() throws Exception {
    try (HeapExecutor<HeapHandle> executor = BareHeaps.executor().workers(2).build()) {
      metricsOf(executor);
      assertTrue(executor.awaitReady(Duration.ofSeconds(30)).isReady());

      assertEquals(2, gauge("wasmheap.ready"));
      assertEquals(2, gauge("wasmheap.kept"));
      assertEquals(0, gauge("wasmheap.degraded"));
      assertEquals(0, gauge("wasmheap.wait.longest"));
      assertEquals(0, gauge("wasmheap.factory.failures"));
    }
  }

  @Test
  void the_gauges_of_the_budget_are_those_of_the_executors_own() throws Exception {
    MemoryBudget budget = MemoryBudget.of(64L << 20);
    try (HeapExecutor<HeapHandle> executor = BareHeaps.executor().memoryBudget(budget).build()) {
      metricsOf(executor);
      executor.call(CALL, heap -> heap.malloc(10));

      assertTrue(gauge("wasmheap.budget.used") > 0);
      assertEquals((double) budget.usedBytes(), gauge("wasmheap.budget.used"));
      assertEquals((double) (64L << 20), gauge("wasmheap.budget.limit"));
    }
  }

  @Test
  void names_of_executors_that_are_gone_are_bounded() throws Exception {
    // given more names than are kept, each with a call that was counted and timed
    int names = RegistryTotals.MOST_IDLE + 10;
    for (int i = 0; i < names; i++) {
      try (HeapExecutor<HeapHandle> executor = BareHeaps.executor().name("pool " + i).build();
          WasmHeapMetrics metrics = WasmHeapMetrics.of(executor)) {
        metrics.bindTo(registry);
        executor.call(CALL, heap -> 1);
      }
    }

    // then the oldest have gone with all of their meters: the last one was there while it came
    Set<String> left =
        registry.getMeters().stream()
            .map(meter -> String.valueOf(meter.getId().getTag("pool")))
            .collect(Collectors.toSet());
    assertEquals(RegistryTotals.MOST_IDLE + 1, left.size());
    assertFalse(left.contains("pool 8"));
    assertTrue(left.contains("pool 9"));
  }

  @Test
  void neither_an_executor_nor_a_registry_is_kept_from_being_collected() throws Exception {
    // given an executor that was bound and never closed its metrics
    MeterRegistry dropped = new SimpleMeterRegistry();
    WeakReference<Object> executor = boundAndEnded(dropped);
    await().until(() -> isCollected(executor));

    // then what it did last is still counted
    assertEquals(
        1, registry.get("wasmheap.calls").tags("outcome", "completed").functionCounter().count());
    assertTrue(Double.isNaN(gauge("wasmheap.workers")));
    // and when the registry goes, nothing holds it
    WeakReference<Object> ofRegistry = new WeakReference<>(dropped);
    dropped = new SimpleMeterRegistry();
    await().until(() -> isCollected(ofRegistry));
    assertEquals(0, dropped.getMeters().size());
  }

  private WeakReference<Object> boundAndEnded(MeterRegistry other) throws InterruptedException {
    try (HeapExecutor<HeapHandle> executor = BareHeaps.executor().build()) {
      metricsOf(executor);
      WasmHeapMetrics.of(executor).bindTo(other);
      executor.call(CALL, heap -> 1);
      counts();
      return new WeakReference<>(executor);
    }
  }

  private static boolean isCollected(WeakReference<Object> thing) {
    System.gc();
    return thing.get() == null;
  }

  /** All that counts, by name and tags. */
  private Map<String, Double> counts() {
    Map<String, Double> counts = new TreeMap<>();
    for (Meter meter : registry.getMeters()) {
      String name = meter.getId().getName() + meter.getId().getTags();
      if (meter instanceof FunctionCounter counter) {
        counts.put(name, counter.count());
      } else if (meter instanceof Counter counter) {
        counts.put(name, counter.count());
      } else if (meter instanceof Timer timer) {
        counts.put(name, (double) timer.count());
      }
    }
    return counts;
  }

  /** One call that completes, and one that poisons its heap, which is replaced. */
  private static final class EveryCount {
    static void make(HeapExecutor<HeapHandle> executor) throws Exception {
      executor.call(CALL, heap -> 1);
      Calls.failureOf(
          executor.submit(
              CALL,
              heap -> {
                heap.free(0);
                return 1;
              }));
      assertTrue(executor.awaitReady(Duration.ofSeconds(30)).isReady());
    }
  }

  @Test
  void close_must_leave_only_what_counts_in_every_registry_and_time_no_more_calls()
      throws Exception {
    SimpleMeterRegistry second = new SimpleMeterRegistry();
    try (HeapExecutor<HeapHandle> executor = BareHeaps.executor().build()) {
      // given
      WasmHeapMetrics metrics = metricsOf(executor);
      metrics.bindTo(second);
      executor.call(CALL, heap -> 1);
      assertEquals(registry.getMeters().size(), second.getMeters().size());

      // when
      metrics.close();
      executor.call(CALL, heap -> 1);

      // then
      for (SimpleMeterRegistry each : List.of(registry, second)) {
        assertEquals(List.of(), each.getMeters().stream().filter(Gauge.class::isInstance).toList());
      }
      assertEquals(1, counter("wasmheap.calls", "outcome", "completed"));
      assertEquals(1, timer("wasmheap.call.run", "off_chain", "completed").count());
    }
  }

  @Test
  void close_must_leave_the_gauges_of_a_later_executor_of_the_same_name() throws Exception {
    try (HeapExecutor<HeapHandle> earlier = BareHeaps.executor().build();
        HeapExecutor<HeapHandle> later = BareHeaps.executor().workers(2).build()) {
      // given
      WasmHeapMetrics first = metricsOf(earlier);
      earlier.call(CALL, heap -> 1);
      metricsOf(later);
      later.call(CALL, heap -> 1);

      // when
      first.close();
      later.call(CALL, heap -> 1);

      // then
      assertEquals(2, gauge("wasmheap.workers"));
      assertEquals(3, counter("wasmheap.calls", "outcome", "completed"));
      assertEquals(3, timer("wasmheap.call.run", "off_chain", "completed").count());
    }
  }

  @Test
  void close_must_leave_the_gauges_of_an_executor_of_its_name_that_is_bound_at_the_same_time()
      throws Exception {
    try (HeapExecutor<HeapHandle> earlier = BareHeaps.executor().build();
        HeapExecutor<HeapHandle> later = BareHeaps.executor().workers(2).build();
        WasmHeapMetrics ofLater = WasmHeapMetrics.of(later)) {
      // given
      AtomicReference<MeterRegistry> to = new AtomicReference<>(registry);
      BindsMeanwhile busy = new BindsMeanwhile(() -> ofLater.bindTo(to.get()));
      to.set(busy);
      WasmHeapMetrics ofEarlier = WasmHeapMetrics.of(earlier);
      ofEarlier.bindTo(busy);
      long gauges = busy.getMeters().stream().filter(Gauge.class::isInstance).count();

      // when
      ofEarlier.close();
      busy.awaitBound();

      // then
      assertEquals(gauges, busy.getMeters().stream().filter(Gauge.class::isInstance).count());
      assertEquals(2, busy.get("wasmheap.workers").gauge().value());
    }
  }
}
