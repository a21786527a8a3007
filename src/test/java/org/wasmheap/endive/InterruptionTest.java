package org.wasmheap.endive;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.util.concurrent.ListenableFuture;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.pool.CallOptions;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.testkit.Guests;
import run.endive.wasm.types.FunctionType;
import run.endive.wasm.types.ValType;

@Timeout(60)
class InterruptionTest {
  private static final CallOptions SHORT =
      CallOptions.named("short").withDeadline(Duration.ofMillis(300));

  private final CountDownLatch entered = new CountDownLatch(1);
  private final CountDownLatch leave = new CountDownLatch(1);

  /** Whether the thread was interrupted while the host function waited. */
  private final AtomicBoolean disturbed = new AtomicBoolean(true);

  private final AtomicBoolean wait = new AtomicBoolean(true);

  private final HostFunction waiting =
      new HostFunction(
          "test",
          "act",
          FunctionType.of(List.of(ValType.I32), List.of()),
          (scope, arguments) -> {
            entered.countDown();
            if (wait.get()) {
              assertTrue(leave.await(30, SECONDS));
              disturbed.set(Thread.currentThread().isInterrupted());
            }
            return 0;
          });

  private final HeapExecutor<EndiveGuest> executor =
      Guests.onOneWorker(Guests.load("imports", waiting));

  @AfterEach
  void shutDown() {
    leave.countDown();
    executor.close();
  }

  private static CallException failureOf(ListenableFuture<?> future) {
    ExecutionException failure =
        assertThrows(ExecutionException.class, () -> future.get(30, SECONDS));
    return (CallException) failure.getCause();
  }

  @Test
  void a_deadline_ends_a_loop_without_end() throws Exception {
    // given
    try (HeapExecutor<EndiveGuest> looping = Guests.onOneWorker(Guests.load("traps"))) {
      assertTrue(looping.awaitReady(Duration.ofSeconds(30)).isReady());
      // when
      CallException failure = failureOf(looping.submit(SHORT, guest -> guest.call("loop_forever")));
      // then
      assertEquals(FailureKind.DEADLINE, failure.kind());
      assertFalse(failure.isDeterministic());
      assertEquals(1, Guests.call(looping, "fine"));
      assertEquals(1, looping.statistics().replaced());
    }
  }

  @Test
  void cancelling_ends_a_loop_without_end() throws Exception {
    // given
    wait.set(false);
    ListenableFuture<long[]> future =
        executor.submit(CallOptions.named("loop"), guest -> guest.call("act_and_loop", 1));
    assertTrue(entered.await(30, SECONDS));
    // when
    assertTrue(future.cancel(true));
    // then
    assertEquals(1032, Guests.call(executor, "malloc", 1));
    assertEquals(1, executor.statistics().replaced());
  }

  @Test
  void a_deadline_inside_a_host_function_waits_until_it_returns() throws Exception {
    // given
    assertTrue(executor.awaitReady(Duration.ofSeconds(30)).isReady());
    ListenableFuture<long[]> future = executor.submit(SHORT, guest -> guest.call("act", 1));
    assertTrue(entered.await(30, SECONDS));
    // when later calls have passed theirs in the queue, one after another
    for (int later = 0; later < 2; later++) {
      CallException queued = failureOf(executor.submit(SHORT, guest -> "never runs"));
      assertEquals(FailureKind.DEADLINE, queued.kind());
    }
    // then
    assertFalse(future.isDone());
    leave.countDown();
    assertEquals(FailureKind.DEADLINE, failureOf(future).kind());
    assertFalse(disturbed.get());
    wait.set(false);
    assertEquals(0, Guests.call(executor, "act", 1));
  }

  @Test
  void a_call_after_an_interrupted_one_finds_its_thread_undisturbed() throws Exception {
    // given
    wait.set(false);
    for (int round = 0; round < 3; round++) {
      CallException failure =
          failureOf(executor.submit(SHORT, guest -> guest.call("act_and_loop", 1)));
      assertEquals(FailureKind.DEADLINE, failure.kind());
      // when
      Boolean interrupted =
          executor.call(
              CallOptions.named("call"),
              guest -> {
                guest.call("act", 1);
                return Thread.currentThread().isInterrupted();
              });
      // then
      assertFalse(interrupted);
    }
  }
}
