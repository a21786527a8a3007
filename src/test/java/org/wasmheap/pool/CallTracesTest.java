package org.wasmheap.pool;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.wasmheap.testkit.Calls.failureOf;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.common.util.concurrent.Uninterruptibles;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.wasmheap.guest.CallScope;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.guest.GuestCall;
import org.wasmheap.testkit.BareHeaps;
import org.wasmheap.testkit.ScopeGuests;
import org.wasmheap.testkit.ScriptedFactory;
import org.wasmheap.testkit.Traces;

/** What still refers to a call's context, body and options once it has ended: nothing. */
@Timeout(60)
class CallTracesTest {
  private static final Duration SOON = Duration.ofMillis(50);

  private final Traces traces = new Traces();
  private final CountDownLatch begun = new CountDownLatch(1);
  private final CountDownLatch go = new CountDownLatch(1);

  /** Of a host function, with what it worked on. */
  private static final class HostFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    HostFailure() {
      super("the host's doing");
    }
  }

  @AfterEach
  void let_them_go() {
    go.countDown();
  }

  private static HeapExecutor.Builder<CallScope> executor() {
    return BareHeaps.executor(ScopeGuests.withPages(1)).grace(SOON);
  }

  private CallOptions options(@Nullable Duration deadline) {
    CallOptions named = CallOptions.named("call");
    return traces.follow(
        "options",
        (deadline == null ? named : named.withDeadline(deadline))
            .withContext(traces.follow("context", new Object())));
  }

  private <R> GuestCall<CallScope, R> body(GuestCall<CallScope, R> work) {
    return traces.follow("body", guest -> work.run(guest)); // Another object each time.
  }

  private <R> ListenableFuture<R> submit(
      HeapExecutor<CallScope> executor, @Nullable Duration deadline, GuestCall<CallScope, R> work) {
    return executor.submit(options(deadline), body(work));
  }

  private <R> ListenableFuture<R> submit(
      HeapExecutor<CallScope> executor, GuestCall<CallScope, R> work) {
    return submit(executor, null, work);
  }

  /** Holds the only worker until the latch opens, also if it is interrupted. */
  private String hold(CallScope guest) {
    begun.countDown();
    assertTrue(Uninterruptibles.awaitUninterruptibly(go, 30, SECONDS));
    return "done";
  }

  private String waitInterruptibly(CallScope guest) throws InterruptedException {
    begun.countDown();
    assertTrue(go.await(30, SECONDS));
    return "done";
  }

  @Test
  void the_future_of_a_call_that_succeeded_must_keep_its_result_alone() throws Exception {
    try (HeapExecutor<CallScope> executor = executor().build()) {
      ListenableFuture<Object> future =
          submit(executor, guest -> List.of(guest.context(Object.class).hashCode()));

      assertNotNull(future.get(30, SECONDS));

      traces.awaitGone();
      assertTrue(future.isDone());
    }
  }

  @Test
  void the_future_of_a_call_that_failed_must_keep_its_failure_alone() {
    try (HeapExecutor<CallScope> executor = executor().build()) {
      ListenableFuture<Object> future =
          submit(
              executor,
              guest -> {
                throw new IllegalStateException("fails");
              });

      assertEquals(FailureKind.HOST_FUNCTION, failureOf(future).kind());

      traces.awaitGone();
      assertTrue(future.isDone());
    }
  }

  @Test
  void a_future_that_is_kept_must_not_keep_the_thread_that_ended_it() throws Exception {
    // given the futures of an executor that is closed
    List<ListenableFuture<Object>> futures = succeedAndFail();

    // then
    traces.awaitGone();
    assertTrue(futures.stream().allMatch(Future::isDone));
  }

  /** In a method of its own, whose frame goes: it refers to the executor. */
  private List<ListenableFuture<Object>> succeedAndFail() throws Exception {
    try (HeapExecutor<CallScope> executor = executor().build()) {
      ListenableFuture<Object> succeeds =
          submit(
              executor,
              guest -> {
                traces.follow("worker", Thread.currentThread());
                return "done";
              });
      ListenableFuture<Object> fails =
          submit(
              executor,
              guest -> {
                throw new IllegalStateException("fails");
              });
      assertEquals("done", succeeds.get(30, SECONDS));
      assertEquals(FailureKind.HOST_FUNCTION, failureOf(fails).kind());
      return List.of(succeeds, fails);
    }
  }

  @Test
  void a_future_that_is_kept_must_not_keep_the_thread_that_cancelled_it() throws Exception {
    try (HeapExecutor<CallScope> executor = executor().build()) {
      // given
      ListenableFuture<String> first = executor.submit(CallOptions.DEFAULT, this::hold);
      begun.await();
      ListenableFuture<Object> waits = submit(executor, guest -> guest);

      // when
      cancelOnAnotherThread(waits);

      // then
      assertTrue(waits.isCancelled());
      traces.awaitGone();
      assertTrue(waits.isDone());
      assertFalse(first.isDone());
      go.countDown();
    }
  }

  private void cancelOnAnotherThread(ListenableFuture<?> future) throws InterruptedException {
    Thread canceller =
        traces.follow("canceller", new Thread(() -> future.cancel(false), "canceller"));
    canceller.start();
    canceller.join(SECONDS.toMillis(30));
  }

  @Test
  void a_call_that_is_cancelled_in_the_queue_must_keep_nothing() throws Exception {
    try (HeapExecutor<CallScope> executor = executor().build()) {
      // given
      ListenableFuture<String> first = executor.submit(CallOptions.DEFAULT, this::hold);
      begun.await();
      ListenableFuture<Object> waits = submit(executor, guest -> guest);

      // when
      assertTrue(waits.cancel(false));

      // then
      traces.awaitGone();
      assertFalse(first.isDone());
      assertTrue(waits.isCancelled());
      go.countDown();
    }
  }

  @Test
  void a_call_that_is_cancelled_while_it_runs_must_keep_nothing() throws Exception {
    try (HeapExecutor<CallScope> executor = executor().build()) {
      ListenableFuture<String> runs = submit(executor, this::waitInterruptibly);
      begun.await();

      assertTrue(runs.cancel(true));

      traces.awaitGone();
      assertTrue(runs.isCancelled());
    }
  }

  @Test
  void a_call_that_is_cancelled_and_runs_to_its_end_must_keep_nothing() throws Exception {
    try (HeapExecutor<CallScope> executor = executor().build()) {
      ListenableFuture<String> runs = submit(executor, this::hold);
      begun.await();

      assertTrue(runs.cancel(false));
      go.countDown();

      traces.awaitGone();
      assertTrue(runs.isCancelled());
    }
  }

  @Test
  void a_call_that_is_rejected_must_keep_nothing() throws Exception {
    try (HeapExecutor<CallScope> executor = executor().queueCapacity(1).build()) {
      // given
      ListenableFuture<String> first = executor.submit(CallOptions.DEFAULT, this::hold);
      begun.await();
      ListenableFuture<CallScope> second = executor.submit(CallOptions.DEFAULT, guest -> guest);

      // when
      ListenableFuture<Object> rejected = submit(executor, guest -> guest);

      // then
      assertEquals(FailureKind.REJECTED, failureOf(rejected).kind());
      traces.awaitGone();
      assertFalse(first.isDone() || second.isDone());
      assertTrue(rejected.isDone());
      go.countDown();
    }
  }

  @Test
  void a_call_whose_time_ends_in_the_queue_must_keep_nothing() throws Exception {
    try (HeapExecutor<CallScope> executor = executor().build()) {
      // given
      ListenableFuture<String> first = executor.submit(CallOptions.DEFAULT, this::hold);
      begun.await();

      // when
      ListenableFuture<Object> waits = submit(executor, SOON, guest -> guest);

      // then
      assertEquals(FailureKind.DEADLINE, failureOf(waits).kind());
      traces.awaitGone();
      assertFalse(first.isDone());
      assertTrue(waits.isDone());
      go.countDown();
    }
  }

  @Test
  void a_call_whose_time_ends_while_it_runs_must_keep_nothing() {
    try (HeapExecutor<CallScope> executor = executor().build()) {
      ListenableFuture<String> runs = submit(executor, SOON, this::waitInterruptibly);

      assertEquals(FailureKind.DEADLINE, failureOf(runs).kind());

      traces.awaitGone();
      assertTrue(runs.isDone());
    }
  }

  @Test
  void an_idle_worker_must_not_keep_the_result_of_its_last_call() throws Exception {
    try (HeapExecutor<CallScope> executor = executor().build()) {
      // when nobody keeps the future, and no other call comes
      assertNotNull(
          submit(executor, guest -> traces.follow("result", new Object())).get(30, SECONDS));

      // then
      traces.awaitGone();
    }
  }

  @Test
  void an_idle_worker_must_not_keep_the_future_of_its_last_call() {
    try (HeapExecutor<CallScope> executor = executor().build()) {
      assertEquals(
          FailureKind.HOST_FUNCTION,
          failureOf(
                  traces.follow(
                      "future",
                      submit(
                          executor,
                          guest -> {
                            throw new IllegalStateException("fails");
                          })))
              .kind());

      traces.awaitGone();
    }
  }

  @Test
  void a_worker_that_waits_for_an_instance_must_not_keep_what_the_last_one_failed_by() {
    ScriptedFactory<CallScope> factory = new ScriptedFactory<>(ScopeGuests.withPages(1));
    try (HeapExecutor<CallScope> executor = BareHeaps.executor(factory).build()) {
      // given
      ListenableFuture<Object> future =
          submit(
              executor,
              guest -> {
                factory.hang();
                guest.guestFailed(traces.follow("first cause", new HostFailure()));
                return guest;
              });
      assertEquals(FailureKind.HOST_FUNCTION, failureOf(future).kind());
      await().until(() -> factory.hanging() == 1);

      // when
      future = executor.submit(CallOptions.DEFAULT, guest -> guest);

      // then
      traces.awaitGone();
      assertFalse(future.isDone());
      factory.release();
    }
  }

  @Test
  void a_call_that_a_call_made_must_keep_nothing_while_the_outer_one_runs() throws Exception {
    AtomicReference<ListenableFuture<Object>> inner = new AtomicReference<>();
    try (HeapExecutor<CallScope> executor = executor().build()) {
      // given
      ListenableFuture<String> outer =
          executor.submit(
              CallOptions.DEFAULT,
              guest -> {
                inner.set(submit(executor, nested -> nested.context(Object.class).hashCode()));
                return hold(guest);
              });
      begun.await();

      // then
      assertTrue(inner.get().isDone());
      traces.awaitGone();
      assertFalse(outer.isDone());
      go.countDown();
    }
  }

  @Test
  void a_thread_that_was_given_up_and_came_back_must_keep_nothing() {
    try (HeapExecutor<CallScope> executor = executor().maxAbandonedThreads(0).build()) {
      // given
      ListenableFuture<String> abandoned = submit(executor, SOON, this::hold);
      assertEquals(FailureKind.DEADLINE, failureOf(abandoned).kind());
      await().until(() -> executor.statistics().abandonedThreads() == 1);

      // when
      go.countDown();

      // then
      traces.awaitGone();
      assertTrue(abandoned.isDone());
    }
  }

  @Test
  void a_scope_that_somebody_keeps_must_keep_nothing_of_its_call() throws Exception {
    AtomicReference<CallScope> kept = new AtomicReference<>();
    try (HeapExecutor<CallScope> executor = executor().build()) {
      submit(
              executor,
              guest -> {
                kept.set(guest);
                guest.attachment(Object.class, () -> traces.follow("attachment", new Object()));
                return "done";
              })
          .get(30, SECONDS);

      traces.awaitGone();
      assertNotNull(kept.get());
    }
  }

  @Test
  void a_handle_that_somebody_keeps_must_not_keep_what_its_call_failed_by() {
    AtomicReference<Object> kept = new AtomicReference<>();
    try (HeapExecutor<CallScope> executor = executor().build()) {
      assertEquals(
          FailureKind.HOST_FUNCTION,
          failureOf(
                  submit(
                      executor,
                      guest -> {
                        kept.set(guest.heap());
                        guest.guestFailed(traces.follow("first cause", new HostFailure()));
                        return guest;
                      }))
              .kind());

      traces.awaitGone();
      assertNotNull(kept.get());
    }
  }
}
