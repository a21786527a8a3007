package org.wasmheap.pool;

import static com.google.common.util.concurrent.MoreExecutors.directExecutor;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.wasmheap.testkit.Calls.CALL;
import static org.wasmheap.testkit.Calls.failureOf;

import com.google.common.util.concurrent.FutureCallback;
import com.google.common.util.concurrent.Futures;
import com.google.common.util.concurrent.ListenableFuture;
import com.google.common.util.concurrent.SettableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.heap.HeapView;
import org.wasmheap.pool.CallOptions.CallClass;
import org.wasmheap.testkit.BareHeaps;

/** What listeners and hooks submit, on the worker's thread, when their call has ended. */
@Timeout(120)
class SubmissionsOfListenersTest {
  private static final int LINKS = 100_000;
  private static final CallOptions IMPORT = CALL.withClass(CallClass.BLOCK_IMPORT);

  /** A chain of calls: a listener of each, on whichever thread ends it, submits the next. */
  private static final class Chain implements FutureCallback<Integer> {
    private final HeapExecutor<HeapHandle> executor;
    private final SettableFuture<Integer> end = SettableFuture.create();

    /** What its calls wait for: the first of them, as it stays open. */
    private final CountDownLatch go = new CountDownLatch(1);

    /** How many links have run. Each is written before the next is submitted. */
    private volatile int links;

    Chain(HeapExecutor<HeapHandle> executor) {
      this.executor = executor;
    }

    void next() {
      Futures.addCallback(executor.submit(CALL, this::link), this, directExecutor());
    }

    private int link(HeapHandle heap) throws InterruptedException {
      go.await();
      return heap.malloc(8);
    }

    @Override
    public void onSuccess(Integer pointer) {
      int done = links + 1;
      links = done;
      if (done < LINKS) {
        next();
      } else {
        end.set(pointer);
      }
    }

    @Override
    public void onFailure(Throwable thrown) {
      end.setException(thrown);
    }
  }

  @Test
  void a_chain_of_any_length_runs_to_its_end_and_lets_others_in_between() throws Exception {
    try (HeapExecutor<HeapHandle> executor = BareHeaps.executor().workers(1).build()) {
      // given a chain whose first call runs, and another one that waits
      Chain chain = new Chain(executor);
      chain.next();
      ListenableFuture<Integer> other = executor.submit(IMPORT, heap -> chain.links);
      // when
      chain.go.countDown();
      // then
      assertTrue(
          other.get(60, SECONDS) < LINKS, "the call of another class waited for the whole chain");
      assertEquals(BareHeaps.FIRST_POINTER, chain.end.get(60, SECONDS));
      assertEquals(LINKS, chain.links);
      assertEquals(0, executor.statistics().nested());
    }
  }

  @Test
  void what_a_listener_submits_finds_its_class_full_as_from_any_thread() throws Exception {
    try (HeapExecutor<HeapHandle> executor =
        BareHeaps.executor().workers(1).queueCapacity(1).build()) {
      // given a call that runs, and a place that is taken
      CountDownLatch go = new CountDownLatch(1);
      ListenableFuture<Boolean> first = executor.submit(CALL, heap -> go.await(30, SECONDS));
      await().until(() -> executor.statistics().running() == 1);
      ListenableFuture<Integer> waiting = executor.submit(CALL, heap -> heap.malloc(8));
      AtomicReference<ListenableFuture<Integer>> late = new AtomicReference<>();
      first.addListener(
          () -> late.set(executor.submit(CALL, heap -> heap.malloc(8))), directExecutor());
      // when
      go.countDown();
      // then
      assertEquals(BareHeaps.FIRST_POINTER, waiting.get(30, SECONDS));
      await().until(() -> late.get() != null);
      assertEquals(FailureKind.REJECTED, failureOf(late.get()).kind());
    }
  }

  @Test
  void a_listener_that_waits_for_its_call_does_not_wait_for_its_own_thread() throws Exception {
    try (HeapExecutor<HeapHandle> executor = BareHeaps.executor().workers(1).build()) {
      assertEquals(BareHeaps.FIRST_POINTER, answerOfAListener(executor));
      assertEquals(1, executor.statistics().nested());
    }
  }

  /** What a listener on the worker's thread gets from a call that it makes and waits for. */
  private static int answerOfAListener(HeapExecutor<HeapHandle> executor) throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    SettableFuture<Integer> answer = SettableFuture.create();
    executor
        .submit(CALL, heap -> go.await(30, SECONDS))
        .addListener(
            () -> answer.setFuture(Futures.submit(() -> callIn(executor), directExecutor())),
            directExecutor());
    go.countDown();
    return answer.get(30, SECONDS);
  }

  private static int callIn(HeapExecutor<HeapHandle> executor) throws InterruptedException {
    return executor.call(CALL, heap -> heap.malloc(8));
  }

  @Test
  void hooks_that_make_calls_of_calls_meet_a_limit_before_the_end_of_the_stack() throws Exception {
    // given a hook that answers each call with another, and waits for it
    AtomicReference<HeapExecutor<HeapHandle>> pool = new AtomicReference<>();
    AtomicInteger told = new AtomicInteger();
    AtomicReference<@Nullable CallException> refused = new AtomicReference<>();
    PoolListener answering =
        new PoolListener() {
          @Override
          public void callCompleted(CallReport report) {
            told.incrementAndGet();
            try {
              callIn(pool.get());
            } catch (CallException e) {
              refused.set(e);
            } catch (InterruptedException e) {
              throw new AssertionError(e);
            }
          }
        };
    try (HeapExecutor<HeapHandle> executor =
        BareHeaps.executor().workers(1).listener(answering).build()) {
      pool.set(executor);
      // when
      callIn(executor);
      // then
      CallException refusal = refused.get();
      assertNotNull(refusal);
      assertEquals(FailureKind.NESTED_TOO_DEEP, refusal.kind());
      assertEquals(128, told.get());
    }
  }

  @Test
  void a_listener_may_wait_for_a_call_where_calls_inside_calls_are_refused() throws Exception {
    try (HeapExecutor<HeapHandle> executor = BareHeaps.executor().workers(1).maxDepth(0).build()) {
      assertEquals(BareHeaps.FIRST_POINTER, answerOfAListener(executor));
    }
  }

  @Test
  void what_hooks_submit_queues() throws Exception {
    // given hooks that submit a call when they hear of an end, or of a reset
    AtomicReference<HeapExecutor<HeapHandle>> pool = new AtomicReference<>();
    SettableFuture<Integer> ofReset = SettableFuture.create();
    SettableFuture<Integer> ofCompletion = SettableFuture.create();
    PoolListener submitting =
        new PoolListener() {
          @Override
          public void reset(HeapView heap, int blocksRestored) {
            submit(ofReset);
          }

          @Override
          public void callCompleted(CallReport report) {
            submit(ofCompletion);
          }

          private void submit(SettableFuture<Integer> outcome) {
            if (!outcome.isDone()) {
              outcome.setFuture(pool.get().submit(CALL, heap -> heap.malloc(8)));
            }
          }
        };
    try (HeapExecutor<HeapHandle> executor =
        BareHeaps.executor().workers(1).listener(submitting).build()) {
      pool.set(executor);
      // when
      callIn(executor);
      // then
      assertEquals(BareHeaps.FIRST_POINTER, ofReset.get(30, SECONDS));
      assertEquals(BareHeaps.FIRST_POINTER, ofCompletion.get(30, SECONDS));
      assertEquals(0, executor.statistics().nested());
    }
  }

  @Test
  void a_call_that_warms_an_instance_up_may_wait_for_what_it_submits() throws Exception {
    try (HeapExecutor<HeapHandle> other = BareHeaps.executor().workers(1).build();
        HeapExecutor<HeapHandle> executor =
            BareHeaps.executor()
                .workers(1)
                .warmUp(heap -> other.submit(CALL, inner -> inner.malloc(8)).get(30, SECONDS))
                .build()) {
      assertEquals(BareHeaps.FIRST_POINTER, callIn(executor));
      assertEquals(1, other.statistics().nested());
    }
  }
}
