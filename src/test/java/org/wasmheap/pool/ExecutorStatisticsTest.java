package org.wasmheap.pool;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.wasmheap.pool.CallOptions.CallClass.AUTHORING;
import static org.wasmheap.pool.CallOptions.CallClass.BLOCK_IMPORT;
import static org.wasmheap.pool.CallOptions.CallClass.OFF_CHAIN;
import static org.wasmheap.testkit.Calls.CALL;
import static org.wasmheap.testkit.Calls.waiting;

import com.google.common.util.concurrent.Futures;
import com.google.common.util.concurrent.ListenableFuture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.heap.HeapView;
import org.wasmheap.testkit.BareHeaps;
import org.wasmheap.testkit.EveryOutcome;

/** What an executor says that it did and does. */
@Timeout(60)
class ExecutorStatisticsTest {
  private static final Duration LONG = Duration.ofSeconds(20);

  private static ExecutorStatistics snapshot(long submitted, long factor) {
    return new ExecutorStatistics(
        "import",
        submitted,
        10 * factor,
        11 * factor,
        12 * factor,
        13 * factor,
        14 * factor,
        15 * factor,
        16 * factor,
        17 * factor,
        18 * factor,
        (int) (3 * factor),
        Map.of(BLOCK_IMPORT, 0, AUTHORING, 0, OFF_CHAIN, (int) (3 * factor)),
        20 * factor,
        (int) (4 * factor),
        8,
        9,
        21 * factor,
        22 * factor,
        (int) factor,
        1_000_000 * factor);
  }

  @Test
  void since_an_earlier_snapshot_what_grows_is_the_difference_and_what_is_now_stays() {
    ExecutorStatistics earlier = snapshot(100, 1);
    ExecutorStatistics later = snapshot(150, 3);

    ExecutorStatistics between = later.since(earlier);

    assertEquals(
        new ExecutorStatistics(
            "import",
            50,
            20,
            22,
            24,
            26,
            28,
            30,
            32,
            34,
            36,
            9,
            later.queuedByClass(),
            60,
            12,
            8,
            9,
            42,
            44,
            3,
            3_000_000),
        between);
  }

  @Test
  void a_later_snapshot_or_one_of_another_pool_is_refused() throws Exception {
    ExecutorStatistics here = snapshot(100, 1);
    try (HeapExecutor<HeapHandle> other = BareHeaps.executor().build()) {
      assertThrows(IllegalArgumentException.class, () -> here.since(snapshot(101, 1)));
      assertThrows(IllegalArgumentException.class, () -> here.since(other.statistics()));
    }
  }

  @Test
  void the_text_has_a_line_for_each_figure_and_its_numbers_line_up() {
    List<String> lines =
        new ExecutorStatistics(
                "import",
                1_234_567,
                1_234_000,
                500,
                60,
                7,
                3,
                1000,
                2_000_000,
                345_000_000,
                50_000,
                2,
                snapshot(1, 1).queuedByClass(),
                1_500_000_000,
                1,
                8,
                9,
                10,
                4,
                0,
                11_272_192)
            .toString()
            .lines()
            .toList();

    assertEquals("pool                import", lines.get(0));
    assertTrue(lines.contains("submitted                 1,234,567"), () -> lines.toString());
    assertTrue(lines.contains("longest_wait_ms               1,500"), () -> lines.toString());
    assertTrue(lines.contains("mean_queue_us                   2.0"), () -> lines.toString());
    assertTrue(lines.contains("mean_run_us                   345.0"), () -> lines.toString());
    assertTrue(lines.contains("mean_reset_us                   0.1"), () -> lines.toString());
    assertTrue(lines.contains("  off_chain                       3"), () -> lines.toString());
    assertTrue(lines.contains("materialised_bytes       11,272,192"), () -> lines.toString());
    assertEquals(
        1, lines.stream().skip(1).map(String::length).distinct().count(), () -> lines.toString());
  }

  @Test
  void an_executor_that_never_ran_a_call_has_means_of_zero() {
    String text =
        new ExecutorStatistics(
                "import", 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, Map.of(), 0, 0, 1, 1, 0, 0, 0, 0)
            .toString();

    assertTrue(text.contains("mean_run_us                     0.0"), text);
  }

  @Test
  void times_are_the_sums_of_the_reports_also_of_nested_calls_and_of_threads_that_are_gone()
      throws Exception {
    List<CallReport> reports = new CopyOnWriteArrayList<>();
    PoolListener listener =
        new PoolListener() {
          @Override
          public void callCompleted(CallReport report) {
            reports.add(report);
          }
        };
    HeapExecutor<HeapHandle> executor = EveryOutcome.executor().listener(listener).build();

    // when
    EveryOutcome.of(executor);
    executor.call(CALL, outer -> executor.call(CALL, inner -> inner.malloc(8)));
    ExecutorStatistics open = executor.statistics();
    executor.close();
    ExecutorStatistics closed = executor.statistics();

    // then
    assertEquals(7, open.ran());
    assertEquals(reports.size(), open.ran());
    assertEquals(reports.stream().mapToLong(CallReport::queueNanos).sum(), open.queueNanos());
    assertEquals(reports.stream().mapToLong(CallReport::runNanos).sum(), open.runNanos());
    assertEquals(reports.stream().mapToLong(CallReport::resetNanos).sum(), open.resetNanos());
    assertEquals(open.ran(), closed.ran());
    assertEquals(open.runNanos(), closed.runNanos());
  }

  @Test
  void what_waits_is_told_for_each_class_with_the_longest_wait() throws Exception {
    CountDownLatch started = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    try (HeapExecutor<HeapHandle> executor = BareHeaps.executor().build()) {
      List<ListenableFuture<?>> calls = new ArrayList<>();
      calls.add(executor.submit(CALL, waiting(started, go)));
      assertTrue(started.await(30, SECONDS));
      assertEquals(0, executor.statistics().longestWaitNanos());
      long before = System.nanoTime();
      calls.add(executor.submit(CALL, heap -> 1));
      long after = System.nanoTime();
      calls.add(executor.submit(CALL, heap -> 1));
      calls.add(executor.submit(CALL.withClass(BLOCK_IMPORT), heap -> 1));

      long asking = System.nanoTime();
      ExecutorStatistics now = executor.statistics();
      long asked = System.nanoTime();

      assertEquals(3, now.queued());
      assertEquals(Map.of(BLOCK_IMPORT, 1, AUTHORING, 0, OFF_CHAIN, 2), now.queuedByClass());
      assertEquals(1, now.running());
      assertTrue(now.longestWaitNanos() >= asking - after, now::toString);
      assertTrue(now.longestWaitNanos() <= asked - before, now::toString);
      go.countDown();
      Futures.allAsList(calls).get(30, SECONDS);
    }
  }

  @Test
  void each_live_heap_is_told_of_with_its_calls_and_the_last_of_them() throws Exception {
    try (HeapExecutor<HeapHandle> heard =
            BareHeaps.executor().listener(new PoolListener() {}).build();
        HeapExecutor<HeapHandle> silent = BareHeaps.executor().build()) {
      for (HeapExecutor<HeapHandle> executor : List.of(heard, silent)) {
        assertTrue(executor.awaitReady(LONG).isReady());
        executor.call(CallOptions.named("first"), heap -> 1);
        executor.call(CallOptions.named("second"), heap -> executor.call(CALL, inner -> 1));
        await().untilAsserted(() -> assertEquals(0, executor.statistics().running()));
      }

      // then the worker's, and the nested one
      List<ExecutorStatistics.OfHeap> heaps = heard.heaps();
      assertEquals(2, heaps.size());
      assertEquals("test/1", heaps.get(0).name());
      assertEquals(HeapView.State.READY, heaps.get(0).state());
      assertEquals(2, heaps.get(0).calls());
      assertEquals(0, heaps.get(0).failures());
      assertEquals("second", heaps.get(0).lastCall().name());
      assertEquals(1, heaps.get(1).calls());
      assertEquals(
          heard.statistics().materialisedBytes(),
          heaps.stream().mapToLong(ExecutorStatistics.OfHeap::materialisedBytes).sum());
      assertNull(silent.heaps().get(0).lastCall());
    }
  }
}
