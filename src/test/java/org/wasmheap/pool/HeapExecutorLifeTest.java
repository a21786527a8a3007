package org.wasmheap.pool;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.wasmheap.testkit.Calls.CALL;
import static org.wasmheap.testkit.Calls.failureOf;
import static org.wasmheap.testkit.Calls.waiting;

import ch.qos.logback.classic.Level;
import com.google.common.util.concurrent.ListenableFuture;
import com.google.common.util.concurrent.MoreExecutors;
import com.google.common.util.concurrent.Uninterruptibles;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.wasmheap.allocator.AllocatorException;
import org.wasmheap.guest.CallScope;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.guest.GuestCall;
import org.wasmheap.guest.GuestFactory;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.heap.HeapView;
import org.wasmheap.testkit.BareHeaps;
import org.wasmheap.testkit.LogCapture;
import org.wasmheap.testkit.ScopeGuests;

/** From the first instance to the last thread. */
@Timeout(60)
class HeapExecutorLifeTest {
  private static final Duration SOON = Duration.ofMillis(50);
  private static final Duration LONG = Duration.ofSeconds(20);

  private final CountDownLatch started = new CountDownLatch(1);
  private final CountDownLatch go = new CountDownLatch(1);

  @Test
  void each_instance_must_be_warmed_up_before_its_first_call_and_be_pristine_in_it()
      throws Exception {
    AtomicInteger warmed = new AtomicInteger();
    try (HeapExecutor<HeapHandle> executor =
        BareHeaps.executor()
            .workers(2)
            .warmUp(
                heap -> {
                  heap.write(heap.malloc(4), new byte[] {1, 2, 3, 4});
                  return warmed.incrementAndGet();
                })
            .build()) {
      // when
      assertTrue(executor.awaitReady(LONG).isReady());

      // then
      assertEquals(2, warmed.get());
      byte[] found =
          executor.call(
              CALL,
              heap -> {
                int pointer = heap.malloc(4);
                assertEquals(BareHeaps.FIRST_POINTER, pointer);
                return heap.read(pointer, 4);
              });
      assertEquals(0, found[0] + found[1] + found[2] + found[3]);
      assertEquals(1, executor.statistics().submitted(), "no call of anybody");
    }
  }

  @Test
  void an_instance_whose_warm_up_fails_must_not_be_used_also_if_the_failure_is_swallowed()
      throws Exception {
    AtomicInteger warmed = new AtomicInteger();
    AtomicInteger retired = new AtomicInteger();
    try (LogCapture log = LogCapture.of(Level.WARN);
        HeapExecutor<HeapHandle> executor =
            BareHeaps.executor()
                .listener(
                    new PoolListener() {
                      @Override
                      public void retired(HeapView heap) {
                        retired.incrementAndGet();
                      }
                    })
                .warmUp(
                    heap -> {
                      int nth = warmed.incrementAndGet();
                      if (nth == 1) {
                        throw new IllegalStateException("not warm");
                      }
                      if (nth == 2) {
                        assertThrows(AllocatorException.class, () -> heap.free(8));
                      }
                      return nth;
                    })
                .build()) {
      assertTrue(executor.awaitReady(LONG).isReady());

      assertEquals(3, warmed.get());
      assertEquals(2, retired.get());
      assertEquals(2, log.events("instance.failed").size());
      Long generation = executor.call(CALL, HeapHandle::generation);
      assertEquals(2, generation, "it was warmed up once");
    }
  }

  @Test
  void draining_must_refuse_new_calls_and_wait_for_those_that_were_accepted() throws Exception {
    try (HeapExecutor<HeapHandle> executor = BareHeaps.executor().build()) {
      // given one that runs and one that waits
      ListenableFuture<String> runs = executor.submit(CALL, waiting(started, go));
      ListenableFuture<Integer> waits = executor.submit(CALL, heap -> 1);
      assertTrue(started.await(30, SECONDS));

      // when the time is too short, then they go on all the same
      assertFalse(executor.drain(SOON));
      assertFalse(runs.isDone());
      assertEquals(FailureKind.SHUTDOWN, failureOf(executor.submit(CALL, heap -> 1)).kind());
      assertTrue(executor.toString().contains("DRAINING"), executor.toString());

      // when there is time
      go.countDown();
      assertTrue(executor.drain(LONG));
      assertEquals("done", runs.get(0, SECONDS));
      assertEquals(1, waits.get(0, SECONDS));
    }
  }

  @Test
  void the_account_of_a_shutdown_must_tell_what_became_of_every_call_that_had_not_ended()
      throws Exception {
    // given one call that ended, one that runs, and three that wait
    HeapExecutor<HeapHandle> executor = BareHeaps.executor().build();
    executor.call(CALL, heap -> 1);
    ListenableFuture<Boolean> endless =
        executor.submit(
            CALL,
            heap -> {
              started.countDown();
              return go.await(30, SECONDS);
            });
    assertTrue(started.await(30, SECONDS));
    ListenableFuture<Integer> behind = executor.submit(CALL, heap -> 1);
    ListenableFuture<Integer> late = executor.submit(CALL.withDeadline(SOON), heap -> 1);
    ListenableFuture<Integer> dropped = executor.submit(CALL, heap -> 1);
    assertEquals(FailureKind.DEADLINE, failureOf(late).kind());
    assertTrue(dropped.cancel(false));

    // when
    ExecutorStatistics.ShutdownAccount account = executor.shutdown(SOON);

    // then
    assertEquals(FailureKind.SHUTDOWN, failureOf(endless).kind());
    assertEquals(FailureKind.SHUTDOWN, failureOf(behind).kind());
    assertEquals(
        new ExecutorStatistics.ShutdownAccount(0, 2, 0, 2, 0, executor.statistics()), account);
    assertEquals(1, account.total().completed());
    assertEquals(3, account.total().failed());
    assertEquals(1, account.total().cancelled());
  }

  @Test
  void a_call_that_ends_well_in_its_grace_time_must_not_be_told_of_as_abandoned() throws Exception {
    // given a call that goes on when it is interrupted, and returns
    HeapExecutor<HeapHandle> executor = BareHeaps.executor().grace(Duration.ofSeconds(10)).build();
    ListenableFuture<String> stubborn =
        executor.submit(
            CALL,
            heap -> {
              started.countDown();
              assertThrows(InterruptedException.class, () -> go.await(30, SECONDS));
              return "done";
            });
    assertTrue(started.await(30, SECONDS));

    // when
    ExecutorStatistics.ShutdownAccount account = executor.shutdown(SOON);

    // then
    assertEquals("done", stubborn.get(0, SECONDS));
    assertEquals(
        new ExecutorStatistics.ShutdownAccount(1, 0, 0, 0, 0, executor.statistics()), account);
  }

  @Test
  void a_factory_that_hangs_must_be_told_of_once_and_hang_no_caller() throws Exception {
    CountDownLatch entered = new CountDownLatch(1);
    GuestFactory<HeapHandle> factory = BareHeaps.factory();
    try (LogCapture log = LogCapture.of(Level.WARN);
        HeapExecutor<HeapHandle> executor =
            BareHeaps.executor(
                    () -> {
                      entered.countDown();
                      assertTrue(go.await(30, SECONDS));
                      return factory.create();
                    })
                .grace(SOON)
                .build()) {
      assertTrue(entered.await(30, SECONDS));

      // when
      ListenableFuture<Integer> late = executor.submit(CALL.withDeadline(SOON), heap -> 1);

      // then
      assertEquals(FailureKind.DEADLINE, failureOf(late).kind());
      await().untilAsserted(() -> assertEquals(1, log.events("instance.slow").size()));
      assertFalse(executor.awaitReady(Duration.ofMillis(500)).isReady());
      assertEquals(1, log.events("instance.slow").size());

      // when it goes on
      go.countDown();
      Integer pointer = executor.call(CALL, heap -> heap.malloc(1));
      assertEquals(BareHeaps.FIRST_POINTER, pointer);
    }
  }

  @Test
  void shutdown_must_end_a_factory_that_hangs() throws Exception {
    CountDownLatch entered = new CountDownLatch(1);
    HeapExecutor<HeapHandle> executor =
        BareHeaps.executor(
                (GuestFactory<HeapHandle>)
                    () -> {
                      entered.countDown();
                      assertTrue(go.await(30, SECONDS));
                      throw new IllegalStateException("not reached");
                    })
            .build();
    assertTrue(entered.await(30, SECONDS));

    assertEquals(0, executor.shutdown(SOON).threadsLeft());
  }

  @Test
  void a_listener_that_blocks_the_watchdog_must_not_keep_shutdown_from_ending_the_calls()
      throws Exception {
    // given a call that does not come back, one that waits, and one whose listener blocks
    HeapExecutor<HeapHandle> executor = BareHeaps.executor().grace(Duration.ofMillis(100)).build();
    ListenableFuture<Boolean> stuck = stuckCall(executor);
    CountDownLatch blocks = new CountDownLatch(1);
    executor
        .submit(CALL.withDeadline(SOON), heap -> 1)
        .addListener(
            () -> {
              blocks.countDown();
              assertTrue(Uninterruptibles.awaitUninterruptibly(go, 30, SECONDS));
            },
            MoreExecutors.directExecutor());
    ListenableFuture<Integer> waits = executor.submit(CALL, heap -> 1);
    assertTrue(blocks.await(30, SECONDS));

    // when
    ExecutorStatistics.ShutdownAccount account = executor.shutdown(SOON);

    // then
    assertTrue(stuck.isDone() && waits.isDone(), () -> stuck + " " + waits + " " + account);
    assertEquals(FailureKind.SHUTDOWN, failureOf(stuck).kind());
    assertEquals(FailureKind.SHUTDOWN, failureOf(waits).kind());
    assertEquals(2, account.cutOff());
    go.countDown();
  }

  @Test
  void a_listener_that_blocks_the_watchdog_at_the_end_must_not_hold_up_the_other_calls()
      throws Exception {
    // given two calls that do not come back, and a listener of the older that does not either
    HeapExecutor<HeapHandle> executor =
        BareHeaps.executor().workers(2).grace(Duration.ofMillis(100)).build();
    ListenableFuture<Boolean> older = executor.submit(CALL, heap -> stuck());
    older.addListener(this::stuck, MoreExecutors.directExecutor());
    ListenableFuture<Boolean> younger = executor.submit(CALL, heap -> stuck());
    await().until(() -> executor.statistics().running() == 2);

    // when
    Thread shuts = new Thread(() -> executor.shutdown(SOON));
    shuts.start();

    // then
    assertEquals(FailureKind.SHUTDOWN, failureOf(older).kind());
    assertEquals(FailureKind.SHUTDOWN, failureOf(younger).kind());
    go.countDown();
    shuts.join(SECONDS.toMillis(30));
    assertFalse(shuts.isAlive());
  }

  /** A call that has begun and does not come back, interrupted or not. */
  private ListenableFuture<Boolean> stuckCall(HeapExecutor<HeapHandle> executor)
      throws InterruptedException {
    ListenableFuture<Boolean> call =
        executor.submit(
            CALL,
            heap -> {
              started.countDown();
              return stuck();
            });
    assertTrue(started.await(30, SECONDS));
    return call;
  }

  private boolean stuck() {
    return Uninterruptibles.awaitUninterruptibly(go, 30, SECONDS);
  }

  @Test
  void a_shutdown_that_is_interrupted_must_leave_no_call_behind() throws Exception {
    // given
    HeapExecutor<HeapHandle> executor = BareHeaps.executor().grace(Duration.ofSeconds(20)).build();
    ListenableFuture<Boolean> runs = stuckCall(executor);
    ListenableFuture<Integer> waits = executor.submit(CALL, heap -> 1);

    // when
    Thread.currentThread().interrupt();
    ExecutorStatistics.ShutdownAccount account = executor.shutdown(LONG);

    // then
    assertTrue(Thread.interrupted(), "the flag stays");
    assertTrue(runs.isDone() && waits.isDone());
    assertEquals(2, account.cutOff());
    assertEquals(2, account.failed());
    assertTrue(account.threadsLeft() >= 1, () -> "its thread is left: " + account);
    go.countDown();
  }

  @Test
  void a_shutdown_that_is_interrupted_must_count_all_threads_that_are_left() throws Exception {
    // given two threads that do not come back, and were given up
    HeapExecutor<HeapHandle> executor = BareHeaps.executor().workers(2).grace(SOON).build();
    CountDownLatch bothStarted = new CountDownLatch(2);
    GuestCall<HeapHandle, Boolean> sticks =
        heap -> {
          bothStarted.countDown();
          return stuck();
        };
    ListenableFuture<Boolean> one = executor.submit(CALL, sticks);
    ListenableFuture<Boolean> other = executor.submit(CALL, sticks);
    assertTrue(bothStarted.await(30, SECONDS));
    assertEquals(2, executor.shutdown(SOON).threadsLeft());
    assertTrue(one.isDone() && other.isDone());

    // when
    Thread.currentThread().interrupt();
    ExecutorStatistics.ShutdownAccount account = executor.shutdown(SOON);

    // then
    assertTrue(Thread.interrupted(), "the flag stays");
    assertEquals(2, account.threadsLeft());
    go.countDown();
    await().untilAsserted(() -> assertEquals(0, executor.shutdown(SOON).threadsLeft()));
  }

  @Test
  void a_watchdog_that_a_listener_blocks_must_be_told_of_as_left() throws Exception {
    // given
    HeapExecutor<HeapHandle> executor = BareHeaps.executor().grace(SOON).build();
    assertTrue(executor.awaitReady(LONG).isReady());
    ListenableFuture<String> runs = executor.submit(CALL, waiting(started, go));
    assertTrue(started.await(30, SECONDS));
    CountDownLatch blocks = new CountDownLatch(1);
    CountDownLatch unblock = new CountDownLatch(1);
    executor
        .submit(CALL.withDeadline(SOON), heap -> 1)
        .addListener(
            () -> {
              blocks.countDown();
              assertTrue(Uninterruptibles.awaitUninterruptibly(unblock, 30, SECONDS));
            },
            MoreExecutors.directExecutor());
    assertTrue(blocks.await(30, SECONDS));
    go.countDown();
    runs.get(30, SECONDS);

    // when
    try (LogCapture log = LogCapture.of(Level.WARN)) {
      assertEquals(1, executor.shutdown(SOON).threadsLeft());

      // then
      assertEquals(
          "test-watchdog", LogCapture.values(log.events("worker.left").get(0)).get("worker"));
    }
    unblock.countDown();
    await().untilAsserted(() -> assertEquals(0, executor.shutdown(SOON).threadsLeft()));
  }

  @Test
  void a_call_that_was_cut_off_must_be_counted_also_if_its_listener_throws() throws Exception {
    // given
    HeapExecutor<HeapHandle> executor = BareHeaps.executor().grace(Duration.ofMillis(100)).build();
    ListenableFuture<Boolean> runs = stuckCall(executor);
    runs.addListener(
        () -> {
          throw new AssertionError("on cue");
        },
        MoreExecutors.directExecutor());

    // when
    ExecutorStatistics.ShutdownAccount account = executor.shutdown(SOON);

    // then
    assertEquals(1, account.cutOff());
    assertEquals(1, account.failed());
    go.countDown();
  }

  @Test
  void an_executor_must_show_its_state_as_text() throws Exception {
    HeapExecutor<HeapHandle> executor = BareHeaps.executor().build();
    executor.call(CALL, heap -> 1);

    String open = executor.toString();
    executor.close();

    assertTrue(open.startsWith("HeapExecutor[test, OPEN, "), open);
    assertTrue(executor.toString().startsWith("HeapExecutor[test, CLOSED, "));
  }

  @Test
  void each_warm_up_must_get_a_context_of_its_own() throws Exception {
    Set<Object> contexts = ConcurrentHashMap.newKeySet();
    Supplier<Object> fresh = Object::new;
    try (HeapExecutor<CallScope> executor =
        HeapExecutor.builder(ScopeGuests.withPages(1))
            .workers(2)
            .warmUp(scope -> contexts.add(scope.context(Object.class)), fresh)
            .build()) {
      // when
      assertTrue(executor.awaitReady(LONG).isReady());

      // then
      assertEquals(2, contexts.size());
      assertFalse(executor.call(CALL, CallScope::hasContext));
    }
  }
}
