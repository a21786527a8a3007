package org.wasmheap.pool;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.wasmheap.testkit.Calls.CALL;
import static org.wasmheap.testkit.Calls.failureOf;

import ch.qos.logback.classic.Level;
import com.google.common.util.concurrent.ListenableFuture;
import com.google.common.util.concurrent.Uninterruptibles;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.CallScope;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.guest.GuestCall;
import org.wasmheap.heap.HeapConfinementException;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.testkit.BareHeaps;
import org.wasmheap.testkit.LogCapture;
import org.wasmheap.testkit.ScopeGuests;

/** Threads that do not come back from a call, and what those can do that come back late. */
@Timeout(60)
class AbandonedThreadsTest {
  private static final Duration SOON = Duration.ofMillis(50);
  private static final Duration LONG = Duration.ofSeconds(20);

  private final CountDownLatch go = new CountDownLatch(1);

  @AfterEach
  void let_them_go() {
    go.countDown();
  }

  private HeapExecutor.Builder<HeapHandle> executor() {
    return BareHeaps.executor().grace(SOON);
  }

  /** Work that does not react to interruption until the latch opens. */
  private <G> GuestCall<G, String> stubborn() {
    return guest -> {
      assertTrue(Uninterruptibles.awaitUninterruptibly(go, 30, SECONDS));
      return "back";
    };
  }

  private <G> CallException abandonThreadOf(HeapExecutor<G> executor) {
    return failureOf(executor.submit(CALL.withDeadline(SOON), stubborn()));
  }

  @Test
  void a_thread_that_does_not_come_back_must_be_replaced_and_charged_until_it_does()
      throws Exception {
    try (LogCapture log = LogCapture.of(Level.WARN);
        HeapExecutor<HeapHandle> executor = executor().build()) {
      assertTrue(executor.awaitReady(LONG).isReady());
      long bytesBefore = executor.statistics().materialisedBytes();

      // when
      CallException failure = abandonThreadOf(executor);

      // then there is another thread, while the first still holds its memory
      assertEquals(FailureKind.DEADLINE, failure.kind());
      assertTrue(executor.awaitReady(LONG).isReady());
      assertEquals("test-worker-2", executor.call(CALL, heap -> Thread.currentThread().getName()));
      assertEquals(1, executor.statistics().abandonedThreads());
      assertEquals(2, executor.statistics().instances());
      assertEquals(2 * bytesBefore, executor.statistics().materialisedBytes());
      Map<String, Object> event = LogCapture.values(log.events("worker.abandoned").get(0));
      assertEquals("test-worker-1", event.get("worker"));
      assertEquals("call", event.get("callName"));
      assertEquals(true, event.get("replaced"));
      assertEquals(1, event.get("abandonedThreads"));

      // when it comes back, then it ends, since its place is taken
      go.countDown();
      await().untilAsserted(() -> assertEquals(0, executor.statistics().abandonedThreads()));
      await().untilAsserted(() -> assertEquals(1, executor.statistics().instances()));
      assertEquals(false, LogCapture.values(log.events("worker.returned").get(0)).get("goesOn"));
      assertEquals("test-worker-2", executor.call(CALL, heap -> Thread.currentThread().getName()));
      assertEquals(1, log.events("worker.abandoned").size());
    }
  }

  @Test
  void more_threads_than_the_limit_must_not_be_replaced_until_one_comes_back() throws Exception {
    try (HeapExecutor<HeapHandle> executor = executor().maxAbandonedThreads(1).build()) {
      // given one that is replaced and one that is not
      abandonThreadOf(executor);
      abandonThreadOf(executor);

      // when
      ListenableFuture<String> waits =
          executor.submit(CALL, heap -> Thread.currentThread().getName());

      // then
      assertEquals(2, executor.statistics().abandonedThreads());
      assertFalse(executor.awaitReady(SOON).isReady());
      assertFalse(waits.isDone());
      go.countDown();
      assertTrue(waits.get(30, SECONDS).startsWith("test-worker-"));
      assertTrue(executor.awaitReady(LONG).isReady());
      await().untilAsserted(() -> assertEquals(0, executor.statistics().abandonedThreads()));
      await().untilAsserted(() -> assertEquals(1, executor.statistics().instances()));
    }
  }

  @Test
  void of_fewer_workers_a_thread_that_was_given_up_must_go_first() throws Exception {
    try (HeapExecutor<HeapHandle> executor = executor().workers(2).maxAbandonedThreads(1).build()) {
      // given one that is replaced and one that is not
      abandonThreadOf(executor);
      abandonThreadOf(executor);
      assertFalse(executor.awaitReady(SOON).isReady());

      // when
      executor.workers(1);

      // then the one that is there takes calls
      assertTrue(executor.awaitReady(LONG).isReady());
      executor.call(CALL, heap -> heap.malloc(8));
      // and to make more and fewer of them is no way around the limit of threads that are out
      executor.workers(3);
      await().until(() -> executor.health().ready() == 2);
      assertFalse(executor.awaitReady(SOON).isReady());
      assertEquals(2, executor.statistics().abandonedThreads());
      // until they come back
      go.countDown();
      assertTrue(executor.awaitReady(LONG).isReady());
      await().untilAsserted(() -> assertEquals(0, executor.statistics().abandonedThreads()));
      await().untilAsserted(() -> assertEquals(3, executor.statistics().instances()));
    }
  }

  @Test
  void a_thread_that_was_not_replaced_must_go_on_when_it_comes_back() throws Exception {
    try (HeapExecutor<HeapHandle> executor = executor().maxAbandonedThreads(0).build()) {
      abandonThreadOf(executor);
      ListenableFuture<String> waits =
          executor.submit(CALL, heap -> Thread.currentThread().getName() + heap.malloc(1));

      go.countDown();

      assertEquals("test-worker-1" + BareHeaps.FIRST_POINTER, waits.get(30, SECONDS));
      assertEquals(1, executor.statistics().replaced());
    }
  }

  @Test
  void the_token_of_a_call_that_was_given_up_must_be_dead_on_its_own_thread() throws Exception {
    AtomicReference<Throwable> malloc = new AtomicReference<>();
    AtomicReference<Throwable> host = new AtomicReference<>();
    AtomicReference<Throwable> context = new AtomicReference<>();
    try (HeapExecutor<CallScope> executor =
        BareHeaps.executor(ScopeGuests.withPages(1)).grace(SOON).build()) {
      // given a call that goes on after it was given up
      ListenableFuture<String> abandoned =
          executor.submit(
              CALL.withDeadline(SOON).withContext("the state of the host"),
              scope -> {
                assertTrue(Uninterruptibles.awaitUninterruptibly(go, 30, SECONDS));
                malloc.set(
                    assertThrows(HeapConfinementException.class, () -> scope.heap().malloc(8)));
                host.set(assertThrows(HeapConfinementException.class, scope::enterHost));
                context.set(
                    assertThrows(
                        HeapConfinementException.class, () -> scope.context(String.class)));
                return "back";
              });
      assertEquals(FailureKind.DEADLINE, failureOf(abandoned).kind());

      // when
      go.countDown();

      // then
      await().until(() -> context.get() != null);
      assertInstanceOf(HeapConfinementException.class, malloc.get());
      String message = String.valueOf(malloc.get().getMessage());
      assertTrue(message.contains("given up"), message);
    }
  }

  @Test
  void a_host_function_that_was_given_up_must_not_return_to_its_guest() throws Exception {
    AtomicReference<Throwable> exit = new AtomicReference<>();
    try (HeapExecutor<CallScope> executor =
        BareHeaps.executor(ScopeGuests.withPages(1)).grace(SOON).build()) {
      ListenableFuture<String> abandoned =
          executor.submit(
              CALL.withDeadline(SOON),
              scope -> {
                assertTrue(scope.enterHost());
                assertTrue(Uninterruptibles.awaitUninterruptibly(go, 30, SECONDS));
                exit.set(assertThrows(RuntimeException.class, scope::exitHost));
                return "back";
              });
      assertEquals(FailureKind.DEADLINE, failureOf(abandoned).kind());

      go.countDown();

      await().until(() -> exit.get() != null);
    }
  }

  @Test
  void a_nested_call_that_does_not_come_back_must_be_given_up_with_its_outer_call()
      throws Exception {
    AtomicReference<Throwable> malloc = new AtomicReference<>();
    try (HeapExecutor<HeapHandle> executor = executor().build()) {
      // when
      ListenableFuture<String> outer =
          executor.submit(
              CALL.withDeadline(SOON),
              heap ->
                  executor.call(
                      CALL,
                      inner -> {
                        assertTrue(Uninterruptibles.awaitUninterruptibly(go, 30, SECONDS));
                        malloc.set(
                            assertThrows(HeapConfinementException.class, () -> inner.malloc(8)));
                        return "back";
                      }));

      // then
      assertEquals(FailureKind.DEADLINE, failureOf(outer).kind());
      assertTrue(executor.awaitReady(LONG).isReady());
      go.countDown();
      await().until(() -> malloc.get() != null);
      await().untilAsserted(() -> assertEquals(0, executor.statistics().abandonedThreads()));
      await().untilAsserted(() -> assertEquals(2, executor.statistics().failed()));
      await().untilAsserted(() -> assertEquals(0, executor.statistics().running()));
    }
  }

  @Test
  void shutdown_must_tell_of_a_thread_that_is_left() {
    HeapExecutor<HeapHandle> executor = executor().build();
    abandonThreadOf(executor);

    ExecutorStatistics.ShutdownAccount account = executor.shutdown(SOON);

    assertEquals(1, account.threadsLeft());
    assertEquals(0, account.cutOff());
    go.countDown();
    await().untilAsserted(() -> assertEquals(0, executor.shutdown(SOON).threadsLeft()));
  }
}
