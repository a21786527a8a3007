package org.wasmheap.pool;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.wasmheap.testkit.Calls.CALL;
import static org.wasmheap.testkit.Calls.failureOf;
import static org.wasmheap.testkit.Calls.isInterrupted;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.guest.GuestFactory;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.testkit.BareHeaps;
import org.wasmheap.testkit.LogCapture;
import org.wasmheap.testkit.ScriptedFactory;

/** Making an instance has a limit, wherever one is made. */
@Timeout(60)
class InstanceDeadlineTest {
  private static final Duration SOON = Duration.ofMillis(50);
  private static final Duration LONG = Duration.ofSeconds(20);

  private final ScriptedFactory<HeapHandle> factory = new ScriptedFactory<>(BareHeaps.factory());

  private static String causeOf(ILoggingEvent event) {
    return event.getThrowableProxy().getClassName();
  }

  @Test
  void a_factory_that_hangs_must_be_interrupted_and_asked_again() throws Exception {
    // given
    factory.hang();
    try (LogCapture log = LogCapture.of(Level.WARN);
        HeapExecutor<HeapHandle> executor =
            BareHeaps.executor(factory).instanceDeadline(SOON).build()) {
      // when
      await().until(() -> factory.attempts() >= 3);
      factory.release();

      // then
      assertTrue(executor.awaitReady(LONG).isReady());
      await().until(() -> log.events("instance.interrupted").size() >= 2);
      assertTrue(log.events("instance.failed").size() >= 2);
      log.events("instance.failed")
          .forEach(each -> assertEquals(InterruptedException.class.getName(), causeOf(each)));
      assertFalse(isInterrupted(executor));
      Integer pointer = executor.call(CALL, heap -> heap.malloc(1));
      assertEquals(BareHeaps.FIRST_POINTER, pointer);
    }
  }

  @Test
  void a_replacement_that_hangs_must_be_interrupted_and_asked_for_again() throws Exception {
    try (HeapExecutor<HeapHandle> executor =
        BareHeaps.executor(factory).instanceDeadline(SOON).build()) {
      // given
      assertTrue(executor.awaitReady(LONG).isReady());
      factory.hang();
      failureOf(executor.submit(CALL, heap -> heap.malloc(-1)));

      // when
      await().until(() -> factory.attempts() >= 4);
      factory.release();

      // then
      assertTrue(executor.awaitReady(LONG).isReady());
      assertFalse(isInterrupted(executor));
      assertEquals(1, executor.statistics().replaced());
    }
  }

  @Test
  void an_instance_for_calls_inside_calls_that_hangs_must_be_told_of_and_interrupted()
      throws Exception {
    try (LogCapture log = LogCapture.of(Level.WARN);
        HeapExecutor<HeapHandle> executor =
            BareHeaps.executor(factory).grace(SOON).instanceDeadline(SOON).build()) {
      // given
      assertTrue(executor.awaitReady(LONG).isReady());
      factory.hang();

      // when
      FailureKind kind =
          executor.call(
              CALL,
              heap ->
                  failureOf(executor.submit(CALL.withDeadline(SOON), inner -> inner.malloc(1)))
                      .kind());

      // then the call is held to its own deadline, and the factory to its
      assertEquals(FailureKind.DEADLINE, kind);
      await()
          .until(
              () ->
                  log.events("instance.interrupted").stream()
                      .anyMatch(each -> LogCapture.values(each).containsValue("test-nested")));
      await()
          .until(
              () ->
                  log.events("instance.slow").stream()
                      .anyMatch(each -> LogCapture.values(each).containsValue("test-nested")));
      await()
          .until(
              () ->
                  log.events("instance.failed").stream()
                      .anyMatch(each -> LogCapture.values(each).containsValue("test-nested")));
      factory.release();
      Integer pointer = executor.call(CALL, heap -> executor.call(CALL, inner -> inner.malloc(1)));
      assertEquals(BareHeaps.FIRST_POINTER, pointer);
    }
  }

  @Test
  void a_warm_up_that_hangs_must_be_interrupted_and_its_instance_not_used() throws Exception {
    AtomicInteger warmed = new AtomicInteger();
    try (HeapExecutor<HeapHandle> executor =
        BareHeaps.executor()
            .instanceDeadline(SOON)
            .warmUp(
                heap ->
                    warmed.incrementAndGet() == 1
                        ? new CountDownLatch(1).await(30, SECONDS)
                        : heap.malloc(1))
            .build()) {
      assertTrue(executor.awaitReady(LONG).isReady());

      assertEquals(2, warmed.get());
      assertFalse(isInterrupted(executor));
    }
  }

  @Test
  void an_instance_that_comes_all_the_same_must_be_used_and_its_call_find_a_clean_flag()
      throws Exception {
    // given a factory that goes on when it is interrupted, and leaves the flag set
    AtomicBoolean interrupted = new AtomicBoolean();
    GuestFactory<HeapHandle> sound = BareHeaps.factory();
    GuestFactory<HeapHandle> stubborn =
        () -> {
          assertThrows(InterruptedException.class, () -> new CountDownLatch(1).await(30, SECONDS));
          interrupted.set(true);
          Thread.currentThread().interrupt();
          return sound.create();
        };
    try (LogCapture log = LogCapture.of(Level.WARN);
        HeapExecutor<HeapHandle> executor =
            BareHeaps.executor(stubborn).instanceDeadline(SOON).build()) {
      // when
      assertTrue(executor.awaitReady(LONG).isReady());

      // then
      assertTrue(interrupted.get());
      assertFalse(isInterrupted(executor));
      assertEquals(0, log.events("instance.failed").size());
    }
  }

  @Test
  void shutdown_must_end_while_a_factory_hangs_that_has_time_left() {
    // given
    factory.hang();
    HeapExecutor<HeapHandle> executor =
        BareHeaps.executor(factory).instanceDeadline(Duration.ofDays(30)).build();
    await().until(() -> factory.hanging() == 1);

    // when, then
    assertEquals(0, executor.shutdown(SOON).threadsLeft());
  }
}
