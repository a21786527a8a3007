package org.wasmheap.pool;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.wasmheap.testkit.Calls.CALL;
import static org.wasmheap.testkit.Calls.failureOf;

import ch.qos.logback.classic.Level;
import com.google.common.util.concurrent.ListenableFuture;
import com.google.common.util.concurrent.Uninterruptibles;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.testkit.BareHeaps;
import org.wasmheap.testkit.Calls;
import org.wasmheap.testkit.EveryOutcome;
import org.wasmheap.testkit.HookRecorder;
import org.wasmheap.testkit.LogCapture;

/** On which threads hooks run, and what no hook can do. */
@Timeout(60)
class HooksTest {
  private static final Duration SOON = Duration.ofMillis(50);
  private static final Duration LONG = Duration.ofSeconds(20);
  private static final String WORKER = "test-worker-1";

  private final CountDownLatch blocked = new CountDownLatch(1);
  private final CountDownLatch go = new CountDownLatch(1);

  @AfterEach
  void let_them_go() {
    go.countDown();
  }

  private void block() {
    blocked.countDown();
    assertTrue(Uninterruptibles.awaitUninterruptibly(go, 30, SECONDS));
  }

  @Test
  void each_hook_must_run_on_the_thread_that_its_documentation_names() throws Exception {
    HookRecorder hooks = new HookRecorder();
    try (HeapExecutor<HeapHandle> executor = EveryOutcome.executor().listener(hooks).build()) {
      EveryOutcome.of(executor);
    }

    Set<String> worker = Set.of(WORKER);
    assertEquals(
        Map.of(
            "created", worker,
            "grown", worker,
            "poisoned", worker,
            "reset", worker,
            "retired", worker,
            "callCompleted", worker,
            "replaced", worker,
            "rejected", Set.of(Thread.currentThread().getName())),
        hooks.threads());
  }

  @Test
  void a_nested_instance_must_be_told_of_by_the_threads_that_make_use_and_end_it()
      throws Exception {
    HookRecorder hooks = new HookRecorder();
    HeapExecutor<HeapHandle> executor = BareHeaps.executor().listener(hooks).build();
    executor.call(CALL, outer -> executor.call(CALL, inner -> inner.malloc(8)));

    executor.close();

    assertEquals(Set.of(WORKER, "test-nested"), hooks.threads().get("created"));
    assertEquals(Set.of(WORKER), hooks.threads().get("reset"));
    assertEquals(Set.of(WORKER), hooks.threads().get("callCompleted"));
    assertEquals(Set.of(WORKER, Thread.currentThread().getName()), hooks.threads().get("retired"));
  }

  static Stream<Supplier<Throwable>> thrown() {
    return Stream.of(
        () -> new IllegalStateException("hook"),
        () -> new AssertionError("hook"),
        () -> new OutOfMemoryError("hook"),
        () -> new CallException(FailureKind.TRAP, "hook", null));
  }

  @ParameterizedTest
  @MethodSource("thrown")
  void what_each_hook_throws_must_be_logged_and_change_no_result(Supplier<Throwable> thrown)
      throws Exception {
    // given what callers see without a listener
    List<String> expected;
    ExecutorStatistics expectedFigures;
    try (HeapExecutor<HeapHandle> silent = EveryOutcome.executor().build()) {
      expected = EveryOutcome.of(silent);
      expectedFigures = silent.statistics();
    }

    // when
    HookRecorder hooks = new HookRecorder(hook -> sneakyThrow(thrown.get()));
    try (LogCapture log = LogCapture.of(Level.WARN)) {
      HeapExecutor<HeapHandle> executor = EveryOutcome.executor().listener(hooks).build();
      List<String> seen = EveryOutcome.of(executor);
      executor.close();

      // then
      assertEquals(expected, seen);
      ExecutorStatistics figures = executor.statistics();
      assertEquals(expectedFigures.completed(), figures.completed());
      assertEquals(expectedFigures.failed(), figures.failed());
      assertEquals(expectedFigures.rejected(), figures.rejected());
      assertEquals(expectedFigures.replaced(), figures.replaced());
      Set<String> logged =
          log.events("hook.failed").stream()
              .map(event -> String.valueOf(LogCapture.values(event).get("hook")))
              .collect(Collectors.toSet());
      assertEquals(
          Set.of(
              "created",
              "grown",
              "poisoned",
              "reset",
              "retired",
              "callCompleted",
              "replaced",
              "rejected"),
          logged);
    }
  }

  @SuppressWarnings("unchecked")
  private static <T extends Throwable> void sneakyThrow(Throwable thrown) throws T {
    throw (T) thrown;
  }

  @Test
  void a_hook_that_blocks_must_hold_up_its_own_call_alone_and_that_until_its_deadline()
      throws Exception {
    // given two workers, and a listener that blocks in the first call that completes
    AtomicBoolean first = new AtomicBoolean(true);
    HookRecorder hooks =
        new HookRecorder(
            hook -> {
              if (hook.equals("callCompleted") && first.getAndSet(false)) {
                block();
              }
            });
    try (HeapExecutor<HeapHandle> executor =
        BareHeaps.executor().workers(2).grace(SOON).listener(hooks).build()) {
      assertTrue(executor.awaitReady(LONG).isReady());
      ListenableFuture<Integer> held = executor.submit(CALL.withDeadline(SOON), heap -> 1);
      assertTrue(blocked.await(30, SECONDS));

      // when others call
      Integer other = executor.call(CALL, heap -> heap.malloc(1));
      assertEquals(BareHeaps.FIRST_POINTER, other);

      // then the one that is held fails by its deadline, and its thread is replaced
      assertEquals(FailureKind.DEADLINE, failureOf(held).kind());
      assertTrue(executor.awaitReady(LONG).isReady());
      assertEquals(1, executor.statistics().abandonedThreads());
      go.countDown();
      await().untilAsserted(() -> assertEquals(0, executor.statistics().abandonedThreads()));
    }
  }

  @Test
  void shutdown_must_not_wait_for_a_hook_longer_than_it_may() {
    HookRecorder hooks =
        new HookRecorder(
            hook -> {
              if (hook.equals("created")) {
                block();
              }
            });
    HeapExecutor<HeapHandle> executor = BareHeaps.executor().grace(SOON).listener(hooks).build();
    assertTrue(Uninterruptibles.awaitUninterruptibly(blocked, 30, SECONDS));
    ListenableFuture<Integer> waits = executor.submit(CALL, heap -> 1);

    ExecutorStatistics.ShutdownAccount account = executor.shutdown(SOON);

    assertEquals(1, account.threadsLeft());
    assertEquals(1, account.cutOff());
    assertEquals(FailureKind.SHUTDOWN, failureOf(waits).kind());
  }

  @Test
  void a_hook_on_a_workers_thread_that_makes_a_call_must_get_its_result() throws Exception {
    AtomicReference<HeapExecutor<HeapHandle>> target = new AtomicReference<>();
    AtomicBoolean first = new AtomicBoolean(true);
    List<Integer> results = new CopyOnWriteArrayList<>();
    HookRecorder hooks =
        new HookRecorder(
            hook -> {
              if (hook.equals("callCompleted") && first.getAndSet(false)) {
                try {
                  results.add(target.get().call(CALL, heap -> heap.malloc(1)));
                } catch (InterruptedException e) {
                  throw new AssertionError(e);
                }
              }
            });
    try (HeapExecutor<HeapHandle> executor = BareHeaps.executor().listener(hooks).build()) {
      target.set(executor);

      executor.call(CALL, heap -> 1);

      assertEquals(List.of(BareHeaps.FIRST_POINTER), results);
    }
  }

  @Test
  void a_hook_that_leaves_the_interrupt_flag_set_must_not_disturb_the_next_call() throws Exception {
    HookRecorder hooks =
        new HookRecorder(
            hook -> {
              if (hook.equals("callCompleted") || hook.equals("created")) {
                Thread.currentThread().interrupt();
              }
            });
    try (HeapExecutor<HeapHandle> executor = BareHeaps.executor().listener(hooks).build()) {
      for (int i = 0; i < 3; i++) {
        assertFalse(Calls.isInterrupted(executor));
      }
    }
  }

  @Test
  void several_listeners_must_each_hear_of_everything() throws Exception {
    HookRecorder broken = new HookRecorder(hook -> sneakyThrow(new AssertionError(hook)));
    HookRecorder last = new HookRecorder();
    try (HeapExecutor<HeapHandle> executor =
        EveryOutcome.executor()
            .listener(PoolListener.all(broken, PoolListener.all(), last))
            .build()) {
      EveryOutcome.of(executor);
    }

    assertEquals(8, last.threads().size());
    assertEquals(broken.threads(), last.threads());
  }

  @Test
  void memory_must_grow_only_if_the_policy_allows_it() throws Exception {
    Set<String> asked = new ConcurrentSkipListSet<>();
    try (HeapExecutor<HeapHandle> executor =
        BareHeaps.executor()
            .growthPolicy(
                (heap, fromPages, toPages, cause) -> {
                  asked.add(heap + " " + Thread.currentThread().getName());
                  return toPages <= 2;
                })
            .build()) {
      Integer before = executor.call(CALL, heap -> heap.growMemory(1));
      assertEquals(1, before);
      CallException refusal = failureOf(executor.submit(CALL, heap -> heap.growMemory(2)));

      assertEquals(FailureKind.GROWTH_REFUSED, refusal.kind());
      assertFalse(refusal.isDeterministic());
      assertEquals(Set.of("test/1 " + WORKER), asked);
    }
  }

  @Test
  void a_listener_must_hear_from_when_it_is_added_until_it_is_removed() throws Exception {
    HookRecorder builders = new HookRecorder();
    HookRecorder guest = new HookRecorder();
    try (HeapExecutor<HeapHandle> executor = BareHeaps.executor().listener(builders).build()) {
      executor.call(CALL, heap -> 1);
      executor.addListener(guest);
      executor.call(CALL, heap -> 1);
      assertTrue(executor.removeListener(guest));
      failureOf(executor.submit(CALL, heap -> heap.malloc(-1)));
      assertFalse(executor.removeListener(guest));
    }

    assertEquals(Set.of("reset", "callCompleted"), guest.threads().keySet());
    assertTrue(builders.threads().containsKey("poisoned"));
  }

  @Test
  void listeners_that_were_joined_must_go_together_and_nobody_must_make_no_reports()
      throws Exception {
    HookRecorder one = new HookRecorder();
    HookRecorder other = new HookRecorder();
    PoolListener both = PoolListener.all(one, other);
    try (HeapExecutor<HeapHandle> executor = BareHeaps.executor().listener(both).build()) {
      executor.call(CALL, heap -> 1);
      assertTrue(executor.removeListener(both));
      assertFalse(executor.removeListener(one));
      Map<String, Set<String>> heard = Map.copyOf(one.threads());
      CallReport last = executor.heaps().get(0).lastCall();

      executor.addListener(PoolListener.NONE);
      executor.call(CALL, heap -> 1);

      assertEquals(heard, one.threads());
      assertEquals(last, executor.heaps().get(0).lastCall());
    }
  }
}
