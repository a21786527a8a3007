package org.wasmheap.pool;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.wasmheap.testkit.Calls.CALL;
import static org.wasmheap.testkit.Calls.failureOf;
import static org.wasmheap.testkit.Calls.waiting;

import com.google.common.util.concurrent.ListenableFuture;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.guest.GuestFactory;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.testkit.BareHeaps;
import org.wasmheap.testkit.ScriptedFactory;

/** What a factory's failure is the cause of, and for how long. */
@Timeout(60)
class FailingFactoryTest {
  private static final CallOptions SHORT = CALL.withDeadline(Duration.ofMillis(100));
  private static final String ON_CUE = "the factory fails on cue";

  private final ScriptedFactory<HeapHandle> factory = new ScriptedFactory<>(BareHeaps.factory());

  @Test
  void a_call_that_waited_in_vain_says_what_the_factory_fails_with() throws Exception {
    GuestFactory<HeapHandle> broken =
        () -> {
          throw new IllegalStateException("the disk is full");
        };
    try (HeapExecutor<HeapHandle> executor = BareHeaps.executor(broken).build()) {
      await().until(() -> executor.health().failuresInARow() > 0);
      CallException failure =
          failureOf(executor.submit(CALL.withDeadline(Duration.ofMillis(50)), heap -> 0));
      assertEquals(FailureKind.DEADLINE, failure.kind());
      assertTrue(failure.getMessage().contains("the disk is full"), failure.getMessage());
      assertEquals("the disk is full", failure.getCause().getMessage());
      ExecutorStatistics.Health health = executor.awaitReady(Duration.ofMillis(1));
      assertFalse(health.isReady());
      assertEquals("the disk is full", health.lastFailure().getMessage());
      assertTrue(executor.health().degraded());
    }
  }

  @Test
  void a_failure_is_of_no_account_once_no_call_needs_the_instance_that_could_not_be_made()
      throws Exception {
    try (HeapExecutor<HeapHandle> executor =
        BareHeaps.executor(factory).workers(2).minInstances(1).build()) {
      // given one worker in a call, and one that makes no instance: a call waits in vain
      executor.awaitReady(Duration.ofSeconds(20));
      CountDownLatch go = hold(executor);
      factory.failNext(1_000_000);
      assertEquals(ON_CUE, failureOf(executor.submit(SHORT, heap -> 0)).getCause().getMessage());
      assertTrue(executor.health().degraded());

      // when nobody needs a second instance
      go.countDown();
      await().until(() -> !executor.health().degraded());

      // then it is told that there was a failure
      assertNotNull(executor.health().lastFailure());
      // and it is not the cause of what has nothing to do with it
      executor.workers(1);
      CountDownLatch again = hold(executor);
      CallException late = failureOf(executor.submit(SHORT, heap -> 0));
      assertEquals(FailureKind.DEADLINE, late.kind());
      assertNull(late.getCause());
      again.countDown();
    }
  }

  @Test
  void what_keeps_a_nested_call_waiting_is_not_the_cause_of_others() throws Exception {
    try (HeapExecutor<HeapHandle> executor =
        BareHeaps.executor(factory).trimAfter(Duration.ofMillis(200)).build()) {
      executor.awaitReady(Duration.ofSeconds(20));
      factory.failNext(1_000_000);
      CountDownLatch failed = new CountDownLatch(1);
      CountDownLatch go = new CountDownLatch(1);
      // given a call inside which another waits for an instance in vain
      ListenableFuture<CallException> inner =
          executor.submit(
              CALL,
              heap -> {
                CallException vain = failureOf(executor.submit(SHORT, nested -> 0));
                failed.countDown();
                assertTrue(go.await(30, SECONDS));
                return vain;
              });
      assertTrue(failed.await(30, SECONDS));
      assertTrue(executor.health().degraded());
      // when one waits in the queue meanwhile
      CallException late = failureOf(executor.submit(SHORT, heap -> 0));
      go.countDown();
      // then each says why it waited
      assertNull(late.getCause());
      assertEquals(ON_CUE, inner.get(30, SECONDS).getCause().getMessage());
      // and the pool is well once no call needs another instance
      await().until(() -> !executor.health().degraded());
    }
  }

  /** A call that holds its worker until told. */
  private static CountDownLatch hold(HeapExecutor<HeapHandle> executor) throws Exception {
    CountDownLatch started = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    ListenableFuture<String> held = executor.submit(CALL, waiting(started, go));
    assertTrue(started.await(30, SECONDS), held::toString);
    return go;
  }
}
