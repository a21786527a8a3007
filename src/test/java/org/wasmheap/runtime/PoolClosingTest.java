package org.wasmheap.runtime;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.wasmheap.endive.LoadOptions;
import org.wasmheap.guest.CallException;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.testkit.HeldCalls;
import org.wasmheap.testkit.LogCapture;
import org.wasmheap.testkit.SampleVersions;

/** The end of runtimes and pools, when something is in its way. */
@Timeout(120)
class PoolClosingTest {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final HeapStrategy STRATEGY = HeapStrategy.ofStatic(8);
  private static final RuntimeCode ONE = SampleVersions.code(1);
  private static final RuntimeCode TWO = SampleVersions.code(2);

  private final ExecutorService callers = Executors.newCachedThreadPool();

  @AfterEach
  void noCallers() {
    callers.shutdownNow();
  }

  private static RuntimePool pool(int most) {
    return RuntimePool.builder(HeldCalls.hostFunctions())
        .mostRuntimes(most)
        .executors((runtime, executor) -> executor.workers(1))
        .build();
  }

  @Test
  void an_interrupted_thread_drops_no_end() throws Exception {
    for (int round = 0; round < 5; round++) {
      // given threads that end runtimes, and have nothing to do
      RuntimePool pool = pool(1);
      for (RuntimeCode each : List.of(ONE, TWO, ONE)) {
        pool.lease(each, STRATEGY, LIMIT).close();
      }
      await().until(() -> pool.totals().evicted() == 2);
      // when
      Thread.currentThread().interrupt();
      pool.shutdown(LIMIT);
      // then
      assertTrue(Thread.interrupted());
      await().until(() -> pool.executors().isEmpty());
    }
  }

  @Test
  void two_that_close_at_once_wait_for_the_same_end_and_no_error_is_told() throws Exception {
    try (LogCapture log = LogCapture.of(Level.ERROR)) {
      for (int round = 0; round < 5; round++) {
        // given two that are leased
        RuntimePool pool = pool(2);
        pool.lease(ONE, STRATEGY, LIMIT);
        pool.lease(TWO, STRATEGY, LIMIT);
        CyclicBarrier start = new CyclicBarrier(2);
        List<Future<Boolean>> closers = new ArrayList<>();
        // when
        for (int i = 0; i < 2; i++) {
          closers.add(
              callers.submit(
                  () -> {
                    start.await();
                    return pool.shutdown(LIMIT) && pool.executors().isEmpty();
                  }));
        }
        // then
        for (Future<Boolean> each : closers) {
          assertTrue(each.get());
        }
      }
      assertEquals(List.of(), log.events("runtime_pool.failed"));
    }
  }

  @Test
  void a_listener_that_does_not_return_holds_nobody_up_who_closes() throws Exception {
    // given
    RuntimePool pool = pool(1);
    CountDownLatch go = new CountDownLatch(1);
    pool.addListener(
        new RuntimePool.Listener() {
          @Override
          public void gone(SubstrateRuntime runtime, HeapExecutor<?> executor) {
            try {
              go.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          }
        });
    pool.lease(ONE, STRATEGY, LIMIT).close();
    // when
    boolean ended = pool.shutdown(Duration.ofMillis(1));
    // then
    assertFalse(ended, "its thread is left");
    assertEquals(List.of(), pool.executors());
    go.countDown();
    assertTrue(pool.shutdown(LIMIT));
  }

  @Test
  void a_listener_may_close_the_pool() throws Exception {
    // given
    RuntimePool pool = pool(2);
    AtomicBoolean closed = new AtomicBoolean();
    pool.addListener(
        new RuntimePool.Listener() {
          @Override
          public void gone(SubstrateRuntime runtime, HeapExecutor<?> executor) {
            pool.shutdown(Duration.ofDays(1));
            closed.set(true);
          }
        });
    pool.lease(ONE, STRATEGY, LIMIT).close();
    pool.lease(TWO, STRATEGY, LIMIT).close();
    // when
    assertTrue(pool.evict(ONE.codeHashHex(), STRATEGY));
    // then
    await().untilTrue(closed);
    assertThrows(CallException.class, () -> pool.lease(ONE, STRATEGY, LIMIT));
    assertTrue(pool.shutdown(Duration.ofDays(1)));
  }

  @Test
  void a_limit_may_be_longer_than_anybody_waits_or_less_than_nothing() throws Exception {
    for (Duration limit :
        List.of(Duration.ofSeconds(Long.MAX_VALUE), Duration.ofSeconds(Long.MIN_VALUE))) {
      RuntimePool pool = pool(1);
      pool.lease(ONE, STRATEGY, LIMIT).close();
      assertTrue(pool.shutdown(limit));
    }
  }

  @Test
  void an_end_that_fails_gives_its_room_back() throws Exception {
    try (LogCapture log = LogCapture.of(Level.ERROR)) {
      // given a runtime without an executor, which cannot be shut down
      RuntimeRegistry<ReadyRuntime> registry = new RuntimeRegistry<>(1, System::nanoTime);
      RuntimeKeeper keeper =
          new RuntimeKeeper(
              registry,
              new RuntimeLoader(List.of(), LoadOptions.DEFAULT, (runtime, executor) -> {}),
              1,
              LIMIT,
              ready -> {},
              ready -> {});
      RuntimeKey key = new RuntimeKey(ONE.codeHashHex(), STRATEGY);
      RuntimeEntry.Claim<ReadyRuntime> claim = registry.ask(key, () -> ONE);
      RuntimeEntry<ReadyRuntime> entry = registry.nextToLoad();
      assertNotNull(entry);
      assertTrue(registry.loaded(entry, withoutExecutor(), false));
      // when
      assertTrue(registry.evict(key));
      registry.release(claim);
      keeper.dispatch();
      // then
      await().until(() -> registry.snapshot().totals().draining() == 0);
      await().until(() -> !log.events("runtime_pool.failed").isEmpty());
      keeper.close(System.nanoTime());
      assertTrue(keeper.awaitEnd(System.nanoTime()));
    }
  }

  @SuppressWarnings("NullAway") // That is what fails.
  private static ReadyRuntime withoutExecutor() {
    return new ReadyRuntime(null, null, 0, "none");
  }
}
