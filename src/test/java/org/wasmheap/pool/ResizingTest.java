package org.wasmheap.pool;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.wasmheap.testkit.Calls.CALL;
import static org.wasmheap.testkit.Calls.failureOf;

import com.google.common.util.concurrent.ListenableFuture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.guest.GuestFactory;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.testkit.BareHeaps;
import org.wasmheap.testkit.ScriptedFactory;

/** Workers that come and go while an executor lives, and their instances. */
@Timeout(60)
class ResizingTest {
  private static final Duration LONG = Duration.ofSeconds(30);

  private static HeapExecutor.Builder<HeapHandle> executor() {
    return BareHeaps.executor().queueCapacity(10_000);
  }

  /** Calls that run at the same time, and hold their workers until told. */
  private static List<ListenableFuture<String>> hold(
      HeapExecutor<HeapHandle> executor, int calls, CountDownLatch go) throws Exception {
    CountDownLatch all = new CountDownLatch(calls);
    List<ListenableFuture<String>> held = new ArrayList<>();
    for (int i = 0; i < calls; i++) {
      held.add(
          executor.submit(
              CALL,
              heap -> {
                all.countDown();
                assertTrue(go.await(30, TimeUnit.SECONDS));
                return heap.heapName();
              }));
    }
    assertTrue(all.await(30, TimeUnit.SECONDS), executor::toString);
    return held;
  }

  private static Set<String> heapsOf(List<ListenableFuture<String>> calls) throws Exception {
    Set<String> heaps = new HashSet<>();
    for (ListenableFuture<String> each : calls) {
      heaps.add(each.get(30, TimeUnit.SECONDS));
    }
    return heaps;
  }

  private static long threadsOf(String name) {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith(name))
        .count();
  }

  private static int instances(HeapExecutor<?> executor) {
    return executor.statistics().instances();
  }

  @Test
  void more_workers_run_more_calls_at_once() throws Exception {
    try (HeapExecutor<HeapHandle> executor = executor().workers(1).build()) {
      // when
      executor.workers(4);
      // then
      CountDownLatch go = new CountDownLatch(1);
      List<ListenableFuture<String>> held = hold(executor, 4, go);
      go.countDown();
      assertEquals(4, heapsOf(held).size());
      assertEquals(4, executor.statistics().workers());
      assertEquals(4, executor.health().ready());
    }
  }

  @Test
  void workers_that_are_too_many_end_when_their_calls_are_over() throws Exception {
    try (HeapExecutor<HeapHandle> executor = executor().workers(4).build()) {
      // given
      CountDownLatch go = new CountDownLatch(1);
      List<ListenableFuture<String>> held = hold(executor, 4, go);
      // when
      executor.workers(1);
      // then nothing of them is lost
      assertEquals(4, executor.statistics().running());
      go.countDown();
      assertEquals(4, heapsOf(held).size());
      await().until(() -> instances(executor) == 1);
      executor.call(CALL, heap -> heap.malloc(8));
      assertEquals(5, executor.statistics().completed());
    }
  }

  @Test
  void a_worker_that_was_called_away_in_a_call_stays_if_it_is_wanted_again() throws Exception {
    try (HeapExecutor<HeapHandle> executor = executor().workers(2).build()) {
      // given
      CountDownLatch go = new CountDownLatch(1);
      List<ListenableFuture<String>> first = hold(executor, 2, go);
      executor.workers(1);
      // when
      executor.workers(2);
      go.countDown();
      Set<String> before = heapsOf(first);
      // then the same heaps serve on
      CountDownLatch again = new CountDownLatch(1);
      List<ListenableFuture<String>> second = hold(executor, 2, again);
      again.countDown();
      assertEquals(before, heapsOf(second));
    }
  }

  @Test
  void no_call_is_lost_while_the_number_of_workers_changes_all_the_time() throws Exception {
    try (HeapExecutor<HeapHandle> executor =
        executor()
            .name("resized")
            .workers(2)
            .minInstances(1)
            .trimAfter(Duration.ofMillis(2))
            .build()) {
      Random random = new Random(7);
      List<ListenableFuture<Integer>> calls = new ArrayList<>();
      for (int i = 0; i < 5_000; i++) {
        calls.add(executor.submit(CALL, heap -> heap.malloc(8)));
        if (i % 10 == 0) {
          executor.workers(1 + random.nextInt(6));
        }
      }
      for (ListenableFuture<Integer> each : calls) {
        assertEquals(BareHeaps.FIRST_POINTER, each.get(30, TimeUnit.SECONDS));
      }
      assertEquals(5_000, executor.statistics().completed());
      executor.workers(3);
      assertEquals(3, executor.statistics().workers());
      await().until(() -> threadsOf("resized-worker-") == 3);
    }
  }

  @Test
  void instances_beyond_the_minimum_are_made_when_calls_need_them_and_given_up_when_none_does()
      throws Exception {
    ScriptedFactory<HeapHandle> factory = new ScriptedFactory<>(BareHeaps.factory());
    try (HeapExecutor<HeapHandle> executor =
        BareHeaps.executor(factory)
            .workers(4)
            .minInstances(1)
            .trimAfter(Duration.ofMillis(100))
            .build()) {
      // given
      assertTrue(executor.awaitReady(LONG).isReady());
      assertEquals(1, factory.attempts());
      // when three calls are there at once
      CountDownLatch go = new CountDownLatch(1);
      List<ListenableFuture<String>> held = hold(executor, 3, go);
      assertTrue(instances(executor) >= 3);
      go.countDown();
      assertEquals(3, heapsOf(held).size());
      // then those that nobody needs go, and nothing counts as replaced
      await().until(() -> instances(executor) == 1);
      assertEquals(0, executor.statistics().replaced());
      // and others come again
      CountDownLatch again = new CountDownLatch(1);
      List<ListenableFuture<String>> more = hold(executor, 4, again);
      again.countDown();
      assertEquals(4, heapsOf(more).size());
    }
  }

  @Test
  void a_pool_without_a_minimum_makes_its_first_instance_for_its_first_call() throws Exception {
    ScriptedFactory<HeapHandle> factory = new ScriptedFactory<>(BareHeaps.factory());
    try (HeapExecutor<HeapHandle> executor =
        BareHeaps.executor(factory).workers(2).minInstances(0).build()) {
      assertTrue(executor.awaitReady(LONG).isReady());
      assertEquals(0, factory.attempts());
      executor.call(CALL, heap -> heap.malloc(8));
      assertEquals(1, factory.attempts());
    }
  }

  @Test
  void a_factory_that_fails_for_one_worker_is_asked_by_another() throws Exception {
    ScriptedFactory<HeapHandle> factory = new ScriptedFactory<>(BareHeaps.factory());
    Set<String> asking = ConcurrentHashMap.newKeySet();
    GuestFactory<HeapHandle> noted =
        () -> {
          asking.add(Thread.currentThread().getName());
          return factory.create();
        };
    try (HeapExecutor<HeapHandle> executor =
        BareHeaps.executor(noted).workers(3).minInstances(0).build()) {
      factory.failNext(2);
      executor.call(CALL, heap -> heap.malloc(8));
      assertTrue(asking.size() >= 2, asking::toString);
    }
  }

  @Test
  void once_no_call_waits_nobody_asks_a_factory_that_fails() throws Exception {
    ScriptedFactory<HeapHandle> factory = new ScriptedFactory<>(BareHeaps.factory());
    try (HeapExecutor<HeapHandle> executor =
        BareHeaps.executor(factory).workers(8).minInstances(0).build()) {
      // given a call that waits in vain
      factory.failNext(1_000_000);
      ListenableFuture<Integer> vain =
          executor.submit(CALL.withDeadline(Duration.ofMillis(100)), heap -> heap.malloc(8));
      assertEquals(FailureKind.DEADLINE, failureOf(vain).kind());
      // then each may be in the middle of an attempt, and none begins another
      int most = factory.attempts() + 8;
      await().during(Duration.ofMillis(1_500)).atMost(LONG).until(() -> factory.attempts() <= most);
    }
  }

  @Test
  void workers_that_are_in_a_factory_that_hangs_end_when_it_lets_them_go() throws Exception {
    ScriptedFactory<HeapHandle> factory = new ScriptedFactory<>(BareHeaps.factory());
    factory.hang();
    try (HeapExecutor<HeapHandle> executor =
        BareHeaps.executor(factory).name("hanging").workers(4).build()) {
      await().until(() -> factory.hanging() == 4);
      // when
      executor.workers(1);
      factory.release();
      // then
      await().until(() -> threadsOf("hanging-worker") == 1);
      assertTrue(executor.awaitReady(LONG).isReady());
      executor.call(CALL, heap -> heap.malloc(8));
      assertEquals(1, instances(executor));
    }
  }

  @Test
  void workers_whose_factory_fails_come_and_go_and_calls_wait_for_the_first_that_has_made_one()
      throws Exception {
    ScriptedFactory<HeapHandle> factory = new ScriptedFactory<>(BareHeaps.factory());
    try (HeapExecutor<HeapHandle> executor =
        BareHeaps.executor(factory).name("failing").workers(2).queueCapacity(100).build()) {
      executor.awaitReady(LONG);
      // given that no other instance can be made
      factory.failNext(1_000_000);
      List<ListenableFuture<Integer>> calls = new ArrayList<>();
      for (int workers : new int[] {4, 1, 3, 2, 4}) {
        executor.workers(workers);
        calls.add(executor.submit(CALL, heap -> heap.malloc(8)));
      }
      for (ListenableFuture<Integer> each : calls) {
        assertEquals(BareHeaps.FIRST_POINTER, each.get(30, TimeUnit.SECONDS));
      }
      await().until(() -> executor.health().failuresInARow() > 0);
      // then those that cannot make one end, too, when they are too many
      executor.workers(1);
      await().until(() -> threadsOf("failing-worker") == 1);
      await().until(() -> !executor.health().degraded());
    }
  }

  @Test
  void to_resize_while_the_executor_shuts_down_leaves_no_thread_and_loses_no_call()
      throws Exception {
    for (int round = 0; round < 20; round++) {
      String name = "ending-" + round;
      HeapExecutor<HeapHandle> executor = executor().name(name).workers(2).build();
      List<ListenableFuture<Integer>> calls = new ArrayList<>();
      for (int i = 0; i < 50; i++) {
        calls.add(executor.submit(CALL, heap -> heap.malloc(8)));
      }
      // when
      CountDownLatch begun = new CountDownLatch(1);
      Random random = new Random(round);
      Thread resizer =
          new Thread(
              () -> {
                for (int i = 0; i < 200; i++) {
                  executor.workers(1 + random.nextInt(6));
                  begun.countDown();
                }
              });
      resizer.start();
      assertTrue(begun.await(30, TimeUnit.SECONDS));
      ExecutorStatistics.ShutdownAccount account = executor.shutdown(LONG);
      resizer.join();
      // then
      assertEquals(0, account.cutOff() + account.threadsLeft(), account::toString);
      for (ListenableFuture<Integer> each : calls) {
        assertEquals(BareHeaps.FIRST_POINTER, each.get(0, TimeUnit.SECONDS));
      }
      await().until(() -> threadsOf(name) == 0);
      assertEquals(0, instances(executor));
    }
  }

  @Test
  void a_number_out_of_range_is_refused_and_after_the_end_nothing_happens() {
    HeapExecutor<HeapHandle> executor = executor().workers(2).build();
    IllegalArgumentException refusal =
        assertThrows(IllegalArgumentException.class, () -> executor.workers(0));
    assertEquals("workers is 0, must be 1 to 1024", refusal.getMessage());
    assertEquals(0, executor.shutdown(LONG).threadsLeft());
    executor.workers(5);
    assertEquals(2, executor.statistics().workers());
    assertEquals(0, instances(executor));
  }
}
