package org.wasmheap.observe;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.wasmheap.host.SubstrateHostFunctions;
import org.wasmheap.runtime.HeapStrategy;
import org.wasmheap.runtime.RuntimeCode;
import org.wasmheap.runtime.RuntimePool;
import org.wasmheap.testkit.SampleVersions;

/** Meters of a pool of runtimes against what was done with it. */
@Timeout(60)
class RuntimeMetricsTest {
  private static final HeapStrategy STRATEGY = HeapStrategy.ofStatic(8);
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final RuntimePool pool =
      RuntimePool.builder(SubstrateHostFunctions.all())
          .mostRuntimes(1)
          .executors((runtime, executor) -> executor.workers(1))
          .build();

  @AfterEach
  void close() {
    pool.close();
  }

  private double gauge(String name, String... tags) {
    return registry.get(name).tags("runtimes", "test").tags(tags).gauge().value();
  }

  private double counter(String name, String... tags) {
    return registry.get(name).tags("runtimes", "test").tags(tags).functionCounter().count();
  }

  /** The names of the executors that have meters. */
  private Set<String> executors() {
    return registry.find("wasmheap.workers").gauges().stream()
        .map(each -> each.getId().getTag("pool"))
        .collect(Collectors.toSet());
  }

  private String callOn(RuntimeCode code) throws Exception {
    try (RuntimePool.Lease lease = pool.lease(code, STRATEGY, LIMIT)) {
      lease.executor().call(lease.runtime().call("Core_version", new byte[0]));
      return lease.executor().statistics().pool();
    }
  }

  @Test
  void runtimes_are_counted_and_each_executor_has_meters_while_it_is_there() throws Exception {
    // given one that was there before
    String before = callOn(SampleVersions.code(1));
    RuntimeMetrics metrics = RuntimeMetrics.of("test", pool, registry);
    assertEquals(Set.of(before), executors());
    // when it goes for another, whose lease is out, and a load fails
    RuntimePool.Lease lease = pool.lease(SampleVersions.code(2), STRATEGY, LIMIT);
    lease.executor().call(lease.runtime().call("Core_version", new byte[0]));
    String later = lease.executor().statistics().pool();
    await().until(() -> executors().equals(Set.of(later)));
    // then
    assertEquals(1, gauge("wasmheap.runtimes", "state", "ready"));
    assertEquals(0, gauge("wasmheap.runtimes", "state", "draining"));
    assertEquals(1, gauge("wasmheap.runtimes.leases"));
    assertEquals(2, counter("wasmheap.runtimes.loads", "outcome", "compiled"));
    assertEquals(0, counter("wasmheap.runtimes.loads", "outcome", "from_store"));
    assertEquals(1, counter("wasmheap.runtimes.evicted"));
    assertEquals(1, runsOf(later), "timed from the first call");
    lease.close();
    assertThrows(
        IllegalArgumentException.class,
        () -> pool.lease(SampleVersions.code(3), HeapStrategy.ofDynamic(1), LIMIT));
    assertEquals(1, counter("wasmheap.runtimes.loads", "outcome", "failed"));
    assertEquals(1, gauge("wasmheap.runtimes", "state", "failed"));
    // when they are closed, then only what counts is left, and goes on where it was
    metrics.close();
    metrics.close();
    String closedFor = callOn(SampleVersions.code(1));
    assertEquals(List.of(), registry.getMeters().stream().filter(Gauge.class::isInstance).toList());
    assertEquals(0, registry.find("wasmheap.call.run").tags("pool", closedFor).timers().size());
    assertEquals(2, counter("wasmheap.runtimes.loads", "outcome", "compiled"));
  }

  @Test
  void a_pool_that_takes_the_name_of_an_earlier_one_goes_on_counting() throws Exception {
    // given
    try (RuntimeMetrics metrics = RuntimeMetrics.of("test", pool, registry)) {
      callOn(SampleVersions.code(1));
      assertEquals(1, counter("wasmheap.runtimes.loads", "outcome", "compiled"), metrics::toString);
    }
    // when another comes, and loads nothing yet
    try (RuntimePool next = RuntimePool.builder(SubstrateHostFunctions.all()).build();
        RuntimeMetrics metrics = RuntimeMetrics.of("test", next, registry)) {
      // then
      assertEquals(1, counter("wasmheap.runtimes.loads", "outcome", "compiled"), metrics::toString);
      assertEquals(0, gauge("wasmheap.runtimes", "state", "ready"));
    }
  }

  @Test
  void close_must_leave_the_gauges_of_a_pool_of_its_name_that_is_bound_at_the_same_time()
      throws Exception {
    try (RuntimePool next = RuntimePool.builder(SubstrateHostFunctions.all()).build()) {
      // given
      AtomicReference<MeterRegistry> to = new AtomicReference<>(registry);
      AtomicReference<RuntimeMetrics> later = new AtomicReference<>();
      BindsMeanwhile busy =
          new BindsMeanwhile(() -> later.set(RuntimeMetrics.of("test", next, to.get())));
      to.set(busy);
      RuntimeMetrics earlier = RuntimeMetrics.of("test", pool, busy);
      long gauges = busy.getMeters().stream().filter(Gauge.class::isInstance).count();
      // when
      earlier.close();
      busy.awaitBound();
      // then
      assertEquals(gauges, busy.getMeters().stream().filter(Gauge.class::isInstance).count());
      assertEquals(0, busy.get("wasmheap.runtimes.leases").gauge().value());
      later.get().close();
    }
  }

  private long runsOf(String executor) {
    return registry
        .get("wasmheap.call.run")
        .tags("pool", executor, "outcome", "completed")
        .timer()
        .count();
  }

  @Test
  void a_pool_that_is_closed_has_no_executors_left() throws Exception {
    // given
    RuntimeMetrics metrics = RuntimeMetrics.of("test", pool, registry);
    callOn(SampleVersions.code(1));
    assertEquals(1, executors().size());
    // when
    pool.close();
    // then
    assertEquals(Set.of(), executors());
    assertEquals(1, counter("wasmheap.runtimes.loads", "outcome", "compiled"));
    metrics.close();
  }
}
