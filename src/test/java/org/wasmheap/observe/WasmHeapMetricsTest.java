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
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.pool.CallOptions;
import org.wasmheap.pool.CallOptions.CallClass;
import org.wasmheap.pool.CallReport;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.pool.PoolListener;
import org.wasmheap.testkit.BareHeaps;
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
            Map.entry("wasmheap.memory.materialised", "bytes")),
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
  void an_executor_that_takes_the_name_of_an_earlier_one_takes_its_place() throws Exception {
    try (HeapExecutor<HeapHandle> earlier = BareHeaps.executor().workers(3).build()) {
      metricsOf(earlier);
      assertEquals(3, gauge("wasmheap.workers"));
    }

    try (HeapExecutor<HeapHandle> later = BareHeaps.executor().workers(2).build()) {
      metricsOf(later);

      assertEquals(2, gauge("wasmheap.workers"));
    }
  }

  @Test
  void close_must_take_all_meters_out_of_every_registry_and_time_no_more_calls() throws Exception {
    SimpleMeterRegistry second = new SimpleMeterRegistry();
    try (HeapExecutor<HeapHandle> executor = BareHeaps.executor().build()) {
      // given
      WasmHeapMetrics metrics = metricsOf(executor);
      metrics.bindTo(second);
      executor.call(CALL, heap -> 1);
      assertFalse(registry.getMeters().isEmpty());
      assertEquals(registry.getMeters().size(), second.getMeters().size());

      // when
      metrics.close();
      executor.call(CALL, heap -> 1);

      // then
      assertEquals(List.of(), registry.getMeters());
      assertEquals(List.of(), second.getMeters());
    }
  }

  @Test
  void close_must_leave_the_meters_of_a_later_executor_of_the_same_name() throws Exception {
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
      assertEquals(2, counter("wasmheap.calls", "outcome", "completed"));
      assertEquals(2, timer("wasmheap.call.run", "off_chain", "completed").count());
    }
  }
}
