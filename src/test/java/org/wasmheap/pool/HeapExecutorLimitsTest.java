package org.wasmheap.pool;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.wasmheap.testkit.Calls.CALL;
import static org.wasmheap.testkit.Calls.failureOf;
import static org.wasmheap.testkit.Calls.isInterrupted;
import static org.wasmheap.testkit.Calls.waiting;

import com.google.common.util.concurrent.ListenableFuture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.testkit.BareHeaps;

/** Deadlines, cancellation, a full queue, shutdown: what ends a call from outside. */
@Timeout(60)
class HeapExecutorLimitsTest {
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
      assertTrue(
          String.valueOf(failureOf(rejected).getMessage()).contains("4 off_chain calls wait"));
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
  void shutdown_must_let_accepted_calls_end_and_refuse_later_ones() throws Exception {
    HeapExecutor<HeapHandle> executor = BareHeaps.executor().build();
    ListenableFuture<String> accepted = executor.submit(CALL, heap -> "done");

    ExecutorStatistics account = executor.shutdown(Duration.ofSeconds(20)).total();

    assertEquals("done", accepted.get(0, SECONDS));
    assertEquals(FailureKind.SHUTDOWN, failureOf(executor.submit(CALL, heap -> 1)).kind());
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
    ExecutorStatistics account = executor.shutdown(Duration.ofMillis(50)).total();

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
}
