package org.wasmheap.pool;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.wasmheap.pool.CallOptions.CallClass.AUTHORING;
import static org.wasmheap.pool.CallOptions.CallClass.BLOCK_IMPORT;
import static org.wasmheap.pool.CallOptions.CallClass.OFF_CHAIN;
import static org.wasmheap.testkit.Calls.CALL;
import static org.wasmheap.testkit.Calls.failureOf;
import static org.wasmheap.testkit.Calls.waiting;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.common.util.concurrent.MoreExecutors;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.pool.CallOptions.CallClass;
import org.wasmheap.testkit.BareHeaps;

/** Which call goes first, and who may wait. */
@Timeout(60)
class CallClassesTest {
  private final CountDownLatch started = new CountDownLatch(1);
  private final CountDownLatch go = new CountDownLatch(1);
  private final List<String> order = new CopyOnWriteArrayList<>();
  private final List<ListenableFuture<?>> submitted = new ArrayList<>();

  private void occupy(HeapExecutor<HeapHandle> executor) throws InterruptedException {
    submitted.add(executor.submit(CALL, waiting(started, go)));
    assertTrue(started.await(30, SECONDS));
  }

  private void submit(HeapExecutor<HeapHandle> executor, String name, CallClass callClass) {
    submitted.add(
        executor.submit(CallOptions.named(name).withClass(callClass), heap -> order.add(name)));
  }

  private void runAll() throws Exception {
    go.countDown();
    for (ListenableFuture<?> each : submitted) {
      each.get(30, SECONDS);
    }
  }

  @Test
  void the_more_urgent_class_must_go_first_and_each_class_in_its_order() throws Exception {
    try (HeapExecutor<HeapHandle> executor =
        BareHeaps.executor().ageing(Duration.ofDays(1)).build()) {
      // given a worker that is busy
      occupy(executor);

      // when
      submit(executor, "query 1", OFF_CHAIN);
      submit(executor, "author 1", AUTHORING);
      submit(executor, "query 2", OFF_CHAIN);
      submit(executor, "import 1", BLOCK_IMPORT);
      submit(executor, "author 2", AUTHORING);
      submit(executor, "import 2", BLOCK_IMPORT);
      runAll();

      // then
      assertEquals(
          List.of("import 1", "import 2", "author 1", "author 2", "query 1", "query 2"), order);
    }
  }

  @Test
  void a_call_that_has_aged_must_go_after_three_more_urgent_ones_at_the_latest() throws Exception {
    Duration ageing = Duration.ofMillis(100);
    try (HeapExecutor<HeapHandle> executor = executor(ageing)) {
      // given two calls that have waited long enough
      occupy(executor);
      submit(executor, "query 1", OFF_CHAIN);
      submit(executor, "query 2", OFF_CHAIN);
      long since = System.nanoTime();
      await().until(() -> System.nanoTime() - since > ageing.toNanos());

      // when
      for (int number = 1; number <= 7; number++) {
        submit(executor, "import " + number, BLOCK_IMPORT);
      }
      runAll();

      // then
      assertEquals(
          List.of(
              "import 1",
              "import 2",
              "import 3",
              "query 1",
              "import 4",
              "import 5",
              "import 6",
              "query 2",
              "import 7"),
          order);
    }
  }

  @Test
  void of_those_that_have_aged_the_oldest_must_have_the_fourth_place() throws Exception {
    try (HeapExecutor<HeapHandle> executor = executor(Duration.ofNanos(1))) {
      occupy(executor);

      submit(executor, "query", OFF_CHAIN);
      for (int number = 1; number <= 3; number++) {
        submit(executor, "author " + number, AUTHORING);
        submit(executor, "import " + number, BLOCK_IMPORT);
      }
      submit(executor, "import 4", BLOCK_IMPORT);
      runAll();

      // The call that has waited longest is due for its place; by class each has had its own.
      assertEquals(
          List.of(
              "import 1",
              "import 2",
              "import 3",
              "query",
              "import 4",
              "author 1",
              "author 2",
              "author 3"),
          order);
    }
  }

  @Test
  void a_call_that_waited_longest_and_goes_by_class_must_leave_the_next_three_to_their_classes()
      throws Exception {
    try (HeapExecutor<HeapHandle> executor = executor(Duration.ofNanos(1))) {
      // given an import that is older than all others
      occupy(executor);
      submit(executor, "import 1", BLOCK_IMPORT);
      submit(executor, "query 1", OFF_CHAIN);

      // when
      for (int number = 2; number <= 5; number++) {
        submit(executor, "import " + number, BLOCK_IMPORT);
      }
      runAll();

      // then
      assertEquals(
          List.of("import 1", "import 2", "import 3", "import 4", "query 1", "import 5"), order);
    }
  }

  @Test
  void no_call_must_wait_for_ever_however_many_more_urgent_ones_come() throws Exception {
    try (HeapExecutor<HeapHandle> executor = executor(Duration.ofNanos(1))) {
      // given a class that is never empty
      occupy(executor);
      submit(executor, "query", OFF_CHAIN);
      submit(executor, "author", AUTHORING);
      CountDownLatch bothRan = new CountDownLatch(2);
      submitted.get(1).addListener(bothRan::countDown, MoreExecutors.directExecutor());
      submitted.get(2).addListener(bothRan::countDown, MoreExecutors.directExecutor());
      for (int number = 0; number < 2; number++) {
        submitAgainAndAgain(executor, bothRan);
      }

      // when
      runAll();

      // then
      assertTrue(bothRan.await(30, SECONDS));
    }
  }

  /** An import behind which the next one comes when it ends, until the others have run. */
  private static void submitAgainAndAgain(
      HeapExecutor<HeapHandle> executor, CountDownLatch bothRan) {
    executor
        .submit(CALL.withClass(BLOCK_IMPORT), heap -> 1)
        .addListener(
            () -> {
              if (bothRan.getCount() > 0) {
                submitAgainAndAgain(executor, bothRan);
              }
            },
            MoreExecutors.directExecutor());
  }

  private static HeapExecutor<HeapHandle> executor(Duration ageing) {
    return BareHeaps.executor().queueCapacity(10).ageing(ageing).build();
  }

  @Test
  void a_class_that_is_full_must_reject_with_its_counts_and_leave_the_others_their_places()
      throws Exception {
    try (HeapExecutor<HeapHandle> executor =
        BareHeaps.executor().queueCapacity(OFF_CHAIN, 2).queueCapacity(BLOCK_IMPORT, 1).build()) {
      // given
      occupy(executor);
      submit(executor, "query 1", OFF_CHAIN);
      submit(executor, "query 2", OFF_CHAIN);

      // when
      ListenableFuture<Integer> third = executor.submit(CALL, heap -> 1);
      submit(executor, "import", BLOCK_IMPORT);
      ListenableFuture<Integer> import2 = executor.submit(CALL.withClass(BLOCK_IMPORT), heap -> 1);

      // then
      assertEquals(FailureKind.REJECTED, failureOf(third).kind());
      String message = String.valueOf(failureOf(third).getMessage());
      assertTrue(message.contains("2 off_chain calls wait, the oldest for "), message);
      assertTrue(message.contains("and 1 calls run"), message);
      assertEquals(FailureKind.REJECTED, failureOf(import2).kind());
      runAll();
      assertTrue(order.contains("import"));
      assertEquals(2, executor.statistics().rejected());
    }
  }

  @Test
  void cancelling_must_free_the_place_in_the_class_of_the_call() throws Exception {
    try (HeapExecutor<HeapHandle> executor = BareHeaps.executor().queueCapacity(1).build()) {
      occupy(executor);
      ListenableFuture<Integer> dropped = executor.submit(CALL.withClass(AUTHORING), heap -> 1);

      assertTrue(dropped.cancel(false));

      submit(executor, "author", AUTHORING);
      runAll();
      assertEquals(List.of("author"), order);
    }
  }

  @Test
  void settings_of_classes_must_be_checked() {
    HeapExecutor.Builder<HeapHandle> builder = BareHeaps.executor();

    IllegalArgumentException none =
        assertThrows(IllegalArgumentException.class, () -> builder.queueCapacity(AUTHORING, 0));
    IllegalArgumentException never =
        assertThrows(IllegalArgumentException.class, () -> builder.ageing(Duration.ZERO));

    assertEquals("queueCapacity is 0, must be 1 to 1048576", none.getMessage());
    assertEquals("ageing is PT0S, must be more than zero and at most PT720H", never.getMessage());
  }
}
