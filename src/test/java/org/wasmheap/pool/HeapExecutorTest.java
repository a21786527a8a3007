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
import static org.wasmheap.testkit.Calls.CALL;
import static org.wasmheap.testkit.Calls.failureOf;

import ch.qos.logback.classic.Level;
import com.google.common.util.concurrent.ListenableFuture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.wasmheap.allocator.BlockLimit;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.guest.GuestCall;
import org.wasmheap.guest.GuestFactory;
import org.wasmheap.heap.HeapConfinementException;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.heap.HeapView;
import org.wasmheap.memory.LinearMemory;
import org.wasmheap.pool.CallOptions.CallClass;
import org.wasmheap.testkit.BareHeaps;
import org.wasmheap.testkit.BrokenObserver;
import org.wasmheap.testkit.ForgetfulMemory;
import org.wasmheap.testkit.LogCapture;
import org.wasmheap.testkit.ScriptedFactory;

@Timeout(60)
class HeapExecutorTest {
  private static int firstPointer(HeapExecutor<HeapHandle> executor) throws InterruptedException {
    Integer pointer = executor.call(CALL, heap -> heap.malloc(1));
    return pointer;
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
    PoolListener listener =
        new PoolListener() {
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
    ScriptedFactory<HeapHandle> factory = new ScriptedFactory<>(BareHeaps.factory());
    factory.failToClose(1);
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
            BlockLimit.ON_CHAIN);
    try (LogCapture log = LogCapture.of(Level.WARN);
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
    assertTrue(executor.awaitReady(Duration.ofSeconds(30)).isReady());
    return executor.statistics().materialisedBytes();
  }

  @Test
  void a_worker_whose_factory_fails_must_not_take_the_wake_ups_of_one_that_is_ready()
      throws Exception {
    // given two workers, of which one never gets an instance
    AtomicInteger attempts = new AtomicInteger();
    GuestFactory<HeapHandle> good = BareHeaps.factory();
    GuestFactory<HeapHandle> once =
        () -> {
          if (attempts.incrementAndGet() > 1) {
            throw new IllegalStateException("no more");
          }
          return good.create();
        };
    try (HeapExecutor<HeapHandle> executor = BareHeaps.executor(once).workers(2).build()) {
      // then each of many calls, one at a time, finds the ready one
      for (int i = 0; i < 50; i++) {
        assertEquals("done", executor.call(CALL, heap -> "done"));
      }
      assertEquals(50, executor.statistics().completed());
    }
  }

  @Test
  void an_error_in_a_hook_or_an_observer_must_not_change_a_result() throws Exception {
    // given
    PoolListener listener =
        new PoolListener() {
          @Override
          public void created(HeapView heap) {
            heap.observe(new BrokenObserver());
            throw new AssertionError("created");
          }

          @Override
          public void callCompleted(CallReport completed) {
            throw new AssertionError("callCompleted");
          }
        };
    try (HeapExecutor<HeapHandle> executor = BareHeaps.executor().listener(listener).build()) {
      assertEquals(BareHeaps.FIRST_POINTER, firstPointer(executor));
      assertEquals(BareHeaps.FIRST_POINTER, firstPointer(executor));
      assertEquals(0, executor.statistics().replaced());
    }
  }

  @Test
  void a_memory_that_cannot_be_trimmed_must_not_end_the_deadlines() throws Exception {
    GuestFactory<HeapHandle> factory =
        GuestFactory.bare(
            () -> new ForgetfulMemory(false), BareHeaps.HEAP_BASE, BlockLimit.ON_CHAIN);
    try (HeapExecutor<HeapHandle> executor =
        BareHeaps.executor(factory).trimAfter(Duration.ofMillis(1)).build()) {
      // given rounds of trimming that failed
      assertTrue(executor.awaitReady(Duration.ofSeconds(30)).isReady());
      await().until(() -> ForgetfulMemory.TRIMS.get() > 1);

      // then
      CallException failure =
          failureOf(
              executor.submit(
                  CALL.withDeadline(Duration.ofMillis(50)),
                  heap -> new CountDownLatch(1).await(30, TimeUnit.SECONDS)));
      assertEquals(FailureKind.DEADLINE, failure.kind());
    }
  }

  @Test
  void hooks_must_run_on_the_thread_that_owns_the_heap() throws Exception {
    // given
    List<String> heard = java.util.Collections.synchronizedList(new ArrayList<>());
    PoolListener listener =
        new PoolListener() {
          @Override
          public void created(HeapView heap) {
            heard.add("created on " + Thread.currentThread().getName());
          }

          @Override
          public void reset(HeapView heap, int blocks) {
            heard.add("reset on " + Thread.currentThread().getName());
          }

          @Override
          public void retired(HeapView heap) {
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

  @Test
  void a_call_may_return_nothing() throws Exception {
    try (HeapExecutor<HeapHandle> executor = BareHeaps.executor().build()) {
      ListenableFuture<Void> done = executor.submit(heap -> null);
      String nothing = executor.call(heap -> null);

      assertEquals(null, done.get(30, SECONDS));
      assertEquals(null, nothing);
      assertEquals(2, executor.statistics().completed());
    }
  }

  @Test
  void a_call_without_options_must_run_under_its_own_name_and_with_options_under_theirs()
      throws Exception {
    List<String> names = new CopyOnWriteArrayList<>();
    PoolListener listener =
        new PoolListener() {
          @Override
          public void callCompleted(CallReport report) {
            names.add(report.name() + " " + report.callClass().label());
          }
        };
    GuestCall<HeapHandle, Integer> named =
        new GuestCall<>() {
          @Override
          public Integer run(HeapHandle heap) {
            return heap.malloc(8);
          }

          @Override
          public String name() {
            return "own";
          }
        };
    try (HeapExecutor<HeapHandle> executor = BareHeaps.executor().listener(listener).build()) {
      executor.call(named);
      executor.call(CallOptions.DEFAULT.withClass(CallClass.AUTHORING), named);
      executor.call(CallOptions.named("given"), named);
      executor.call(heap -> 1);
    }

    assertEquals(
        List.of("own off_chain", "own authoring", "given off_chain", "call off_chain"), names);
  }
}
