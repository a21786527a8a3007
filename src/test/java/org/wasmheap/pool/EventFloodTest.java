package org.wasmheap.pool;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.wasmheap.testkit.Calls.CALL;
import static org.wasmheap.testkit.Calls.failureOf;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import com.google.common.util.concurrent.ListenableFuture;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.heap.HeapView;
import org.wasmheap.testkit.BareHeaps;
import org.wasmheap.testkit.Calls;
import org.wasmheap.testkit.LogCapture;

/** However often guests make calls fail, the log has a few lines, and none is uncounted. */
@Timeout(120)
class EventFloodTest {
  private static final int CALLS = 20_000;
  private static final int FEW = 3_000;
  private static final Pattern LEFT_OUT = Pattern.compile("([A-Za-z_.]+): (\\d+)");

  /** What a guest does, and the events that tell of it. */
  private enum Misdeed {
    TRAP("call.failed", CALLS) {
      @Override
      int run(HeapHandle heap) {
        throw new CallException(FailureKind.TRAP, "unreachable", null);
      }
    },
    RESULT_OUT_OF_BOUNDS("call.failed", FEW) {
      @Override
      int run(HeapHandle heap) {
        throw new CallException(FailureKind.RESULT_OUT_OF_BOUNDS, "a result at 4 GiB", null);
      }
    },
    POISON("heap.poisoned", CALLS) {
      @Override
      int run(HeapHandle heap) {
        heap.free(0);
        return 0;
      }
    },
    REFUSED_GROWTH("heap.aborted", FEW) {
      @Override
      int run(HeapHandle heap) {
        return heap.growMemory(1);
      }
    },
    HOST_FUNCTION("heap.aborted", FEW) {
      @Override
      int run(HeapHandle heap) {
        throw new IllegalStateException("no such key");
      }
    };

    private final String event;
    private final int calls;

    Misdeed(String event, int calls) {
      this.event = event;
      this.calls = calls;
    }

    abstract int run(HeapHandle heap);
  }

  @ParameterizedTest
  @EnumSource
  void calls_that_fail_write_a_few_dozen_lines_and_all_are_accounted_for(Misdeed misdeed)
      throws Exception {
    try (LogCapture log = LogCapture.of(Level.INFO)) {
      // when
      long began = System.nanoTime();
      long replaced;
      try (HeapExecutor<HeapHandle> executor =
          BareHeaps.executor().growthPolicy((heap, from, to, cause) -> false).build()) {
        for (int i = 0; i < misdeed.calls; i++) {
          failureOf(executor.submit(CALL, misdeed::run));
        }
        executor.shutdown(Duration.ofSeconds(30));
        replaced = executor.statistics().replaced();
      }
      long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - began) + 1;

      // then each kind: five, three a second; and what nothing told, once in ten seconds
      int most = (int) (2 * (5 + 3 * seconds) + seconds / 10 + 2);
      int written = ours(log).size();
      assertTrue(written <= most, () -> written + " lines in " + seconds + " s");
      assertEquals(
          Map.of(misdeed.event, (long) misdeed.calls, "heap.replaced", replaced), happened(log));
    }
  }

  @Test
  void what_was_left_out_is_told_while_the_executor_lives_and_is_idle() {
    try (LogCapture log = LogCapture.of(Level.INFO);
        HeapExecutor<HeapHandle> executor = BareHeaps.executor().build()) {
      // when
      for (int i = 0; i < FEW; i++) {
        failureOf(executor.submit(CALL, Misdeed.HOST_FUNCTION::run));
      }

      // then, in ten seconds
      await()
          .atMost(Duration.ofSeconds(40))
          .untilAsserted(
              () ->
                  assertEquals(
                      Map.of(
                          Misdeed.HOST_FUNCTION.event,
                          (long) FEW,
                          "heap.replaced",
                          executor.statistics().replaced()),
                      happened(log)));
    }
  }

  /** A pool tells of its own events; what the JVM does once does not count here. */
  private static List<ILoggingEvent> ours(LogCapture log) {
    return log.allEvents().stream()
        .filter(event -> "test".equals(LogCapture.values(event).get("pool")))
        .toList();
  }

  /** By name: events that were written, and those that these say were left out. */
  private static Map<String, Long> happened(LogCapture log) {
    Map<String, Long> happened = new TreeMap<>();
    for (ILoggingEvent event : ours(log)) {
      Map<String, Object> values = LogCapture.values(event);
      String name = String.valueOf(LogCapture.nameOf(event));
      if (name.equals("events.suppressed")) {
        Matcher each = LEFT_OUT.matcher(String.valueOf(values.get("of")));
        while (each.find()) {
          happened.merge(each.group(1), Long.valueOf(each.group(2)), Long::sum);
        }
      } else {
        long leftOut = (long) values.getOrDefault("suppressed", 0L);
        happened.merge(name, 1 + leftOut, Long::sum);
      }
    }
    return happened;
  }

  @Test
  void a_trap_is_told_with_its_call_in_one_line() throws Exception {
    try (LogCapture log = LogCapture.of(Level.WARN);
        HeapExecutor<HeapHandle> executor = BareHeaps.executor().build()) {
      // when
      failureOf(
          executor.submit(
              CallOptions.named("Core_\nversion").withClass(CallOptions.CallClass.AUTHORING),
              heap -> {
                throw new CallException(FailureKind.TRAP, "unreachable\u202e\r\n", null);
              }));

      // then
      List<ILoggingEvent> events = log.events("call.failed");
      assertEquals(1, events.size());
      assertEquals(Level.WARN, events.get(0).getLevel());
      Map<String, Object> values = new TreeMap<>(LogCapture.values(events.get(0)));
      // Twice escaped: as an exception's message, and as a value of a log event.
      String cause = String.valueOf(values.remove("cause"));
      assertTrue(cause.contains("unreachable\\\\u{202e}\\\\r\\\\n"), cause);
      assertEquals(
          Map.of(
              "pool", "test",
              "heap", "test/1",
              "generation", 1L,
              "call", 1L,
              "callName", "Core_\\nversion",
              "callClass", "authoring",
              "kind", "trap"),
          values);
      assertEquals(List.of(), log.events("heap.aborted"));
      assertEquals(List.of(), log.events("heap.poisoned"));
    }
  }

  @Test
  void a_call_that_fails_with_an_inner_poison_is_told_and_so_is_one_nested_too_deep()
      throws Exception {
    try (LogCapture log = LogCapture.of(Level.WARN);
        HeapExecutor<HeapHandle> executor = BareHeaps.executor().maxDepth(1).build()) {
      // when
      failureOf(
          executor.submit(
              CallOptions.named("outer"),
              heap ->
                  executor.call(
                      CallOptions.named("inner"),
                      own -> {
                        own.free(0);
                        return 1;
                      })));

      // then the inner heap was poisoned, and the outer call has no other event
      assertEquals(1, log.events("heap.poisoned").size());
      assertEquals(1, log.events("call.failed").size());
      Map<String, Object> outer = LogCapture.values(log.events("call.failed").get(0));
      assertEquals("outer", outer.get("callName"));
      assertEquals("allocator_fault", outer.get("kind"));

      // and when one goes too deep
      executor.call(CALL, heap -> executor.call(CALL, own -> tooDeep(executor)));
      Map<String, Object> deep = LogCapture.values(log.events("call.failed").get(1));
      assertEquals("too deep", deep.get("callName"));
      assertEquals("nested_too_deep", deep.get("kind"));
      assertEquals(null, deep.get("heap"));
    }
  }

  private static String tooDeep(HeapExecutor<HeapHandle> executor) {
    return failureOf(executor.submit(CallOptions.named("too deep"), heap -> 1)).kind().label();
  }

  @Test
  void calls_whose_deadline_passes_in_the_queue_are_told() throws Exception {
    CountDownLatch started = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    try (LogCapture log = LogCapture.of(Level.WARN);
        HeapExecutor<HeapHandle> executor = BareHeaps.executor().build()) {
      ListenableFuture<String> runs = executor.submit(CALL, Calls.waiting(started, go));
      assertTrue(started.await(30, TimeUnit.SECONDS));

      // when
      CallException failure =
          failureOf(
              executor.submit(
                  CallOptions.named("late").withDeadline(Duration.ofMillis(20)), heap -> 1));

      // then
      assertEquals(FailureKind.DEADLINE, failure.kind());
      await().until(() -> !log.events("call.failed").isEmpty());
      Map<String, Object> late = LogCapture.values(log.events("call.failed").get(0));
      assertEquals("late", late.get("callName"));
      assertEquals("deadline", late.get("kind"));
      go.countDown();
      assertEquals("done", runs.get(30, TimeUnit.SECONDS));
    }
  }

  @Test
  void a_listener_that_always_fails_writes_a_few_lines_too() throws Exception {
    PoolListener fails =
        new PoolListener() {
          @Override
          public void callCompleted(CallReport report) {
            throw new IllegalStateException("a listener fails");
          }

          @Override
          public void reset(HeapView heap, int blocksRestored) {
            throw new IllegalStateException("a hook fails");
          }
        };
    try (LogCapture log = LogCapture.of(Level.INFO)) {
      try (HeapExecutor<HeapHandle> executor = BareHeaps.executor().listener(fails).build()) {
        for (int i = 0; i < FEW; i++) {
          executor.call(CALL, heap -> 1);
        }
      }

      long written = log.events("hook.failed").size();
      long leftOut =
          log.events("hook.failed").stream()
              .mapToLong(each -> (long) LogCapture.values(each).getOrDefault("suppressed", 0L))
              .sum();
      Map<String, Long> rest = happened(log);
      long untold =
          rest.getOrDefault("hook.failed.reset", 0L)
              + rest.getOrDefault("hook.failed.callCompleted", 0L);
      assertEquals(2L * FEW, written + leftOut + untold);
      assertTrue(written < 200, () -> written + " lines");
    }
  }
}
