package org.wasmheap.pool;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.wasmheap.testkit.Calls.CALL;
import static org.wasmheap.testkit.Calls.failureOf;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.common.util.concurrent.Uninterruptibles;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.guest.GuestCall;
import org.wasmheap.testkit.BareHeaps;
import org.wasmheap.testkit.CuedListener;
import org.wasmheap.testkit.FailureRow;
import org.wasmheap.testkit.Misdeed;
import org.wasmheap.testkit.Misdeeds;
import org.wasmheap.testkit.ScriptedFactory;
import org.wasmheap.testkit.Stage;

/**
 * Every row of the table of failures, as the callers of an executor observe it: what the future
 * gets, what becomes of the instance, and that the next call is pristine, right and undisturbed.
 */
@Timeout(60)
abstract class FailureTable<G> {
  private static final Duration SOON = Duration.ofMillis(50);
  private static final Duration LONG = Duration.ofSeconds(30);

  private final Stage<G> stage;
  private final Misdeeds<G> misdeeds;
  private final ScriptedFactory<G> factory;
  private final CuedListener listener = new CuedListener();
  private final CountDownLatch go = new CountDownLatch(1);
  private HeapExecutor<G> executor;

  FailureTable(Stage<G> stage) {
    this.stage = stage;
    this.misdeeds = new Misdeeds<>(stage);
    this.factory = new ScriptedFactory<>(stage.factory());
  }

  @BeforeEach
  void start() throws InterruptedException {
    executor = executor().build();
    assertTrue(executor.awaitReady(LONG).isReady());
  }

  private HeapExecutor.Builder<G> executor() {
    return BareHeaps.executor(factory)
        .stackBytes(1 << 20)
        .grace(Duration.ofSeconds(5))
        .maxDepth(1)
        .verifyResets(true)
        .listener(listener)
        .growthPolicy(listener);
  }

  private void restart(HeapExecutor.Builder<G> builder) throws InterruptedException {
    executor.close();
    executor = builder.build();
    assertTrue(executor.awaitReady(LONG).isReady());
  }

  @AfterEach
  void shut_down() {
    factory.release();
    go.countDown();
    assertEquals(0, executor.shutdown(LONG).threadsLeft());
    assertEquals(listener.created(), listener.retired(), "heaps made and retired");
    assertEquals(0, listener.disturbed(), "hooks on a thread that was interrupted");
  }

  private String heapName() throws InterruptedException {
    return executor.call(CALL, guest -> stage.heap(guest).heapName());
  }

  /** Work that occupies the worker until the test lets it go, also if it is interrupted. */
  private GuestCall<G, String> occupying(CountDownLatch started) {
    return guest -> {
      started.countDown();
      assertTrue(Uninterruptibles.awaitUninterruptibly(go, 30, SECONDS));
      return "done";
    };
  }

  private ListenableFuture<String> occupy() throws InterruptedException {
    CountDownLatch started = new CountDownLatch(1);
    ListenableFuture<String> running = executor.submit(CALL, occupying(started));
    assertTrue(started.await(30, SECONDS));
    return running;
  }

  private static void assertEnded(FailureRow row, CallException failure) {
    assertEquals(row.kind(), failure.kind());
    assertEquals(row.isDeterministic(), failure.isDeterministic());
    String message = String.valueOf(failure.getMessage());
    assertTrue(message.contains(row.advice()), message);
  }

  /** All capacity is there, and a call finds nothing of those before it. */
  private void assertNextCallRight() throws Exception {
    assertTrue(executor.awaitReady(LONG).isReady());
    assertEquals(1, executor.statistics().workers());
    String found =
        executor.call(
            CALL, guest -> Thread.currentThread().isInterrupted() + " " + stage.probe(guest));
    assertEquals("false " + stage.pristine(), found);
  }

  @ParameterizedTest
  @EnumSource(Misdeed.class)
  void what_a_call_does_must_end_as_its_row_says(Misdeed deed) throws Exception {
    // given a call before it, and a name for the heap
    executor.call(CALL, misdeeds.of(Misdeed.NONE));
    String heap = heapName();
    long generation = executor.call(CALL, guest -> stage.heap(guest).generation());

    // when
    ListenableFuture<String> future = executor.submit(deed.options(), misdeeds.of(deed));

    // then
    FailureRow row = deed.row();
    if (row.kind() == null) {
      assertEquals(stage.pristine(), future.get(30, SECONDS));
    } else {
      CallException failure = failureOf(future);
      assertEnded(row, failure);
      String where =
          "'" + deed.label() + "' on heap " + heap + " (generation " + (generation + 1) + ")";
      String message = String.valueOf(failure.getMessage());
      assertTrue(message.contains(where + " failed: " + row.kind().label()), message);
      assertTrue(failure.getCause() != null, message);
    }
    assertEquals(row.kind(), listener.lastReport().failure());
    assertEquals(deed.label(), listener.lastReport().name());
    assertNextCallRight();
    assertEquals(row.isReplaced(), !heap.equals(heapName()));
    ExecutorStatistics after = executor.statistics();
    assertEquals(row.isReplaced() ? 1 : 0, after.replaced());
    assertEquals(row == FailureRow.ALLOCATOR ? 1 : 0, after.poisoned());
    assertEquals(row.kind() == null ? 0 : 1, after.failed());
    assertEquals(1, after.instances());
  }

  @Test
  void an_instance_that_cannot_be_put_back_must_be_replaced_and_the_result_stand()
      throws Exception {
    factory.failToClose(1);

    String result = executor.call(CALL, misdeeds.of(Misdeed.NONE));

    assertEquals(stage.pristine(), result);
    assertNull(listener.lastReport().failure());
    assertNextCallRight();
    assertEquals(1, executor.statistics().replaced());
  }

  @Test
  void an_instance_that_cannot_be_opened_must_fail_its_call_and_be_replaced() throws Exception {
    factory.failToOpen(1);

    CallException failure = failureOf(executor.submit(CALL, stage::probe));

    assertEnded(FailureRow.CODE, failure);
    assertNextCallRight();
    assertEquals(1, executor.statistics().replaced());
  }

  @Test
  void a_thread_that_does_not_come_back_must_be_replaced_with_its_instance() throws Exception {
    restart(executor().grace(SOON));
    String heap = heapName();

    CallException failure =
        failureOf(
            executor.submit(CALL.withDeadline(Misdeed.SHORT), occupying(new CountDownLatch(1))));

    assertEnded(FailureRow.ABANDONED, failure);
    assertNextCallRight();
    assertFalse(heap.equals(heapName()));
    assertEquals(1, executor.statistics().abandonedThreads());
    go.countDown();
    await().untilAsserted(() -> assertEquals(0, executor.statistics().abandonedThreads()));
    assertNextCallRight();
  }

  @Test
  void a_deadline_in_the_queue_must_leave_the_instance_untouched() throws Exception {
    String heap = heapName();
    ListenableFuture<String> running = occupy();
    AtomicInteger ran = new AtomicInteger();

    CallException failure =
        failureOf(executor.submit(CALL.withDeadline(SOON), guest -> ran.incrementAndGet()));

    assertEnded(FailureRow.LATE_IN_QUEUE, failure);
    assertTrue(String.valueOf(failure.getMessage()).contains("'call'"));
    go.countDown();
    assertEquals("done", running.get(30, SECONDS));
    assertNextCallRight();
    assertEquals(heap, heapName());
    assertEquals(0, ran.get());
  }

  @Test
  void a_factory_that_hangs_must_hold_a_call_until_its_deadline_only() throws Exception {
    // given an instance that was lost, and no other to be had
    factory.hang();
    failureOf(executor.submit(CALL, misdeeds.of(Misdeed.READ_OUTSIDE)));
    await().until(() -> factory.hanging() == 1);

    // when
    CallException failure = failureOf(executor.submit(CALL.withDeadline(SOON), stage::probe));

    // then
    assertEnded(FailureRow.NO_INSTANCE, failure);
    assertFalse(executor.awaitReady(SOON).isReady());
    assertEquals(0, executor.statistics().instances());
    factory.release();
    assertNextCallRight();
    assertEquals(1, executor.statistics().replaced());
  }

  @Test
  void a_factory_that_fails_must_be_asked_again_until_capacity_is_back() throws Exception {
    // given
    int before = factory.attempts();
    factory.failNext(3);
    failureOf(executor.submit(CALL, misdeeds.of(Misdeed.READ_OUTSIDE)));

    // when a call waits for the instance
    String found = executor.call(CALL, misdeeds.of(Misdeed.NONE));

    // then
    assertEquals(stage.pristine(), found);
    assertEquals(4, factory.attempts() - before);
    assertNextCallRight();
  }

  @Test
  void a_call_that_is_cancelled_while_it_runs_must_cost_its_instance() throws Exception {
    String heap = heapName();
    CountDownLatch started = new CountDownLatch(1);
    ListenableFuture<String> future =
        executor.submit(
            CALL,
            guest -> {
              started.countDown();
              return misdeeds.of(Misdeed.ENDLESS_LOOP).run(guest);
            });
    assertTrue(started.await(30, SECONDS));

    assertTrue(future.cancel(true));

    assertNextCallRight();
    assertFalse(heap.equals(heapName()));
    assertEquals(1, executor.statistics().cancelled());
    assertEquals(1, executor.statistics().replaced());
    assertEquals(0, executor.statistics().failed());
  }

  @Test
  void a_call_that_is_cancelled_in_the_queue_must_leave_the_instance_untouched() throws Exception {
    String heap = heapName();
    ListenableFuture<String> running = occupy();
    AtomicInteger ran = new AtomicInteger();
    ListenableFuture<Integer> waiting = executor.submit(CALL, guest -> ran.incrementAndGet());

    assertTrue(waiting.cancel(true));

    assertEquals(0, executor.statistics().queued());
    go.countDown();
    assertEquals("done", running.get(30, SECONDS));
    assertNextCallRight();
    assertEquals(heap, heapName());
    assertEquals(0, ran.get());
  }

  @Test
  void a_call_that_finds_no_room_must_be_rejected_and_those_before_it_end() throws Exception {
    restart(executor().queueCapacity(1));
    ListenableFuture<String> running = occupy();
    ListenableFuture<String> waiting = executor.submit(CALL, stage::probe);

    CallException failure = failureOf(executor.submit(CALL, stage::probe));

    assertEnded(FailureRow.FULL, failure);
    assertTrue(String.valueOf(failure.getMessage()).contains("'call' to test"));
    go.countDown();
    assertEquals("done", running.get(30, SECONDS));
    assertEquals(stage.pristine(), waiting.get(30, SECONDS));
    assertNextCallRight();
    assertEquals(0, executor.statistics().replaced());
  }

  @Test
  void a_call_too_deep_must_be_rejected_and_those_above_it_be_right() throws Exception {
    // when a call makes a call that makes a third
    String found =
        executor.call(
            CALL,
            outer -> {
              String inner =
                  executor.call(
                      CALL,
                      guest -> {
                        assertEnded(
                            FailureRow.DEEP, failureOf(executor.submit(CALL, stage::probe)));
                        return stage.probe(guest);
                      });
              return inner + ", " + stage.probe(outer);
            });

    // then
    assertEquals(stage.pristine() + ", " + stage.pristine(), found);
    assertNextCallRight();
    assertEquals(0, executor.statistics().replaced());
    assertEquals(1, executor.statistics().rejected());
  }

  @Test
  void a_nested_call_that_fails_must_cost_no_instance_but_its_own() throws Exception {
    String heap = heapName();

    String found =
        executor.call(
            CALL,
            outer -> {
              CallException failure =
                  failureOf(executor.submit(CALL, misdeeds.of(Misdeed.READ_OUTSIDE)));
              return failure.kind() + " " + stage.probe(outer);
            });

    assertEquals(FailureKind.TRAP + " " + stage.pristine(), found);
    assertNextCallRight();
    assertEquals(heap, heapName());
  }

  @Test
  void shutdown_must_fail_what_it_cuts_off_and_refuse_what_comes_later() throws Exception {
    CountDownLatch started = new CountDownLatch(1);
    ListenableFuture<String> running =
        executor.submit(
            CALL,
            guest -> {
              started.countDown();
              return misdeeds.of(Misdeed.ENDLESS_LOOP).run(guest);
            });
    assertTrue(started.await(30, SECONDS));
    ListenableFuture<String> waiting = executor.submit(CALL, stage::probe);

    ExecutorStatistics.ShutdownAccount account = executor.shutdown(SOON);

    assertEquals(FailureRow.SHUT.kind(), failureOf(running).kind());
    assertEnded(FailureRow.SHUT, failureOf(waiting));
    assertEnded(FailureRow.SHUT, failureOf(executor.submit(CALL, stage::probe)));
    assertEquals(2, account.cutOff());
    assertEquals(0, account.total().instances());
  }
}
