package org.wasmheap.runtime;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.common.util.concurrent.MoreExecutors;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.wasmheap.endive.ModuleRefusedException;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.pool.CallOptions.CallClass;
import org.wasmheap.pool.CallReport;
import org.wasmheap.pool.PoolListener;
import org.wasmheap.runtime.Preparation.End;
import org.wasmheap.runtime.Preparation.Limits;
import org.wasmheap.runtime.Preparation.OfEntry;
import org.wasmheap.runtime.Preparation.WarmUpCall;
import org.wasmheap.testkit.HeldCalls;
import org.wasmheap.testkit.SampleVersions;

/** Runtimes that are loaded and warmed up ahead of their need. */
@Timeout(120)
class PreparationTest {
  private static final HeapStrategy STRATEGY = HeapStrategy.ofStatic(8);
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final RuntimeCode CODE = SampleVersions.code(1);
  private static final WarmUpCall VERSION = new WarmUpCall("Core_version", new byte[0], () -> null);

  private final Queue<CallReport> reports = new ConcurrentLinkedQueue<>();
  private final RuntimePool pool =
      RuntimePool.builder(HeldCalls.hostFunctions())
          .mostRuntimes(1)
          .executors(
              (runtime, executor) ->
                  executor
                      .workers(2)
                      .listener(
                          new PoolListener() {
                            @Override
                            public void callCompleted(CallReport report) {
                              reports.add(report);
                            }
                          }))
          .build();

  @AfterEach
  void nothingIsLeft() {
    assertTrue(pool.shutdown(Duration.ofSeconds(20)));
  }

  private static Limits calls(long most) {
    return new Limits(LIMIT, most);
  }

  private int leases() {
    return pool.runtimes().stream().mapToInt(RuntimeFigures::leases).sum();
  }

  @Test
  void a_runtime_is_loaded_called_by_turns_and_ready_afterwards() throws Exception {
    // given
    WarmUpCall metadata = new WarmUpCall("test_dirty", new byte[0], () -> null);
    try (RuntimePool.Lease lease = pool.lease(CODE, STRATEGY, LIMIT)) {
      assertTrue(lease.executor().awaitReady(LIMIT).isReady());
    }
    // when
    Preparation done = pool.prepare(CODE, STRATEGY, List.of(VERSION, metadata), calls(20)).get();
    // then
    assertEquals(CODE.codeHashHex(), done.codeHash());
    assertEquals(STRATEGY, done.strategy());
    assertFalse(done.fromStore());
    assertTrue(done.loadNanos() > 0);
    assertEquals(End.CALLS, done.end());
    assertFalse(done.settled());
    assertEquals(20, done.calls());
    assertEquals(0, done.failed());
    for (OfEntry each : done.ofEntries()) {
      assertEquals(10, each.calls());
      assertTrue(each.firstNanos() > 0, each.toString());
      assertEquals(0, each.lastWindowNanos(), "no window was full");
    }
    assertEquals(0, leases());
    assertEquals(1, pool.totals().loads());
    // and the calls were off-chain ones on both workers
    assertTrue(reports.stream().allMatch(each -> each.callClass() == CallClass.OFF_CHAIN));
    assertEquals(2, reports.stream().map(CallReport::heap).distinct().count());
  }

  @Test
  void without_calls_a_runtime_is_only_loaded() throws Exception {
    Preparation done = pool.prepare(CODE, STRATEGY, List.of(), Limits.DEFAULT).get();

    assertEquals(End.NOTHING_TO_CALL, done.end());
    assertEquals(0, done.calls());
    assertEquals(1, pool.totals().loads());
  }

  @Test
  void the_time_that_calls_may_take_is_limited() throws Exception {
    // given a call without end
    WarmUpCall endless = new WarmUpCall("test_loop_forever", new byte[0], () -> null);
    // when
    Preparation done =
        pool.prepare(CODE, STRATEGY, List.of(endless), new Limits(Duration.ofMillis(300), 100))
            .get();
    // then it is interrupted, and the runtime is there for others
    assertEquals(End.TIME, done.end());
    await().until(() -> reports.size() >= 2);
    assertEquals(0, done.failed(), "none has a deadline of its own before that");
    assertEquals(2, pool.statistics().get(0).submitted());
    try (RuntimePool.Lease lease = pool.lease(CODE, STRATEGY, LIMIT)) {
      assertNotNull(lease.executor().call(lease.runtime().call("Core_version", new byte[0])));
    }
  }

  @Test
  void a_guest_that_fails_is_reported_and_has_warmed_up_all_the_same() throws Exception {
    // given
    WarmUpCall traps = new WarmUpCall("test_read_out_of_bounds", new byte[0], () -> null);
    // when
    Preparation done = pool.prepare(CODE, STRATEGY, List.of(traps, VERSION), calls(60)).get();
    // then
    OfEntry failed = done.ofEntries().get(0);
    assertEquals(30, failed.calls());
    assertEquals(30, failed.failed());
    assertTrue(failed.firstNanos() > 0);
    assertTrue(String.valueOf(failed.failure()).contains("out of bounds"), failed.toString());
    assertEquals(0, done.ofEntries().get(1).failed());
    assertEquals(30, done.failed());
  }

  @Test
  void what_the_host_cannot_call_is_given_up() throws Exception {
    // given an entry that is none, and one whose context cannot be had
    WarmUpCall unknown = new WarmUpCall("No_such\nentry", new byte[0], () -> null);
    WarmUpCall without =
        new WarmUpCall(
            "Core_version",
            new byte[0],
            () -> {
              throw new IllegalStateException("on cue");
            });
    // when
    Preparation done =
        pool.prepare(CODE, STRATEGY, List.of(unknown, without), Limits.DEFAULT).get();
    // then
    assertEquals(End.NOTHING_TO_CALL, done.end());
    OfEntry first = done.ofEntries().get(0);
    assertEquals(0, first.calls());
    assertEquals("the runtime exports no such entry", first.failure());
    assertFalse(first.toString().contains("\n"), first.toString());
    assertEquals(WarmUpRun.MOST_HOST_FAILURES, done.ofEntries().get(1).calls());
    assertEquals(WarmUpRun.MOST_HOST_FAILURES, done.failed());
    assertEquals("on cue", done.ofEntries().get(1).failure());
  }

  @Test
  void each_call_has_a_context_of_its_own() throws Exception {
    // given
    Queue<HeldCalls> contexts = new ConcurrentLinkedQueue<>();
    WarmUpCall call =
        new WarmUpCall(
            HeldCalls.entry(),
            new byte[0],
            () -> {
              HeldCalls context = new HeldCalls();
              context.release();
              contexts.add(context);
              return context;
            });
    // when
    Preparation done = pool.prepare(CODE, STRATEGY, List.of(call), calls(5)).get();
    // then
    assertEquals(0, done.failed(), done.toString());
    assertEquals(5, contexts.size());
    for (HeldCalls each : contexts) {
      each.awaitBegun();
    }
  }

  @Test
  void cancelling_stops_the_calls_and_the_runtime_stays() throws Exception {
    // given calls that are held
    HeldCalls held = new HeldCalls();
    WarmUpCall call = new WarmUpCall(HeldCalls.entry(), new byte[0], () -> held);
    ListenableFuture<Preparation> prepared =
        pool.prepare(CODE, STRATEGY, List.of(call), Limits.DEFAULT);
    held.awaitBegun();
    assertEquals(1, leases(), "it does not go meanwhile");
    // when
    prepared.cancel(false);
    // then
    await().until(() -> leases() == 0);
    held.release();
    try (RuntimePool.Lease lease = pool.lease(CODE, STRATEGY, LIMIT)) {
      assertNotNull(lease.executor().call(lease.runtime().call("Core_version", new byte[0])));
    }
    assertEquals(1, pool.totals().loads());
  }

  @Test
  void cancelling_while_it_loads_leaves_the_load_alone() throws Exception {
    // given
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    ListenableFuture<Preparation> prepared =
        pool.prepare(
            CODE.codeHashHex(),
            STRATEGY,
            () -> {
              asked.countDown();
              try {
                assertTrue(go.await(60, TimeUnit.SECONDS));
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
              return CODE;
            },
            List.of(VERSION),
            Limits.DEFAULT);
    asked.await();
    // when
    prepared.cancel(true);
    await().until(() -> pool.runtimes().get(0).waiting() == 0);
    go.countDown();
    // then
    pool.lease(CODE, STRATEGY, LIMIT).close();
    assertEquals(1, pool.totals().loads());
    assertEquals(0, reports.size());
  }

  @Test
  void a_runtime_that_cannot_be_loaded_fails_as_a_lease_does() {
    // given
    byte[] wasm = SampleVersions.wasm(1);
    RuntimeCode broken = RuntimeCode.of("broken", Arrays.copyOf(wasm, wasm.length - 100));
    // when
    ExecutionException failed =
        assertThrows(
            ExecutionException.class,
            () -> pool.prepare(broken, STRATEGY, List.of(VERSION), Limits.DEFAULT).get());
    // then
    assertInstanceOf(ModuleRefusedException.class, failed.getCause());
  }

  @Test
  void closing_the_pool_fails_preparations_whether_they_have_begun_or_not() throws Exception {
    // given one that is at work, and one behind it
    HeldCalls held = new HeldCalls();
    WarmUpCall call = new WarmUpCall(HeldCalls.entry(), new byte[0], () -> held);
    ListenableFuture<Preparation> running =
        pool.prepare(CODE, STRATEGY, List.of(call), Limits.DEFAULT);
    held.awaitBegun();
    ListenableFuture<Preparation> queued =
        pool.prepare(SampleVersions.code(2), STRATEGY, List.of(VERSION), Limits.DEFAULT);
    running.addListener(held::release, MoreExecutors.directExecutor());
    // when
    assertTrue(pool.shutdown(Duration.ofSeconds(20)));
    ListenableFuture<Preparation> late =
        pool.prepare(CODE, STRATEGY, List.of(VERSION), Limits.DEFAULT);
    // then
    for (ListenableFuture<Preparation> each : List.of(running, queued, late)) {
      Throwable cause = assertThrows(ExecutionException.class, each::get).getCause();
      assertEquals(FailureKind.SHUTDOWN, assertInstanceOf(CallException.class, cause).kind());
    }
  }

  @Test
  void a_runtime_is_prepared_once_for_all_who_ask_until_all_have_cancelled() throws Exception {
    // given calls that are held
    HeldCalls held = new HeldCalls();
    WarmUpCall call = new WarmUpCall(HeldCalls.entry(), new byte[0], () -> held);
    ListenableFuture<Preparation> one = pool.prepare(CODE, STRATEGY, List.of(call), calls(2));
    held.awaitBegun();
    ListenableFuture<Preparation> two = pool.prepare(CODE, STRATEGY, List.of(VERSION), calls(9));
    ListenableFuture<Preparation> three = pool.prepare(CODE, STRATEGY, List.of(), calls(9));
    assertEquals(1, leases());
    // when
    one.cancel(true);
    three.cancel(true);
    held.release();
    // then
    assertEquals(2, two.get().calls());
    assertEquals(0, two.get().failed());
    // and afterwards it is prepared anew
    assertEquals(9, pool.prepare(CODE, STRATEGY, List.of(VERSION), calls(9)).get().calls());
  }

  @Test
  void a_call_that_the_queue_has_no_place_for_is_made_later() throws Exception {
    try (RuntimePool narrow =
        RuntimePool.builder(HeldCalls.hostFunctions())
            .executors((runtime, executor) -> executor.workers(1).queueCapacity(1))
            .build()) {
      // given a call that is held, and one that fills the queue
      HeldCalls held = new HeldCalls();
      ListenableFuture<byte[]> running;
      ListenableFuture<byte[]> queued;
      try (RuntimePool.Lease lease = narrow.lease(CODE, STRATEGY, LIMIT)) {
        running = held.submit(lease.executor(), lease.runtime());
        held.awaitBegun();
        queued = held.submit(lease.executor(), lease.runtime());
      }
      // when
      ListenableFuture<Preparation> prepared =
          narrow.prepare(CODE, STRATEGY, List.of(VERSION), calls(5));
      await().until(() -> narrow.statistics().get(0).rejected() > WarmUpRun.MOST_HOST_FAILURES);
      held.release();
      // then
      Preparation done = prepared.get();
      assertEquals(End.CALLS, done.end());
      assertEquals(5, done.calls());
      assertEquals(0, done.failed());
      assertNotNull(running.get());
      assertNotNull(queued.get());
    }
  }

  @Test
  void when_times_have_settled_no_instance_is_thrown_away() throws Exception {
    // when
    Preparation done = pool.prepare(CODE, STRATEGY, List.of(VERSION), Limits.DEFAULT).get();
    // then every call that was made has ended, and is in the figures
    assertTrue(done.settled(), done.toString());
    assertEquals(done.calls(), pool.statistics().get(0).submitted());
    assertEquals(0, pool.statistics().get(0).cancelled());
    assertEquals(0, pool.statistics().get(0).replaced());
  }

  @Test
  void limits_are_checked() {
    assertThrows(IllegalArgumentException.class, () -> new Limits(Duration.ZERO, 1));
    assertThrows(IllegalArgumentException.class, () -> new Limits(Duration.ofDays(31), 1));
    assertThrows(IllegalArgumentException.class, () -> new Limits(LIMIT, -1));
    assertThrows(
        IllegalArgumentException.class,
        () -> pool.prepare("0x", STRATEGY, () -> CODE, List.of(), Limits.DEFAULT));
  }
}
