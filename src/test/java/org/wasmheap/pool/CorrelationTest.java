package org.wasmheap.pool;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.wasmheap.testkit.Calls.CALL;
import static org.wasmheap.testkit.Calls.failureOf;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import com.google.common.util.concurrent.FutureCallback;
import com.google.common.util.concurrent.Futures;
import com.google.common.util.concurrent.ListenableFuture;
import com.google.common.util.concurrent.MoreExecutors;
import com.google.common.util.concurrent.Uninterruptibles;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.MDC;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.CallScope;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.heap.HeapView;
import org.wasmheap.heap.PoisonReport;
import org.wasmheap.testkit.BareHeaps;
import org.wasmheap.testkit.Calls;
import org.wasmheap.testkit.LogCapture;
import org.wasmheap.testkit.ScopeGuests;
import org.wasmheap.testkit.ScriptedFactory;

/** The caller's diagnostic context (MDC) goes with its call, and with nothing else. */
@Timeout(60)
class CorrelationTest {
  private static final Duration SOON = Duration.ofMillis(50);
  private static final Duration LONG = Duration.ofSeconds(20);
  private static final Map<String, String> CALLERS = Map.of("block", "17", "request", "r-1");

  private final CountDownLatch go = new CountDownLatch(1);

  /** What each hook found, by its name. */
  private final Map<String, Map<String, String>> found = new ConcurrentHashMap<>();

  private final List<CallReport> reports = new CopyOnWriteArrayList<>();

  private final PoolListener listener =
      new PoolListener() {
        @Override
        public void poisoned(HeapView heap, PoisonReport report) {
          found.put("poisoned", mdc());
        }

        @Override
        public void reset(HeapView heap, int blocksRestored) {
          found.put("reset", mdc());
        }

        @Override
        public void retired(HeapView heap) {
          found.put("retired", mdc());
        }

        @Override
        public void callCompleted(CallReport report) {
          reports.add(report);
          found.put("callCompleted", mdc());
          MDC.put("of", "a listener");
        }

        @Override
        public void replaced(HeapView heap, Replacement replacement) {
          found.put("replaced", mdc());
        }
      };

  @BeforeEach
  void begin_without() {
    MDC.clear();
  }

  @AfterEach
  void let_them_go() {
    go.countDown();
    MDC.clear();
  }

  /** Of the calling thread; empty if there is none. */
  private static Map<String, String> mdc() {
    Map<String, String> copy = MDC.getCopyOfContextMap();
    return copy == null ? Map.of() : copy;
  }

  private static <R> ListenableFuture<R> submitWith(
      Map<String, String> mdc, Supplier<ListenableFuture<R>> submit) {
    MDC.setContextMap(mdc);
    try {
      return submit.get();
    } finally {
      MDC.clear();
    }
  }

  private static Map<String, String> mdcOf(LogCapture log, String event) {
    List<ILoggingEvent> events = log.events(event);
    assertEquals(1, events.size(), event);
    return events.get(0).getMDCPropertyMap();
  }

  private static Map<String, String> mdcOfNextCall(HeapExecutor<HeapHandle> executor)
      throws InterruptedException {
    Map<String, String> seen = executor.call(CALL, heap -> mdc());
    return seen;
  }

  @Test
  void the_guest_and_all_hooks_of_a_call_must_have_its_callers_context() throws Exception {
    try (HeapExecutor<HeapHandle> executor = BareHeaps.executor().listener(listener).build()) {
      // when
      Map<String, String> ofGuest =
          submitWith(CALLERS, () -> executor.submit(CALL, heap -> mdc())).get(30, SECONDS);

      // then
      assertEquals(CALLERS, ofGuest);
      assertEquals(Map.of("reset", CALLERS, "callCompleted", CALLERS), found);
      assertEquals(CALLERS, reports.get(0).mdc());
      assertEquals(Map.of(), mdcOfNextCall(executor));
      await().until(() -> reports.size() == 2);
      assertEquals(Map.of(), reports.get(1).mdc());
    }
  }

  @Test
  void a_poisoned_heap_must_have_the_callers_context_in_events_hooks_and_report_until_replaced()
      throws Exception {
    try (LogCapture log = LogCapture.of(Level.DEBUG);
        HeapExecutor<HeapHandle> executor = BareHeaps.executor().listener(listener).build()) {
      assertTrue(executor.awaitReady(LONG).isReady());

      // when
      CallException failure =
          failureOf(
              submitWith(
                  CALLERS,
                  () ->
                      executor.submit(
                          CALL,
                          heap -> {
                            heap.growMemory(1);
                            heap.free(4);
                            return "not reached";
                          })));

      // then
      await().until(() -> found.containsKey("replaced"));
      for (String event : List.of("memory.grown", "heap.poisoned", "heap.replaced")) {
        assertEquals(CALLERS, mdcOf(log, event), event);
      }
      for (String hook : List.of("poisoned", "retired", "callCompleted", "replaced")) {
        assertEquals(CALLERS, found.get(hook), hook);
      }
      assertEquals(CALLERS, failure.poisonReport().orElseThrow().mdc());
      assertEquals(Map.of(), mdcOfNextCall(executor));
    }
  }

  @Test
  void a_factory_that_fails_after_a_call_must_fail_with_the_callers_context() throws Exception {
    ScriptedFactory<HeapHandle> factory = new ScriptedFactory<>(BareHeaps.factory());
    try (LogCapture log = LogCapture.of(Level.INFO);
        HeapExecutor<HeapHandle> executor = BareHeaps.executor(factory).build()) {
      assertTrue(executor.awaitReady(LONG).isReady());
      factory.failNext(1);

      failureOf(
          submitWith(
              CALLERS,
              () ->
                  executor.submit(
                      CALL,
                      heap -> {
                        throw new IllegalStateException("fails");
                      })));

      await().until(() -> !log.events("heap.replaced").isEmpty());
      for (String event : List.of("heap.aborted", "instance.failed", "heap.replaced")) {
        assertEquals(CALLERS, mdcOf(log, event), event);
      }
    }
  }

  @Test
  void what_host_functions_and_listeners_put_there_must_be_gone_before_the_next_call()
      throws Exception {
    try (HeapExecutor<HeapHandle> executor = BareHeaps.executor().listener(listener).build()) {
      // given a call that clears it all and leaves something, and a listener of its future
      ListenableFuture<String> first =
          submitWith(
              CALLERS,
              () ->
                  executor.submit(
                      CALL,
                      heap -> {
                        assertTrue(go.await(30, SECONDS));
                        MDC.clear();
                        MDC.put("of", "a host function");
                        return "done";
                      }));
      Futures.addCallback(first, new PutsMdc(), MoreExecutors.directExecutor());
      go.countDown();

      // then
      assertEquals("done", first.get(30, SECONDS));
      assertEquals(CALLERS, found.get("callCompleted"));
      assertEquals(Map.of(), mdcOfNextCall(executor));
      assertEquals(Map.of(), mdcOfNextCall(executor));
    }
  }

  /** A listener of a future, which runs on the worker's thread. */
  private static final class PutsMdc implements FutureCallback<String> {
    @Override
    public void onSuccess(@Nullable String result) {
      MDC.put("of", "a future's listener");
    }

    @Override
    public void onFailure(Throwable failure) {
      throw new AssertionError(failure);
    }
  }

  @Test
  void a_call_inside_a_call_must_have_the_outer_context_as_it_stands_and_leave_it() {
    try (HeapExecutor<CallScope> executor =
        BareHeaps.executor(ScopeGuests.withPages(1)).listener(listener).build()) {
      ListenableFuture<List<Map<String, String>>> seen =
          submitWith(
              CALLERS,
              () ->
                  executor.submit(
                      CALL,
                      outer -> {
                        MDC.put("step", "2");
                        Map<String, String> inner =
                            executor.call(
                                CALL,
                                nested -> {
                                  Map<String, String> own = mdc();
                                  MDC.put("of", "the inner call");
                                  return own;
                                });
                        return List.of(inner, mdc());
                      }));

      Map<String, String> withStep = Map.of("block", "17", "request", "r-1", "step", "2");
      assertEquals(List.of(withStep, withStep), Futures.getUnchecked(seen));
      assertEquals(withStep, reports.get(0).mdc());
      assertEquals(CALLERS, reports.get(1).mdc());
    }
  }

  @Test
  void events_of_a_thread_that_does_not_come_back_must_have_the_callers_context() throws Exception {
    try (LogCapture log = LogCapture.of(Level.WARN);
        HeapExecutor<HeapHandle> executor = BareHeaps.executor().grace(SOON).build()) {
      // given
      failureOf(
          submitWith(
              CALLERS,
              () ->
                  executor.submit(
                      CALL.withDeadline(SOON),
                      heap -> {
                        assertTrue(Uninterruptibles.awaitUninterruptibly(go, 30, SECONDS));
                        return "back";
                      })));
      assertEquals(CALLERS, mdcOf(log, "worker.abandoned"));
      assertEquals(Map.of(), mdcOfNextCall(executor));

      // when
      go.countDown();

      // then
      await().until(() -> !log.events("worker.returned").isEmpty());
      assertEquals(CALLERS, mdcOf(log, "worker.returned"));
    }
  }

  @Test
  void events_of_calls_that_expire_in_the_queue_must_have_the_context_of_each_of_their_callers() {
    try (LogCapture log = LogCapture.of(Level.WARN);
        HeapExecutor<HeapHandle> executor = BareHeaps.executor().build()) {
      // given a worker that is held, and two calls of two callers that wait in vain
      ListenableFuture<String> held =
          executor.submit(CALL, Calls.waiting(new CountDownLatch(1), go));
      for (String block : List.of("17", "18")) {
        ListenableFuture<String> waits =
            submitWith(
                Map.of("block", block),
                () -> executor.submit(CALL.withDeadline(SOON), heap -> "not reached"));
        waits.addListener(
            () -> MDC.put("of", "the listener of " + block), MoreExecutors.directExecutor());
        // when
        assertEquals(FailureKind.DEADLINE, failureOf(waits).kind());
      }

      // then
      await().until(() -> log.events("call.failed").size() == 2);
      List<ILoggingEvent> events = log.events("call.failed");
      for (int i = 0; i < 2; i++) {
        assertEquals(String.valueOf(17 + i), events.get(i).getMDCPropertyMap().get("block"));
      }
      assertNull(events.get(1).getMDCPropertyMap().get("of"));
      go.countDown();
      assertEquals("done", Futures.getUnchecked(held));
    }
  }

  @Test
  void what_the_call_puts_there_must_not_be_on_the_events_of_its_end() throws Exception {
    try (LogCapture log = LogCapture.of(Level.WARN);
        HeapExecutor<HeapHandle> executor = BareHeaps.executor().listener(listener).build()) {
      // given a caller without a context
      failureOf(
          executor.submit(
              CALL,
              heap -> {
                MDC.put("of", "a host function");
                throw new IllegalStateException("fails");
              }));

      // then
      assertEquals(Map.of(), mdcOf(log, "heap.aborted"));
      assertEquals(Map.of(), found.get("retired"));
      assertEquals(Map.of(), found.get("callCompleted"));
      assertEquals(Map.of(), mdcOfNextCall(executor));
    }
  }

  @Test
  void who_shuts_down_must_keep_his_own_context() {
    HeapExecutor<HeapHandle> executor = BareHeaps.executor().grace(SOON).build();
    CountDownLatch begun = new CountDownLatch(1);
    try (LogCapture log = LogCapture.of(Level.WARN)) {
      ListenableFuture<String> stuck =
          submitWith(
              CALLERS,
              () ->
                  executor.submit(
                      CALL,
                      heap -> {
                        begun.countDown();
                        assertTrue(Uninterruptibles.awaitUninterruptibly(go, 30, SECONDS));
                        return "back";
                      }));
      assertTrue(Uninterruptibles.awaitUninterruptibly(begun, 30, SECONDS));
      MDC.put("operator", "o");

      executor.shutdown(SOON);

      assertEquals(Map.of("operator", "o"), mdc());
      assertEquals(CALLERS, mdcOf(log, "worker.abandoned"));
      assertEquals(FailureKind.SHUTDOWN, failureOf(stuck).kind());
    }
  }

  @Test
  void a_report_must_escape_and_bound_what_the_caller_put_there() throws Exception {
    Map<String, String> much = new TreeMap<>();
    for (int i = 0; i < 100; i++) {
      much.put("key " + i, "v".repeat(5_000));
    }
    try (HeapExecutor<HeapHandle> executor = BareHeaps.executor().listener(listener).build()) {
      // when
      submitWith(Map.of("a'\n", "b\u001b[2J"), () -> executor.submit(CALL, heap -> 1))
          .get(30, SECONDS);
      submitWith(much, () -> executor.submit(CALL, heap -> 1)).get(30, SECONDS);

      // then
      String text = reports.get(0).toString();
      assertTrue(text.endsWith(", mdc={a\\'\\n='b\\u{1b}[2J'}]"), text);
      assertEquals(32, reports.get(1).mdc().size());
      reports.get(1).mdc().values().forEach(value -> assertEquals(1_027, value.length()));
      assertThrows(
          UnsupportedOperationException.class, () -> reports.get(0).mdc().put("one", "more"));
    }
  }

  @Test
  void the_number_of_a_call_must_be_that_of_its_report_event_and_message() {
    try (LogCapture log = LogCapture.of(Level.WARN);
        HeapExecutor<HeapHandle> executor = BareHeaps.executor().listener(listener).build()) {
      ListenableFuture<Integer> first = executor.submit(CALL, heap -> heap.malloc(8));
      ListenableFuture<Integer> second =
          executor.submit(
              CALL,
              heap -> {
                heap.free(4);
                return 1;
              });

      CallException failure = failureOf(second);

      assertEquals(1, HeapExecutor.callNumber(first));
      assertEquals(2, HeapExecutor.callNumber(second));
      assertEquals(2, reports.get(1).call());
      assertEquals(2L, LogCapture.values(log.events("heap.poisoned").get(0)).get("call"));
      assertTrue(String.valueOf(failure.getMessage()).startsWith("call 2 'call'"));
      assertThrows(
          IllegalArgumentException.class,
          () -> HeapExecutor.callNumber(Futures.immediateFuture("of no call")));
      assertNull(MDC.get("block"));
    }
  }
}
