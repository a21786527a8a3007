package org.wasmheap.pool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.wasmheap.testkit.Calls.CALL;
import static org.wasmheap.testkit.Calls.failureOf;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.guest.GuestCall;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.heap.HeapView;
import org.wasmheap.testkit.BareHeaps;
import org.wasmheap.testkit.LogCapture;

/** What log and listeners hear when a heap takes the place of another. */
@Timeout(60)
class ReplacementEventsTest {
  private static final Duration LONG = Duration.ofSeconds(20);

  static Stream<Arguments> endings() {
    GuestCall<HeapHandle, Integer> poisons =
        heap -> {
          heap.free(0);
          return 1;
        };
    GuestCall<HeapHandle, Integer> traps =
        heap -> {
          throw new CallException(FailureKind.TRAP, "unreachable", null);
        };
    GuestCall<HeapHandle, Integer> fails =
        heap -> {
          throw new IllegalStateException("a host function failed");
        };
    return Stream.of(
        Arguments.of(FailureKind.ALLOCATOR_FAULT, poisons),
        Arguments.of(FailureKind.TRAP, traps),
        Arguments.of(FailureKind.HOST_FUNCTION, fails));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("endings")
  void a_replacement_must_be_told_with_its_reason_and_the_time_it_took(
      FailureKind reason, GuestCall<HeapHandle, Integer> call) throws Exception {
    List<PoolListener.Replacement> heard = new CopyOnWriteArrayList<>();
    PoolListener listener =
        new PoolListener() {
          @Override
          public void replaced(HeapView heap, Replacement replacement) {
            assertEquals(heap.name(), replacement.heap());
            assertEquals(HeapView.State.READY, heap.state());
            heard.add(replacement);
          }
        };
    try (LogCapture log = LogCapture.of(Level.INFO);
        HeapExecutor<HeapHandle> executor = BareHeaps.executor().listener(listener).build()) {
      // when
      failureOf(executor.submit(CALL, call));
      assertTrue(executor.awaitReady(LONG).isReady());
      executor.call(CALL, heap -> 1);

      // then
      assertEquals(1, heard.size());
      long nanos = heard.get(0).nanos();
      assertTrue(nanos > 0, () -> nanos + " ns");
      assertEquals(
          new PoolListener.Replacement(
              "test", "test/2", "test/1", PoolListener.Reason.FAILED, reason, nanos),
          heard.get(0));
      List<ILoggingEvent> events = log.events("heap.replaced");
      assertEquals(1, events.size());
      assertEquals(Level.INFO, events.get(0).getLevel());
      assertEquals(
          Map.of(
              "pool", "test",
              "heap", "test/2",
              "replaced", "test/1",
              "reason", reason.label(),
              "tookMicros", TimeUnit.NANOSECONDS.toMicros(nanos)),
          LogCapture.values(events.get(0)));
    }
  }

  @Test
  void a_heap_that_is_made_at_the_start_or_in_reserve_replaces_none() throws Exception {
    try (LogCapture log = LogCapture.of(Level.INFO);
        HeapExecutor<HeapHandle> executor = BareHeaps.executor().build()) {
      executor.call(CALL, outer -> executor.call(CALL, inner -> 1));

      assertEquals(2, executor.statistics().instances());
      assertEquals(List.of(), log.events("heap.replaced"));
    }
  }

  @Test
  void an_aborted_call_must_be_one_event_with_its_cause() throws Exception {
    try (LogCapture log = LogCapture.of(Level.INFO);
        HeapExecutor<HeapHandle> executor = BareHeaps.executor().build()) {
      failureOf(
          executor.submit(
              CallOptions.named("Core_version"),
              heap -> {
                throw new IllegalStateException("no such key");
              }));

      List<ILoggingEvent> events = log.events("heap.aborted");
      assertEquals(1, events.size());
      assertEquals(Level.WARN, events.get(0).getLevel());
      Map<String, Object> values = LogCapture.values(events.get(0));
      assertEquals(
          Set.of("pool", "heap", "generation", "call", "callName", "cause"), values.keySet());
      assertEquals("test/1", values.get("heap"));
      assertEquals("Core_version", values.get("callName"));
      assertTrue(String.valueOf(values.get("cause")).contains("no such key"), values::toString);
    }
  }
}
