package org.wasmheap.pool;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.wasmheap.pool.CallOptions.CallClass.AUTHORING;
import static org.wasmheap.pool.CallOptions.CallClass.BLOCK_IMPORT;
import static org.wasmheap.pool.CallOptions.CallClass.OFF_CHAIN;
import static org.wasmheap.testkit.Calls.CALL;
import static org.wasmheap.testkit.Calls.failureOf;
import static org.wasmheap.testkit.Calls.waiting;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import com.google.common.util.concurrent.ListenableFuture;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.pool.CallOptions.CallClass;
import org.wasmheap.testkit.BareHeaps;
import org.wasmheap.testkit.LogCapture;

/** What the log hears when calls find no room, on a clock of the test's own. */
@Timeout(60)
class RejectionLogTest {
  private static final long WAIT = MILLISECONDS.toNanos(70);

  /** Near the end of what a long holds, so that the clock runs over in the middle of the tests. */
  private final AtomicLong clock = new AtomicLong(Long.MAX_VALUE - SECONDS.toNanos(5));

  private final RejectionLog rejections = new RejectionLog("import", clock::get);
  private final LogCapture log = LogCapture.of(Level.WARN);

  @AfterEach
  void close() {
    log.close();
  }

  private void reject(CallClass callClass, int waiting, int running) {
    rejections.rejected(
        callClass, new CallQueue.Refusal(CallQueue.Phase.OPEN, waiting, running, WAIT));
  }

  private void pass(long seconds) {
    clock.addAndGet(SECONDS.toNanos(seconds));
  }

  private List<Map<String, Object>> told() {
    return log.events("pool.exhausted").stream().map(LogCapture::values).toList();
  }

  @Test
  void the_first_rejection_must_be_told_at_once_with_what_was_in_its_way() {
    // when
    reject(OFF_CHAIN, 4, 2);

    // then
    List<ILoggingEvent> events = log.events("pool.exhausted");
    assertEquals(1, events.size());
    assertEquals(Level.WARN, events.get(0).getLevel());
    assertEquals(
        Map.of(
            "pool", "import",
            "rejected", 1L,
            "rejected.block_import", 0L,
            "rejected.authoring", 0L,
            "rejected.off_chain", 1L,
            "sinceMillis", 0L,
            "waiting", 4,
            "running", 2,
            "longestWaitMillis", 70L),
        told().get(0));
  }

  @Test
  void within_the_interval_nothing_more_must_be_told_and_nothing_lost() {
    // given one that was told
    reject(OFF_CHAIN, 4, 2);

    // when more come within the interval, and one after it
    pass(2);
    reject(OFF_CHAIN, 4, 1);
    reject(AUTHORING, 9, 2);
    pass(7);
    reject(OFF_CHAIN, 3, 1);
    assertEquals(1, told().size());
    pass(1);
    reject(BLOCK_IMPORT, 1, 1);

    // then one event has them all, with the largest figures that they met
    assertEquals(2, told().size());
    assertEquals(
        Map.of(
            "pool", "import",
            "rejected", 4L,
            "rejected.block_import", 1L,
            "rejected.authoring", 1L,
            "rejected.off_chain", 2L,
            "sinceMillis", 8_000L,
            "waiting", 9,
            "running", 2,
            "longestWaitMillis", 70L),
        told().get(1));
  }

  @Test
  void a_second_interval_must_begin_with_the_second_event() {
    reject(OFF_CHAIN, 4, 2);
    pass(15);
    reject(OFF_CHAIN, 4, 2);
    pass(9);

    reject(OFF_CHAIN, 4, 2);

    assertEquals(2, told().size());
  }

  @Test
  void when_no_more_calls_are_rejected_the_watchdog_must_tell_the_rest_when_it_is_due() {
    // given two that were not told
    reject(OFF_CHAIN, 4, 2);
    pass(1);
    reject(OFF_CHAIN, 4, 2);
    reject(OFF_CHAIN, 4, 2);

    // when it looks, too early, in time, and once more
    rejections.tellIfDue();
    assertEquals(1, told().size());
    pass(9);
    rejections.tellIfDue();
    pass(20);
    rejections.tellIfDue();

    // then
    assertEquals(2, told().size());
    assertEquals(2L, told().get(1).get("rejected"));
    assertEquals(9_000L, told().get(1).get("sinceMillis"));
  }

  @Test
  void where_the_level_is_off_nothing_must_be_told_later_either() {
    try (LogCapture errors = LogCapture.of(Level.ERROR)) {
      reject(OFF_CHAIN, 4, 2);
      reject(OFF_CHAIN, 4, 2);
      assertEquals(List.of(), errors.events("pool.exhausted"));
    }

    rejections.tellRest();

    assertEquals(List.of(), told());
  }

  @Test
  void an_executor_must_tell_of_its_first_rejection_at_once_and_of_the_rest_at_its_end()
      throws Exception {
    CountDownLatch started = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    try (HeapExecutor<HeapHandle> executor = BareHeaps.executor().queueCapacity(1).build()) {
      // given a worker that is busy, and no room
      ListenableFuture<String> runs = executor.submit(CALL, waiting(started, go));
      assertTrue(started.await(30, SECONDS));
      ListenableFuture<Integer> fits = executor.submit(CALL, heap -> 1);

      // when
      for (int i = 0; i < 3; i++) {
        assertEquals(FailureKind.REJECTED, failureOf(executor.submit(CALL, heap -> 1)).kind());
      }

      // then
      assertEquals("test", told().get(0).get("pool"));
      assertEquals(1L, told().get(0).get("rejected"));
      assertEquals(1, told().get(0).get("waiting"));
      assertEquals(1, told().get(0).get("running"));
      go.countDown();
      assertEquals("done", runs.get(30, SECONDS));
      assertEquals(1, fits.get(30, SECONDS));
    }
    long all = told().stream().mapToLong(event -> (long) event.get("rejected.off_chain")).sum();
    assertEquals(3, all);
  }
}
