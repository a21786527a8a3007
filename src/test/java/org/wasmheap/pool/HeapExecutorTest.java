package org.wasmheap.pool;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import com.google.common.util.concurrent.ListenableFuture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.wasmheap.heap.CallReport;
import org.wasmheap.heap.FailureKind;
import org.wasmheap.heap.Heap;
import org.wasmheap.heap.HeapConfinementException;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.heap.HeapListener;
import org.wasmheap.memory.LinearMemory;
import org.wasmheap.testkit.BareHeaps;
import org.wasmheap.testkit.ForgetfulMemory;
import org.wasmheap.testkit.LogCapture;

@Timeout(60)
class HeapExecutorTest {
  private static final CallOptions CALL = CallOptions.named("call");

  private static CallException failureOf(ListenableFuture<?> future) {
    ExecutionException failure =
        assertThrows(ExecutionException.class, () -> future.get(30, SECONDS));
    return (CallException) failure.getCause();
  }

  private static int firstPointer(HeapExecutor<HeapHandle> executor) throws InterruptedException {
    Integer pointer = executor.call(CALL, heap -> heap.malloc(1));
    return pointer;
  }

  private static boolean isInterrupted(HeapExecutor<HeapHandle> executor)
      throws InterruptedException {
    Boolean interrupted = executor.call(CALL, heap -> Thread.currentThread().isInterrupted());
    return interrupted;
  }

  /** Work that waits, whatever its thread is told, until the latch opens. */
  private static HeapExecutor.Call<HeapHandle, String> waiting(
      CountDownLatch started, CountDownLatch go) {
    return heap -> {
      started.countDown();
      assertTrue(go.await(30, SECONDS));
      return "done";
    };
  }

  @Test
  void each_of_many_calls_must_start_on_a_pristine_heap() throws Exception {
    try (HeapExecutor<HeapHandle> executor =
        BareHeaps.executor().workers(3).queueCapacity(1000).build()) {
      // when each call allocates, scribbles and grows
      List<ListenableFuture<Integer>> results = new ArrayList<>();
      for (int i = 0; i < 500; i++) {
        int fill = i;
        results.add(
            executor.submit(
                CALL,
                heap -> {
                  int pointer = heap.malloc(1000);
                  assertEquals(0, heap.read(pointer, 1)[0]);
                  assertEquals(LinearMemory.PAGE_SIZE, heap.memoryBytes());
                  heap.write(pointer, new byte[] {(byte) (fill + 1)});
                  heap.growMemory(1);
                  return pointer;
                }));
      }

      // then
      for (ListenableFuture<Integer> result : results) {
        assertEquals(BareHeaps.FIRST_POINTER, result.get(30, SECONDS));
      }
    }
  }

  @Test
  void a_result_must_come_after_the_reset_so_that_reports_hold_it() throws Exception {
    // given
    AtomicReference<CallReport> report = new AtomicReference<>();
    HeapListener listener =
        new HeapListener() {
          @Override
          public void callCompleted(CallReport completed) {
            report.set(completed);
          }
        };
    try (HeapExecutor<HeapHandle> executor = BareHeaps.executor().listener(listener).build()) {
      // when
      executor.call(CALL, heap -> heap.malloc(100));

      // then
      assertEquals("call", report.get().name());
      assertEquals(1, report.get().allocations());
      assertEquals(1, report.get().blocksRestored());
      assertNull(report.get().failure());
    }
  }

  @Test
  void an_instance_that_ended_badly_must_be_replaced_and_the_next_call_be_right() throws Exception {
    // given
    try (HeapExecutor<HeapHandle> executor = BareHeaps.executor().build()) {
      String before = executor.call(CALL, HeapHandle::heapName);

      // when
      CallException failure =
          assertThrows(CallException.class, () -> executor.call(CALL, heap -> heap.malloc(-1)));

      // then
      assertEquals(FailureKind.ALLOCATOR_FAULT, failure.kind());
      assertTrue(failure.isDeterministic());
      assertTrue(
          String.valueOf(failure.getMessage()).contains("'call' on heap " + before),
          failure::toString);
      assertNotSame(before, executor.call(CALL, HeapHandle::heapName));
      assertEquals(BareHeaps.FIRST_POINTER, firstPointer(executor));
      assertEquals(1, executor.statistics().replaced());
      assertEquals(1, executor.statistics().poisoned());
    }
  }

  @Test
  void an_instance_that_ended_well_must_be_kept() throws Exception {
    try (HeapExecutor<HeapHandle> executor = BareHeaps.executor().build()) {
      String first = executor.call(CALL, HeapHandle::heapName);
      String second = executor.call(CALL, HeapHandle::heapName);

      assertEquals(first, second);
      assertEquals(0, executor.statistics().replaced());
    }
  }

  @Test
  void a_fault_that_the_call_swallows_must_fail_it_all_the_same() throws Exception {
    try (HeapExecutor<HeapHandle> executor = BareHeaps.executor().build()) {
      CallException failure =
          failureOf(
              executor.submit(
                  CALL,
                  heap -> {
                    assertThrows(RuntimeException.class, () -> heap.free(4));
                    return "all is well";
                  }));

      assertEquals(FailureKind.ALLOCATOR_FAULT, failure.kind());
    }
  }

  @Test
  void what_the_calls_own_code_throws_must_be_the_hosts_failure_with_its_cause() {
    try (HeapExecutor<HeapHandle> executor = BareHeaps.executor().build()) {
      IllegalStateException thrown = new IllegalStateException("storage is gone");

      CallException failure =
          failureOf(
              executor.submit(
                  CALL,
                  heap -> {
                    throw thrown;
                  }));

      assertEquals(FailureKind.HOST_FUNCTION, failure.kind());
      assertFalse(failure.isDeterministic());
      assertSame(thrown, failure.getCause());
      assertTrue(String.valueOf(failure.getMessage()).contains("storage is gone"));
    }
  }

  @Test
  void a_stack_overflow_and_a_lack_of_memory_must_be_the_hosts_failures() {
    try (HeapExecutor<HeapHandle> executor = BareHeaps.executor().build()) {
      assertEquals(
          FailureKind.STACK_OVERFLOW, failureOf(executor.submit(CALL, heap -> recurse(0))).kind());
      assertEquals(
          FailureKind.OUT_OF_MEMORY,
          failureOf(
                  executor.submit(
                      CALL,
                      heap -> {
                        throw new OutOfMemoryError("planted");
                      }))
              .kind());
    }
  }

  @SuppressWarnings("InfiniteRecursion")
  private static int recurse(int depth) {
    return recurse(depth + 1) + 1;
  }

  @Test
  void a_handle_kept_past_its_call_must_be_refused_in_the_next_call_of_the_same_worker()
      throws Exception {
    try (HeapExecutor<HeapHandle> executor = BareHeaps.executor().build()) {
      HeapHandle kept = executor.call(CALL, heap -> heap);

      CallException failure = failureOf(executor.submit(CALL, heap -> kept.malloc(8)));

      assertEquals(FailureKind.CONFINEMENT, failure.kind());
      assertThrows(HeapConfinementException.class, () -> kept.malloc(8));
    }
  }

  @Test
  void a_full_queue_must_reject_at_once_with_counts() throws Exception {
    // given one call that runs and four that wait
    CountDownLatch started = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    try (HeapExecutor<HeapHandle> executor = BareHeaps.executor().build()) {
      List<ListenableFuture<String>> accepted = new ArrayList<>();
      accepted.add(executor.submit(CALL, waiting(started, go)));
      assertTrue(started.await(30, SECONDS));
      for (int i = 0; i < 4; i++) {
        accepted.add(executor.submit(CALL, heap -> "done"));
      }

      // when
      ListenableFuture<String> rejected = executor.submit(CALL, heap -> "done");

      // then
      assertTrue(rejected.isDone());
      assertEquals(FailureKind.REJECTED, failureOf(rejected).kind());
      assertTrue(String.valueOf(failureOf(rejected).getMessage()).contains("4 calls wait, 1 run"));
      go.countDown();
      for (ListenableFuture<String> each : accepted) {
        assertEquals("done", each.get(30, SECONDS));
      }
      assertEquals(1, executor.statistics().rejected());
      assertEquals(6, executor.statistics().submitted());
    }
  }

  @Test
  void a_call_past_its_deadline_in_the_queue_must_fail_and_never_start() throws Exception {
    // given
    CountDownLatch started = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    AtomicInteger ran = new AtomicInteger();
    try (HeapExecutor<HeapHandle> executor = BareHeaps.executor().build()) {
      ListenableFuture<String> first = executor.submit(CALL, waiting(started, go));
      assertTrue(started.await(30, SECONDS));

      // when
      ListenableFuture<Integer> late =
          executor.submit(CALL.withDeadline(Duration.ofMillis(50)), heap -> ran.incrementAndGet());

      // then it fails while the worker is still busy
      assertEquals(FailureKind.DEADLINE, failureOf(late).kind());
      assertFalse(first.isDone());
      go.countDown();
      assertEquals("done", first.get(30, SECONDS));
      executor.call(CALL, heap -> 1);
      assertEquals(0, ran.get());
    }
  }

  @Test
  void a_running_call_past_its_deadline_must_be_interrupted_and_its_worker_go_on()
      throws Exception {
    try (HeapExecutor<HeapHandle> executor = BareHeaps.executor().build()) {
      ListenableFuture<Boolean> late =
          executor.submit(
              CALL.withDeadline(Duration.ofMillis(50)),
              heap -> new CountDownLatch(1).await(30, SECONDS));

      CallException failure = failureOf(late);

      assertEquals(FailureKind.DEADLINE, failure.kind());
      assertFalse(isInterrupted(executor));
      assertEquals(1, executor.statistics().replaced());
    }
  }

  @Test
  void a_call_that_ignores_its_interruption_must_fail_after_the_grace_time() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    try (HeapExecutor<HeapHandle> executor =
        BareHeaps.executor().grace(Duration.ofMillis(50)).build()) {
      ListenableFuture<String> stuck =
          executor.submit(
              CALL.withDeadline(Duration.ofMillis(50)),
              heap -> {
                while (go.getCount() > 0) {
                  try {
                    assertTrue(go.await(30, SECONDS));
                  } catch (InterruptedException e) {
                    Thread.interrupted();
                  }
                }
                return "late";
              });

      CallException failure = failureOf(stuck);

      assertEquals(FailureKind.DEADLINE, failure.kind());
      assertTrue(String.valueOf(failure.getMessage()).contains("did not react"));
      go.countDown();
    }
  }

  @Test
  void cancelling_a_waiting_call_must_free_its_place_and_never_start_it() throws Exception {
    // given a queue that is full
    CountDownLatch started = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    AtomicInteger ran = new AtomicInteger();
    try (HeapExecutor<HeapHandle> executor = BareHeaps.executor().queueCapacity(1).build()) {
      ListenableFuture<String> first = executor.submit(CALL, waiting(started, go));
      assertTrue(started.await(30, SECONDS));
      ListenableFuture<Integer> second = executor.submit(CALL, heap -> ran.incrementAndGet());

      // when
      assertTrue(second.cancel(false));
      ListenableFuture<String> third = executor.submit(CALL, heap -> "third");
      go.countDown();

      // then
      assertEquals("done", first.get(30, SECONDS));
      assertEquals("third", third.get(30, SECONDS));
      assertEquals(0, ran.get());
      assertEquals(1, executor.statistics().cancelled());
    }
  }

  @Test
  void cancelling_a_running_call_must_interrupt_it_only_if_asked_to() throws Exception {
    try (HeapExecutor<HeapHandle> executor = BareHeaps.executor().build()) {
      // given
      CountDownLatch started = new CountDownLatch(1);
      AtomicReference<String> ended = new AtomicReference<>();
      ListenableFuture<String> running =
          executor.submit(
              CALL,
              heap -> {
                started.countDown();
                try {
                  new CountDownLatch(1).await(30, SECONDS);
                  ended.set("waited");
                } catch (InterruptedException e) {
                  ended.set("interrupted");
                  throw e;
                }
                return "";
              });
      assertTrue(started.await(30, SECONDS));

      // when
      assertTrue(running.cancel(true));

      // then
      await().untilAsserted(() -> assertEquals("interrupted", ended.get()));
      assertFalse(isInterrupted(executor));
    }
  }

  @Test
  void a_factory_that_fails_must_not_hang_callers_and_capacity_must_come_back() throws Exception {
    // given
    AtomicInteger attempts = new AtomicInteger();
    GuestFactory<HeapHandle> good = BareHeaps.factory();
    GuestFactory<HeapHandle> flaky =
        () -> {
          if (attempts.incrementAndGet() <= 3) {
            throw new java.io.IOException("no code yet");
          }
          return good.create();
        };
    try (HeapExecutor<HeapHandle> executor = BareHeaps.executor(flaky).build()) {
      // when
      ListenableFuture<Integer> early =
          executor.submit(CALL.withDeadline(Duration.ofMillis(1)), heap -> heap.malloc(1));
      ListenableFuture<Integer> patient = executor.submit(CALL, heap -> heap.malloc(1));

      // then
      assertEquals(FailureKind.DEADLINE, failureOf(early).kind());
      assertEquals(BareHeaps.FIRST_POINTER, patient.get(30, SECONDS));
      assertEquals(4, attempts.get());
    }
  }

  @Test
  void a_reset_that_fails_must_cost_the_instance_and_not_the_result() throws Exception {
    // given a guest that cannot be closed the first time
    AtomicInteger closes = new AtomicInteger();
    GuestFactory<HeapHandle> good = BareHeaps.factory();
    GuestFactory<HeapHandle> factory =
        () -> {
          GuestFactory.Instance<HeapHandle> instance = good.create();
          return new GuestFactory.Instance<>() {
            @Override
            public LinearMemory memory() {
              return instance.memory();
            }

            @Override
            public int heapBase() {
              return instance.heapBase();
            }

            @Override
            public int blockLimit() {
              return instance.blockLimit();
            }

            @Override
            public HeapHandle open(CallScope scope) {
              return scope.heap();
            }

            @Override
            public void close() {
              if (closes.incrementAndGet() == 1) {
                throw new IllegalStateException("cannot let go");
              }
            }
          };
        };
    try (HeapExecutor<HeapHandle> executor = BareHeaps.executor(factory).build()) {
      assertEquals("right", executor.call(CALL, heap -> "right"));
      assertEquals(BareHeaps.FIRST_POINTER, firstPointer(executor));
      assertEquals(1, executor.statistics().replaced());
    }
  }

  @Test
  void a_verified_reset_that_left_something_behind_must_cost_the_instance() throws Exception {
    // given a memory that forgets to put one byte back, in its first instance
    AtomicInteger memories = new AtomicInteger();
    GuestFactory<HeapHandle> factory =
        GuestFactory.bare(
            () -> new ForgetfulMemory(memories.incrementAndGet() == 1),
            BareHeaps.HEAP_BASE,
            Heap.ON_CHAIN_BLOCK_LIMIT);
    try (LogCapture log = LogCapture.of(HeapExecutor.class, Level.WARN);
        HeapExecutor<HeapHandle> executor =
            BareHeaps.executor(factory).verifyResets(true).build()) {
      // when
      executor.call(CALL, heap -> heap.malloc(8));
      executor.call(CALL, heap -> heap.malloc(8));

      // then
      assertEquals(2, memories.get());
      assertEquals(1, log.events("reset.incomplete").size());
      assertEquals(
          "the byte at address 5 is 0x07, the image has 0x00",
          LogCapture.values(log.events("reset.incomplete").get(0)).get("difference"));
    }
  }

  @Test
  void spare_memory_must_be_taken_by_hand_and_from_idle_heaps() throws Exception {
    try (HeapExecutor<HeapHandle> executor =
        BareHeaps.executor().trimAfter(Duration.ofMillis(20)).build()) {
      // given a call that needed more than the memory holds
      long held = materialised(executor);
      executor.call(CALL, HeapExecutorTest::touchFarAway);

      // then
      await().untilAsserted(() -> assertEquals(held, executor.statistics().materialisedBytes()));

      // and given another, on an executor that does so only by hand
      try (HeapExecutor<HeapHandle> other = BareHeaps.executor().build()) {
        other.call(CALL, HeapExecutorTest::touchFarAway);
        assertTrue(materialised(other) > held);
        assertTrue(other.trim() > 0);
        assertEquals(held, materialised(other));
      }
    }
  }

  private static int touchFarAway(HeapHandle heap) {
    heap.growMemory(3);
    heap.write(3 * LinearMemory.PAGE_SIZE, new byte[] {1});
    return 0;
  }

  /** Bytes held by the one heap of an executor, which is there. */
  private static long materialised(HeapExecutor<HeapHandle> executor) throws InterruptedException {
    assertTrue(executor.awaitReady(Duration.ofSeconds(30)));
    return executor.statistics().materialisedBytes();
  }

  @Test
  void hooks_must_run_on_the_thread_that_owns_the_heap() throws Exception {
    // given
    List<String> heard = java.util.Collections.synchronizedList(new ArrayList<>());
    HeapListener listener =
        new HeapListener() {
          @Override
          public void created(Heap heap) {
            heard.add("created on " + Thread.currentThread().getName());
          }

          @Override
          public void reset(Heap heap, int blocks) {
            heard.add("reset on " + Thread.currentThread().getName());
          }

          @Override
          public void retired(Heap heap) {
            heard.add("retired on " + Thread.currentThread().getName());
          }
        };

    // when
    try (HeapExecutor<HeapHandle> executor = BareHeaps.executor().listener(listener).build()) {
      executor.call(CALL, heap -> heap.malloc(1));
    }

    // then
    assertEquals(
        List.of("created on test-worker-1", "reset on test-worker-1", "retired on test-worker-1"),
        heard);
  }

  @Test
  void shutdown_must_let_accepted_calls_end_and_refuse_later_ones() throws Exception {
    HeapExecutor<HeapHandle> executor = BareHeaps.executor().build();
    ListenableFuture<String> accepted = executor.submit(CALL, heap -> "done");

    ExecutorStatistics account = executor.shutdown(Duration.ofSeconds(20));

    assertEquals("done", accepted.get(0, SECONDS));
    assertEquals(FailureKind.REJECTED, failureOf(executor.submit(CALL, heap -> 1)).kind());
    assertEquals(1, account.completed());
    assertEquals(0, account.queued() + account.running() + account.instances());
    assertEquals(0, account.materialisedBytes());
  }

  @Test
  void shutdown_must_cut_off_what_does_not_end_and_account_for_every_call() throws Exception {
    // given a call that runs for ever and one behind it
    CountDownLatch started = new CountDownLatch(1);
    HeapExecutor<HeapHandle> executor = BareHeaps.executor().build();
    ListenableFuture<Boolean> endless =
        executor.submit(
            CALL,
            heap -> {
              started.countDown();
              return new CountDownLatch(1).await(30, SECONDS);
            });
    ListenableFuture<Integer> behind = executor.submit(CALL, heap -> 1);
    assertTrue(started.await(30, SECONDS));

    // when
    ExecutorStatistics account = executor.shutdown(Duration.ofMillis(50));

    // then
    assertEquals(FailureKind.SHUTDOWN, failureOf(endless).kind());
    assertEquals(FailureKind.SHUTDOWN, failureOf(behind).kind());
    assertEquals(
        account.submitted(),
        account.completed() + account.failed() + account.rejected() + account.cancelled());
    await()
        .untilAsserted(
            () ->
                assertTrue(
                    Thread.getAllStackTraces().keySet().stream()
                        .noneMatch(thread -> thread.getName().startsWith("test-w"))));
  }

  @Test
  void settings_out_of_range_must_name_setting_value_and_range() {
    HeapExecutor.Builder<HeapHandle> builder = BareHeaps.executor();

    assertEquals(
        "workers is 0, must be 1 to 1024",
        assertThrows(IllegalArgumentException.class, () -> builder.workers(0)).getMessage());
    assertThrows(IllegalArgumentException.class, () -> builder.workers(1025));
    assertThrows(IllegalArgumentException.class, () -> builder.queueCapacity(0));
    assertThrows(IllegalArgumentException.class, () -> builder.stackBytes(1));
    assertThrows(IllegalArgumentException.class, () -> builder.name(""));
    assertThrows(IllegalArgumentException.class, () -> builder.grace(Duration.ZERO));
    assertThrows(
        IllegalArgumentException.class, () -> builder.defaultDeadline(Duration.ofSeconds(-1)));
    assertThrows(IllegalArgumentException.class, () -> CALL.withDeadline(Duration.ofDays(31)));
  }
}
