package org.wasmheap.endive;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.wasmheap.testkit.Calls.failureOf;

import com.google.common.util.concurrent.ListenableFuture;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
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

/** Host functions that call their own guest back: that is guest code, and can be interrupted. */
@Timeout(60)
class CallbacksTest {
  private static final CallOptions SHORT =
      CallOptions.named("short").withDeadline(Duration.ofMillis(300));
  private static final CallOptions LONG = CallOptions.named("long");

  /** What the host function does that the call's own code has called. */
  private final AtomicReference<Work> work = new AtomicReference<>(guest -> {});

  /** The guest of the call that runs. */
  private final AtomicReference<EndiveGuest> current = new AtomicReference<>();

  /** Opens when a callback has called the host. */
  private final CountDownLatch inCallback = new CountDownLatch(1);

  /** Whether the host function found itself interrupted after its callback. */
  private final AtomicBoolean disturbed = new AtomicBoolean(true);

  private final HostFunction act =
      new HostFunction(
          "test",
          "act",
          FunctionType.of(List.of(ValType.I32), List.of()),
          (scope, arguments) -> {
            act((int) arguments[0]);
            return 0;
          });

  private final HeapExecutor<EndiveGuest> executor =
      Guests.onOneWorker(Guests.load("imports", act));

  private interface Work {
    void with(EndiveGuest guest) throws Exception;
  }

  /** Does what the test wants where the argument is 1; else a callback calls, or calls deeper. */
  private void act(int argument) throws Exception {
    EndiveGuest guest = current.get();
    if (argument == 1) {
      work.get().with(guest);
    } else if (argument > 2) {
      guest.call("malloc", 8);
      guest.call("act", argument - 1);
    } else {
      inCallback.countDown();
    }
  }

  private ListenableFuture<long[]> submit(CallOptions options) {
    return executor.submit(
        options,
        guest -> {
          current.set(guest);
          return guest.call("act", 1);
        });
  }

  /** The next call on the same worker finds all as it must be. */
  @AfterEach
  void the_next_call_is_right() throws Exception {
    work.set(guest -> disturbed.set(Thread.currentThread().isInterrupted()));
    assertEquals(0, submit(LONG).get(30, SECONDS)[0], "an instance that has never acted");
    assertFalse(disturbed.get());
    assertEquals(0, executor.statistics().abandonedThreads());
    executor.close();
  }

  /** Has a callback never end, and sees how the host function fares after it. */
  private void loop(EndiveGuest guest) {
    CallException stop = assertThrows(CallException.class, () -> guest.call("act_and_loop", 2));
    assertEquals(FailureKind.INTERRUPTED, stop.kind());
    disturbed.set(Thread.currentThread().isInterrupted());
  }

  @Test
  void a_callback_without_end_must_be_ended_by_the_deadline_and_its_host_function_go_on()
      throws Exception {
    // given
    assertTrue(executor.awaitReady(Duration.ofSeconds(30)).isReady());
    work.set(this::loop);
    // when
    CallException failure = failureOf(submit(SHORT));
    // then
    assertEquals(FailureKind.DEADLINE, failure.kind());
    assertFalse(failure.isDeterministic());
    assertFalse(disturbed.get());
  }

  @Test
  void cancelling_must_end_a_callback_without_end_and_its_host_function_go_on() throws Exception {
    // given
    CountDownLatch over = new CountDownLatch(1);
    work.set(
        guest -> {
          loop(guest);
          over.countDown();
        });
    ListenableFuture<long[]> future = submit(LONG);
    assertTrue(inCallback.await(30, SECONDS));
    // when
    assertTrue(future.cancel(true));
    // then
    assertTrue(over.await(30, SECONDS));
    assertFalse(disturbed.get());
  }

  @Test
  void a_host_function_must_not_be_interrupted_in_its_own_work_after_a_callback() throws Exception {
    // given
    assertTrue(executor.awaitReady(Duration.ofSeconds(30)).isReady());
    CountDownLatch leave = new CountDownLatch(1);
    work.set(
        guest -> {
          guest.call("act", 2);
          assertTrue(leave.await(30, SECONDS));
          disturbed.set(Thread.currentThread().isInterrupted());
          guest.call("malloc", 8); // Refused: the deadline has passed.
        });
    ListenableFuture<long[]> future = submit(SHORT);
    assertTrue(inCallback.await(30, SECONDS));
    // when later calls have passed their deadlines in the queue, one after another
    for (int later = 0; later < 2; later++) {
      assertEquals(
          FailureKind.DEADLINE, failureOf(executor.submit(SHORT, guest -> "never")).kind());
    }
    // then
    assertFalse(future.isDone());
    leave.countDown();
    assertEquals(FailureKind.DEADLINE, failureOf(future).kind());
    assertFalse(disturbed.get());
  }

  @Test
  void what_fails_after_a_callback_was_interrupted_must_be_no_verdict_on_the_guest()
      throws Exception {
    // given a host function that swallows the interruption, and then does what a guest could have
    assertTrue(executor.awaitReady(Duration.ofSeconds(30)).isReady());
    work.set(
        guest -> {
          loop(guest);
          guest.heap().free(4);
        });
    // when
    CallException failure = failureOf(submit(SHORT));
    // then
    assertEquals(FailureKind.DEADLINE, failure.kind());
    assertEquals(0, executor.statistics().poisoned());
  }

  @Test
  void host_and_guest_must_call_each_other_to_any_depth_and_get_their_results() throws Exception {
    // given
    work.set(guest -> guest.call("act", 20));
    // when
    Long acted =
        executor
            .submit(
                LONG,
                guest -> {
                  current.set(guest);
                  guest.call("act", 1);
                  return guest.call("act", 2)[0];
                })
            .get(30, SECONDS);
    // then
    assertEquals(20, acted, "the call's own, and 19 callbacks");
    assertEquals(0, inCallback.getCount());
  }

  @Test
  void a_fault_in_a_callback_must_fail_the_call_also_if_the_host_function_swallows_it() {
    // given
    work.set(guest -> assertThrows(RuntimeException.class, () -> guest.call("free", 4)));
    // when
    CallException failure = failureOf(submit(LONG));
    // then
    assertEquals(FailureKind.ALLOCATOR_FAULT, failure.kind());
    assertTrue(failure.isDeterministic());
  }

  @Test
  void host_and_guest_that_call_each_other_for_ever_must_be_a_stack_overflow() {
    // given
    work.set(guest -> guest.call("act", 1));
    // when
    CallException failure = failureOf(submit(LONG));
    // then
    assertEquals(FailureKind.STACK_OVERFLOW, failure.kind(), failure::toString);
  }
}
