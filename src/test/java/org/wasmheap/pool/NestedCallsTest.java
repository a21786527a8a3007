package org.wasmheap.pool;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.wasmheap.testkit.Calls.CALL;
import static org.wasmheap.testkit.Calls.failureOf;
import static org.wasmheap.testkit.Calls.isInterrupted;

import ch.qos.logback.classic.Level;
import com.google.common.util.concurrent.ListenableFuture;
import com.google.common.util.concurrent.Uninterruptibles;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.wasmheap.allocator.AllocatorException;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.guest.GuestCall;
import org.wasmheap.guest.GuestFactory;
import org.wasmheap.heap.HeapConfinementException;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.testkit.BareHeaps;
import org.wasmheap.testkit.LogCapture;

/** Calls that calls make: on the same thread, on an instance of their own. */
@Timeout(60)
class NestedCallsTest {
  /** More frames than a stack of the usual megabyte has room for, at 16 bytes or more each. */
  private static final int DEEP = 200_000;

  private static final Duration SOON = Duration.ofMillis(100);

  /** Calls itself on the two executors in turn, so many times; the pointers that each call got. */
  private static List<Integer> inTurn(
      HeapExecutor<HeapHandle> here, HeapExecutor<HeapHandle> there, int more)
      throws InterruptedException {
    return here.call(
        CALL,
        heap -> {
          List<Integer> pointers = new ArrayList<>();
          pointers.add(heap.malloc(100));
          if (more > 0) {
            pointers.addAll(inTurn(there, here, more - 1));
          }
          heap.free(pointers.get(0));
          return pointers;
        });
  }

  private static GuestCall<HeapHandle, Boolean> forEver() {
    return heap -> new CountDownLatch(1).await(30, SECONDS);
  }

  @Test
  void two_executors_of_one_thread_each_must_call_each_other_to_the_depth() throws Exception {
    try (HeapExecutor<HeapHandle> a = BareHeaps.executor().name("a").build();
        HeapExecutor<HeapHandle> b = BareHeaps.executor().name("b").build()) {
      // when A calls B calls A, four calls deep below the first; twice
      List<Integer> first = inTurn(a, b, 4);
      List<Integer> second = inTurn(a, b, 4);

      // then each was on a pristine heap of its own
      assertEquals(Collections.nCopies(5, BareHeaps.FIRST_POINTER), first);
      assertEquals(first, second);
      assertEquals(4, a.statistics().nested());
      assertEquals(4, b.statistics().nested());
      assertEquals(3, a.statistics().instances(), "one for the worker, two nested");
      assertEquals(6, a.statistics().completed());
    }
  }

  @Test
  void a_call_past_the_depth_must_be_refused_with_a_failure_of_its_own() throws Exception {
    try (HeapExecutor<HeapHandle> a = BareHeaps.executor().name("a").maxDepth(2).build();
        HeapExecutor<HeapHandle> b = BareHeaps.executor().name("b").maxDepth(2).build()) {
      CallException failure = assertThrows(CallException.class, () -> inTurn(a, b, 3));

      // then the innermost was refused, and the others failed by what it threw
      Throwable innermost = failure;
      while (innermost.getCause() instanceof CallException cause) {
        innermost = cause;
      }
      CallException refusal = assertInstanceOf(CallException.class, innermost);
      assertEquals(FailureKind.NESTED_TOO_DEEP, refusal.kind());
      assertFalse(refusal.isDeterministic());
      assertTrue(String.valueOf(refusal.getMessage()).contains("more than 2 calls deep"));
      assertEquals(1, b.statistics().rejected());
      assertEquals(3, inTurn(a, b, 2).size());
    }
  }

  @Test
  void an_executor_of_depth_zero_must_refuse_every_call_from_a_call() throws Exception {
    try (HeapExecutor<HeapHandle> executor = BareHeaps.executor().maxDepth(0).build()) {
      FailureKind refused =
          executor.call(CALL, heap -> failureOf(executor.submit(CALL, inner -> 1)).kind());

      assertEquals(FailureKind.NESTED_TOO_DEEP, refused);
    }
  }

  @Test
  void a_nested_call_must_run_on_the_same_thread_and_its_handle_die_with_it() throws Exception {
    try (HeapExecutor<HeapHandle> executor = BareHeaps.executor().build()) {
      executor.call(
          CALL,
          outer -> {
            // when
            Thread here = Thread.currentThread();
            AtomicReference<HeapHandle> kept = new AtomicReference<>();
            outer.malloc(8);
            executor.call(
                CALL,
                inner -> {
                  assertSame(here, Thread.currentThread());
                  assertFalse(inner.heapName().equals(outer.heapName()));
                  kept.set(inner);
                  return inner.malloc(8);
                });

            // then
            assertThrows(HeapConfinementException.class, () -> kept.get().malloc(8));
            assertEquals(BareHeaps.FIRST_POINTER + 16, outer.malloc(8));
            return null;
          });
    }
  }

  @Test
  void a_failed_nested_call_must_cost_its_own_instance_only() throws Exception {
    try (HeapExecutor<HeapHandle> executor = BareHeaps.executor().build()) {
      int pointer =
          executor.call(
              CALL,
              outer -> {
                // when
                CallException failure =
                    assertThrows(
                        CallException.class,
                        () ->
                            executor.call(
                                CALL,
                                inner -> {
                                  inner.free(8);
                                  return null;
                                }));

                // then
                assertEquals(FailureKind.ALLOCATOR_FAULT, failure.kind());
                assertInstanceOf(AllocatorException.class, failure.getCause());
                return executor.call(CALL, inner -> inner.malloc(1));
              });

      assertEquals(BareHeaps.FIRST_POINTER, pointer);
      assertEquals(1, executor.statistics().failed());
      assertEquals(2, executor.statistics().completed());
      assertEquals(2, executor.statistics().instances());
    }
  }

  @Test
  void cancelling_the_outer_call_must_end_the_inner_one() throws Exception {
    try (HeapExecutor<HeapHandle> a = BareHeaps.executor().name("a").build();
        HeapExecutor<HeapHandle> b = BareHeaps.executor().name("b").build()) {
      // given
      CountDownLatch started = new CountDownLatch(1);
      AtomicReference<ListenableFuture<Boolean>> inner = new AtomicReference<>();
      ListenableFuture<String> outer =
          a.submit(
              CALL,
              heap -> {
                inner.set(
                    b.submit(
                        CALL,
                        guest -> {
                          started.countDown();
                          return new CountDownLatch(1).await(30, SECONDS);
                        }));
                return "went on";
              });
      assertTrue(started.await(30, SECONDS));

      // when
      assertTrue(outer.cancel(true));

      // then
      await().until(() -> inner.get() != null);
      assertEquals(FailureKind.CANCELLED, failureOf(inner.get()).kind());
      assertFalse(isInterrupted(a));
      assertFalse(isInterrupted(b));
      assertTrue(a.awaitReady(Duration.ofSeconds(20)).isReady());
      assertEquals(1, b.statistics().failed());
    }
  }

  @Test
  void the_deadline_of_the_outer_call_must_hold_for_the_inner_one() throws Exception {
    try (HeapExecutor<HeapHandle> executor = BareHeaps.executor().build()) {
      // when the inner call has more time than the outer one
      ListenableFuture<Boolean> outer =
          executor.submit(CALL.withDeadline(SOON), heap -> executor.call(CALL, forEver()));

      // then both end at the earlier deadline
      CallException failure = failureOf(outer);
      assertEquals(FailureKind.DEADLINE, failure.kind());
      CallException inner = assertInstanceOf(CallException.class, failure.getCause());
      assertEquals(FailureKind.DEADLINE, inner.kind());
      assertFalse(isInterrupted(executor));
      assertEquals(2, executor.statistics().failed());
    }
  }

  @Test
  void a_nested_call_past_its_own_deadline_must_leave_the_outer_one_undisturbed() throws Exception {
    try (HeapExecutor<HeapHandle> executor = BareHeaps.executor().build()) {
      String outcome =
          executor.call(
              CALL,
              outer -> {
                CallException late =
                    assertThrows(
                        CallException.class,
                        () -> executor.call(CALL.withDeadline(SOON), forEver()));
                return late.kind().label() + " " + Thread.currentThread().isInterrupted();
              });

      assertEquals("deadline false", outcome);
    }
  }

  @Test
  void a_factory_that_hangs_must_hold_up_a_nested_call_until_its_deadline_only() throws Exception {
    AtomicInteger made = new AtomicInteger();
    CountDownLatch never = new CountDownLatch(1);
    GuestFactory<HeapHandle> factory = BareHeaps.factory();
    HeapExecutor<HeapHandle> executor =
        BareHeaps.executor(
                () -> {
                  if (made.getAndIncrement() > 0) {
                    assertTrue(never.await(30, SECONDS));
                  }
                  return factory.create();
                })
            .build();
    try (executor) {
      CallException failure =
          executor.call(
              CALL,
              outer ->
                  assertThrows(
                      CallException.class,
                      () -> executor.call(CALL.withDeadline(SOON), inner -> 1)));

      assertEquals(FailureKind.DEADLINE, failure.kind());
      assertTrue(String.valueOf(failure.getMessage()).contains("before an instance was ready"));
    }
    assertEquals(0, executor.statistics().instances());
    assertEquals(0, executor.shutdown(Duration.ZERO).threadsLeft());
  }

  @Test
  void instances_for_nested_calls_must_be_made_with_the_stack_that_was_set() throws Exception {
    // given a factory that goes deeper than the stack that threads have by default
    GuestFactory<HeapHandle> factory = BareHeaps.factory();
    try (HeapExecutor<HeapHandle> executor =
        BareHeaps.executor(
                () -> {
                  assertEquals(DEEP, depth(DEEP));
                  return factory.create();
                })
            .stackBytes(512 << 20)
            .build()) {
      // when
      Integer pointer = executor.call(CALL, outer -> executor.call(CALL, inner -> inner.malloc(1)));

      // then
      assertEquals(BareHeaps.FIRST_POINTER, pointer);
    }
  }

  private static int depth(int left) {
    return left == 0 ? 0 : 1 + depth(left - 1);
  }

  @Test
  void shutdown_must_tell_of_the_thread_that_makes_nested_instances_also_when_it_is_interrupted()
      throws Exception {
    // given a factory that does not come back on that thread, interrupted or not
    CountDownLatch go = new CountDownLatch(1);
    AtomicInteger made = new AtomicInteger();
    GuestFactory<HeapHandle> factory = BareHeaps.factory();
    HeapExecutor<HeapHandle> executor =
        BareHeaps.executor(
                () -> {
                  if (made.getAndIncrement() > 0) {
                    assertTrue(Uninterruptibles.awaitUninterruptibly(go, 30, SECONDS));
                  }
                  return factory.create();
                })
            .build();
    executor.call(CALL, outer -> failureOf(executor.submit(CALL.withDeadline(SOON), in -> 1)));
    assertEquals(2, made.get());

    try (LogCapture log = LogCapture.of(Level.WARN)) {
      // when
      assertEquals(1, executor.shutdown(SOON).threadsLeft());
      Thread.currentThread().interrupt();
      int whenInterrupted = executor.shutdown(SOON).threadsLeft();

      // then
      assertTrue(Thread.interrupted(), "the flag stays");
      assertEquals(1, whenInterrupted);
      assertEquals(
          List.of("test-nested", "test-nested"),
          log.events("worker.left").stream()
              .map(each -> LogCapture.values(each).get("worker"))
              .toList());
    }
    go.countDown();
  }

  @Test
  void a_factory_that_fails_must_be_asked_again_for_a_nested_call() throws Exception {
    AtomicInteger made = new AtomicInteger();
    GuestFactory<HeapHandle> factory = BareHeaps.factory();
    try (HeapExecutor<HeapHandle> executor =
        BareHeaps.executor(
                () -> {
                  int nth = made.getAndIncrement();
                  if (nth == 1 || nth == 2) {
                    throw new IllegalStateException("not now");
                  }
                  return factory.create();
                })
            .build()) {
      Integer pointer = executor.call(CALL, outer -> executor.call(CALL, inner -> inner.malloc(1)));

      assertEquals(BareHeaps.FIRST_POINTER, pointer);
      assertEquals(4, made.get());
    }
  }

  @Test
  void nested_instances_must_be_dropped_when_nobody_has_needed_them_for_long() throws Exception {
    try (HeapExecutor<HeapHandle> executor = BareHeaps.executor().trimAfter(SOON).build()) {
      executor.call(CALL, outer -> executor.call(CALL, inner -> 1));

      await().untilAsserted(() -> assertEquals(1, executor.statistics().instances()));

      Integer again = executor.call(CALL, outer -> executor.call(CALL, inner -> inner.malloc(1)));
      assertEquals(BareHeaps.FIRST_POINTER, again);
    }
  }

  @Test
  void a_call_made_while_the_executor_drains_must_still_run_inside_an_accepted_one()
      throws Exception {
    CountDownLatch started = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    try (HeapExecutor<HeapHandle> executor = BareHeaps.executor().build()) {
      ListenableFuture<Integer> outer =
          executor.submit(
              CALL,
              heap -> {
                started.countDown();
                assertTrue(go.await(30, SECONDS));
                return executor.call(CALL, inner -> 7);
              });
      assertTrue(started.await(30, SECONDS));

      assertFalse(executor.drain(Duration.ofMillis(1)));
      go.countDown();

      assertEquals(7, outer.get(30, SECONDS));
      assertTrue(executor.drain(Duration.ofSeconds(20)));
    }
  }

  @Test
  void a_call_made_while_the_first_instance_is_made_must_run_at_once() throws Exception {
    try (HeapExecutor<HeapHandle> target = BareHeaps.executor().name("target").build();
        HeapExecutor<HeapHandle> executor =
            BareHeaps.executor()
                .warmUp(heap -> target.call(CALL, inner -> inner.malloc(8)))
                .build()) {
      assertTrue(executor.awaitReady(Duration.ofSeconds(20)).isReady());

      assertEquals(1, target.statistics().nested());
    }
  }
}
