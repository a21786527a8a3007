package org.wasmheap.pool;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.wasmheap.testkit.Calls.CALL;

import java.lang.reflect.InvocationTargetException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.CallScope;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.testkit.BareHeaps;
import org.wasmheap.testkit.BareStage;
import org.wasmheap.testkit.Misdeed;
import org.wasmheap.testkit.Misdeeds;

/** Callers on virtual threads; skipped where the JDK has none. Calls run on the pool's threads. */
@Timeout(60)
class VirtualThreadsTest {
  private static final int CALLERS = 200;

  private final BareStage stage = new BareStage();
  private final Misdeeds<CallScope> misdeeds = new Misdeeds<>(stage);

  @BeforeAll
  static void needs_virtual_threads() {
    assumeTrue(Runtime.version().feature() >= 21, "this JDK has no virtual threads");
  }

  /** By reflection, since the baseline does not know them. */
  private static Thread startVirtual(Runnable body) {
    try {
      return (Thread)
          Thread.class.getMethod("startVirtualThread", Runnable.class).invoke(null, body);
    } catch (NoSuchMethodException | IllegalAccessException | InvocationTargetException e) {
      throw new IllegalStateException("no virtual thread", e);
    }
  }

  private static boolean isVirtual() throws ReflectiveOperationException {
    return (boolean) Thread.class.getMethod("isVirtual").invoke(Thread.currentThread());
  }

  private static <T> FutureTask<T> onVirtualThread(Callable<T> body) {
    FutureTask<T> result = new FutureTask<>(body);
    startVirtual(result);
    return result;
  }

  private HeapExecutor.Builder<CallScope> executor() {
    return BareHeaps.executor(stage.factory()).workers(2).queueCapacity(2 * CALLERS);
  }

  @Test
  void many_virtual_threads_must_call_at_once_and_each_get_its_own_result() throws Exception {
    try (HeapExecutor<CallScope> executor = executor().build()) {
      // when
      List<FutureTask<String>> callers = new ArrayList<>();
      for (int i = 0; i < CALLERS; i++) {
        int number = i;
        callers.add(
            onVirtualThread(
                () ->
                    isVirtual()
                        + " "
                        + executor.call(
                            CALL, guest -> isVirtual() + " " + number + " " + stage.probe(guest))));
      }

      // then
      for (int i = 0; i < CALLERS; i++) {
        assertEquals("true false " + i + " " + stage.pristine(), callers.get(i).get(30, SECONDS));
      }
      assertEquals(CALLERS, executor.statistics().completed());
      assertEquals(0, executor.statistics().nested());
    }
  }

  @Test
  void a_virtual_thread_must_submit_wait_and_meet_failures_as_any_other() throws Exception {
    try (HeapExecutor<CallScope> executor = executor().build()) {
      String right =
          onVirtualThread(() -> executor.submit(CALL, stage::probe).get(30, SECONDS))
              .get(30, SECONDS);
      FutureTask<String> failing =
          onVirtualThread(() -> executor.call(CALL, misdeeds.of(Misdeed.READ_OUTSIDE)));

      assertEquals(stage.pristine(), right);
      Throwable failure =
          assertThrows(ExecutionException.class, () -> failing.get(30, SECONDS)).getCause();
      assertEquals(FailureKind.TRAP, assertInstanceOf(CallException.class, failure).kind());
    }
  }

  @Test
  void interrupting_a_virtual_thread_that_waits_must_cancel_its_call() throws Exception {
    try (HeapExecutor<CallScope> executor = executor().build()) {
      // given
      CountDownLatch started = new CountDownLatch(1);
      FutureTask<String> call =
          new FutureTask<>(
              () ->
                  executor.call(
                      CALL,
                      guest -> {
                        started.countDown();
                        stage.loop(guest);
                        return "not reached";
                      }));
      Thread caller = startVirtual(call);
      assertTrue(started.await(30, SECONDS));

      // when
      caller.interrupt();

      // then
      Throwable thrown =
          assertThrows(ExecutionException.class, () -> call.get(30, SECONDS)).getCause();
      assertInstanceOf(InterruptedException.class, thrown);
      await().untilAsserted(() -> assertEquals(1, executor.statistics().replaced()));
      assertEquals(1, executor.statistics().cancelled());
      assertEquals(stage.pristine(), executor.call(CALL, stage::probe));
    }
  }
}
