package org.wasmheap.runtime;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import com.google.common.util.concurrent.ListenableFuture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.wasmheap.endive.CodeStore;
import org.wasmheap.endive.EndiveGuest;
import org.wasmheap.endive.ModuleRefusedException;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.pool.CallOptions;
import org.wasmheap.pool.ExecutorStatistics;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.runtime.RuntimeFigures.State;
import org.wasmheap.testkit.HeldCalls;
import org.wasmheap.testkit.LogCapture;
import org.wasmheap.testkit.SampleVersions;

/** Runtimes by version, of which each tells which it is. */
@Timeout(120)
class RuntimePoolTest {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final Duration SHORT = Duration.ofMillis(50);
  private static final HeapStrategy STRATEGY = HeapStrategy.ofStatic(8);
  private static final RuntimeCode ONE = SampleVersions.code(1);
  private static final RuntimeCode TWO = SampleVersions.code(2);
  private static final RuntimeCode THREE = SampleVersions.code(3);

  private final ExecutorService callers = Executors.newCachedThreadPool();
  private final List<RuntimePool> pools = new ArrayList<>();
  private final AtomicLong clock = new AtomicLong();

  private RuntimePool pool(int most) {
    return kept(builder(most).build(clock::get));
  }

  private static RuntimePool.Builder builder(int most) {
    return RuntimePool.builder(HeldCalls.hostFunctions())
        .mostRuntimes(most)
        .executors((runtime, executor) -> executor.workers(1));
  }

  private RuntimePool kept(RuntimePool pool) {
    pools.add(pool);
    return pool;
  }

  @AfterEach
  void nothingIsLeft() {
    callers.shutdownNow();
    for (RuntimePool each : pools) {
      assertTrue(each.shutdown(Duration.ofSeconds(20)));
      assertEquals("RuntimePool[0 of", each.toString().substring(0, 16));
      assertEquals(List.of(), each.executors());
    }
    await().until(() -> threads().isEmpty());
  }

  /** The threads of all pools of runtimes, and of their executors. */
  private static List<String> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.startsWith("runtime-"))
        .toList();
  }

  private static long version(RuntimePool.Lease lease) throws Exception {
    return RuntimeVersion.decode(
            lease.executor().call(lease.runtime().call("Core_version", new byte[0])))
        .specVersion();
  }

  private static State stateOf(RuntimePool pool, RuntimeCode code) {
    return figures(pool, code).state();
  }

  private static RuntimeFigures figures(RuntimePool pool, RuntimeCode code) {
    return pool.runtimes().stream()
        .filter(each -> each.codeHash().equals(code.codeHashHex()))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void sixteen_who_ask_at_once_share_one_load() throws Exception {
    // given
    RuntimePool pool = pool(2);
    HeldSource source = new HeldSource(ONE);
    List<Future<RuntimePool.Lease>> asked = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      asked.add(callers.submit(source.lease(pool, STRATEGY, LIMIT)));
    }
    await().until(() -> !pool.runtimes().isEmpty() && figures(pool, ONE).waiting() == 16);
    // when
    source.release();
    // then
    for (Future<RuntimePool.Lease> each : asked) {
      try (RuntimePool.Lease lease = each.get()) {
        assertEquals(1, version(lease));
      }
    }
    assertEquals(1, source.times());
    assertEquals(1, pool.totals().loads());
    assertEquals(0, figures(pool, ONE).leases());
    assertEquals(State.READY, stateOf(pool, ONE));
  }

  @Test
  void what_goes_lets_running_and_queued_calls_end_before_its_room_is_taken() throws Exception {
    try (LogCapture log = LogCapture.of(Level.INFO)) {
      // given a call that is held, and three behind it, whose lease is closed
      RuntimePool pool = pool(1);
      HeldCalls held = new HeldCalls();
      List<ListenableFuture<byte[]>> queued = new ArrayList<>();
      ListenableFuture<byte[]> running;
      HeapExecutor<EndiveGuest> executor;
      try (RuntimePool.Lease lease = pool.lease(ONE, STRATEGY, LIMIT)) {
        executor = lease.executor();
        running = held.submit(executor, lease.runtime());
        for (int i = 0; i < 3; i++) {
          queued.add(executor.submit(lease.runtime().call("Core_version", new byte[0])));
        }
      }
      held.awaitBegun();
      // when another runtime is needed
      Future<RuntimePool.Lease> other = callers.submit(() -> pool.lease(TWO, STRATEGY, LIMIT));
      await().until(() -> stateOf(pool, ONE) == State.DRAINING);
      // then it waits
      assertEquals(State.WAITING, stateOf(pool, TWO));
      assertEquals(1, pool.totals().draining());
      assertFalse(running.isDone());
      held.release();
      running.get();
      for (ListenableFuture<byte[]> each : queued) {
        assertEquals(1, RuntimeVersion.decode(each.get()).specVersion());
      }
      try (RuntimePool.Lease lease = other.get()) {
        assertEquals(2, version(lease));
      }
      assertEquals(1, pool.totals().evicted());
      assertEquals(0, pool.totals().draining());
      ExecutorStatistics ended = pool.totals().ended();
      assertNotNull(ended);
      assertEquals(4, ended.completed());
      assertEquals(5, pool.statistics().stream().mapToLong(ExecutorStatistics::completed).sum());
      // and each fact is an event
      Map<String, Object> loaded = LogCapture.values(log.events("runtime.loaded").get(0));
      assertEquals(ONE.codeHashHex(), loaded.get("codeHash"));
      assertEquals(false, loaded.get("fromStore"));
      await().until(() -> !log.events("runtime.evicted").isEmpty());
      Map<String, Object> evicted = LogCapture.values(log.events("runtime.evicted").get(0));
      assertEquals(ONE.codeHashHex(), evicted.get("codeHash"));
      assertEquals(4L, evicted.get("calls"));
      assertEquals(0L, evicted.get("cutOff"));
      assertEquals(executor.statistics().pool(), evicted.get("pool"));
    }
  }

  @Test
  void a_failed_load_is_told_to_all_in_its_own_kind_and_tried_again_when_its_time_has_come()
      throws Exception {
    try (LogCapture log = LogCapture.of(Level.WARN)) {
      // given a module without its last bytes, which two ask for
      RuntimePool pool = pool(2);
      byte[] wasm = SampleVersions.wasm(1);
      RuntimeCode broken = RuntimeCode.of("broken", Arrays.copyOf(wasm, wasm.length - 100));
      HeldSource source = new HeldSource(broken);
      Future<RuntimePool.Lease> one = callers.submit(source.lease(pool, STRATEGY, LIMIT));
      Future<RuntimePool.Lease> other = callers.submit(source.lease(pool, STRATEGY, LIMIT));
      await().until(() -> !pool.runtimes().isEmpty() && figures(pool, broken).waiting() == 2);
      // when
      source.release();
      // then
      ModuleRefusedException toOne =
          assertInstanceOf(
              ModuleRefusedException.class,
              assertThrows(ExecutionException.class, one::get).getCause());
      Throwable toOther = assertThrows(ExecutionException.class, other::get).getCause();
      assertNotSame(toOne, toOther);
      assertSame(toOne.getCause(), toOther.getCause());
      assertEquals(toOne.reason(), ModuleRefusedException.Reason.INVALID);
      // and then nobody tries it
      ModuleRefusedException again =
          assertThrows(ModuleRefusedException.class, () -> pool.lease(broken, STRATEGY, LIMIT));
      assertEquals(
          toOne.getMessage()
              + "; that was a while ago, and it is not tried again for another 1.0 s",
          again.getMessage());
      assertEquals(1, source.times());
      assertEquals(State.FAILED, stateOf(pool, broken));
      // and then somebody does
      clock.addAndGet(BackOff.SHORTEST_NANOS);
      assertThrows(ModuleRefusedException.class, () -> source.lease(pool, STRATEGY, LIMIT).call());
      assertEquals(2, source.times());
      assertEquals(2, pool.totals().failed());
      await().until(() -> log.events("runtime.load_failed").size() == 2);
    }
  }

  @Test
  void a_strategy_that_does_not_fit_and_code_of_another_hash_are_illegal_arguments() {
    // given
    RuntimePool pool = pool(2);
    HeapStrategy tooSmall = HeapStrategy.ofDynamic(1);
    // then
    IllegalArgumentException unfit =
        assertThrows(IllegalArgumentException.class, () -> pool.lease(ONE, tooSmall, LIMIT));
    assertTrue(String.valueOf(unfit.getMessage()).contains("below the module's initial"));
    assertThrows(
        IllegalArgumentException.class,
        () -> pool.lease(ONE.codeHashHex(), STRATEGY, () -> TWO, LIMIT));
    assertThrows(
        IllegalArgumentException.class, () -> pool.lease("0x12", STRATEGY, () -> ONE, LIMIT));
    assertThrows(IllegalArgumentException.class, () -> pool.lease(ONE, STRATEGY, Duration.ZERO));
  }

  @Test
  void a_caller_that_is_interrupted_stops_waiting_and_the_load_goes_on() throws Exception {
    // given
    RuntimePool pool = pool(1);
    HeldSource source = new HeldSource(ONE);
    CountDownLatch told = new CountDownLatch(1);
    Thread interrupted =
        new Thread(
            () -> {
              try {
                source.lease(pool, STRATEGY, LIMIT).call();
              } catch (InterruptedException e) {
                told.countDown();
              } catch (Exception e) {
                throw new IllegalStateException(e);
              }
            });
    interrupted.start();
    source.awaitAsked();
    await().until(() -> figures(pool, ONE).waiting() == 1);
    // when
    interrupted.interrupt();
    told.await();
    // then
    Future<RuntimePool.Lease> other = callers.submit(source.lease(pool, STRATEGY, LIMIT));
    source.release();
    try (RuntimePool.Lease lease = other.get()) {
      assertEquals(1, version(lease));
    }
    assertEquals(1, source.times());
    assertEquals(0, figures(pool, ONE).leases());
  }

  @Test
  void a_caller_whose_time_is_over_is_told_what_it_waited_for() throws Exception {
    // given one that is being loaded, and no room for another
    RuntimePool pool = pool(1);
    HeldSource source = new HeldSource(ONE);
    // when
    CallException late =
        assertThrows(CallException.class, () -> source.lease(pool, STRATEGY, SHORT).call());
    CallException noRoom =
        assertThrows(CallException.class, () -> pool.lease(TWO, STRATEGY, SHORT));
    // then
    assertEquals(FailureKind.DEADLINE, late.kind());
    assertEquals(FailureKind.REJECTED, noRoom.kind());
    assertFalse(noRoom.isDeterministic());
    assertTrue(
        String.valueOf(noRoom.getMessage())
            .endsWith("of 1 runtimes that may be there, 0 are pinned, 1 are being loaded, 0 drain"),
        noRoom.getMessage());
    source.release();
    try (RuntimePool.Lease lease = pool.lease(ONE, STRATEGY, LIMIT)) {
      assertEquals(1, version(lease));
    }
  }

  @Test
  void pinned_ones_stay_and_all_pinned_leave_no_room() throws Exception {
    // given
    RuntimePool pool = pool(2);
    pool.pin(ONE.codeHashHex(), STRATEGY);
    pool.lease(ONE, STRATEGY, LIMIT).close();
    pool.lease(TWO, STRATEGY, LIMIT).close();
    // when
    pool.lease(THREE, STRATEGY, LIMIT).close();
    // then the other went, though it was used later
    assertEquals(State.READY, stateOf(pool, ONE));
    assertTrue(figures(pool, ONE).pinned());
    assertFalse(pool.evict(ONE.codeHashHex(), STRATEGY));
    pool.pin(THREE.codeHashHex(), STRATEGY);
    CallException refused =
        assertThrows(CallException.class, () -> pool.lease(TWO, STRATEGY, LIMIT));
    assertEquals(FailureKind.REJECTED, refused.kind());
    assertThrows(IllegalStateException.class, () -> pool.pin(TWO.codeHashHex(), STRATEGY));
    pool.unpin(ONE.codeHashHex(), STRATEGY);
    try (RuntimePool.Lease lease = pool.lease(TWO, STRATEGY, LIMIT)) {
      assertEquals(2, version(lease));
    }
  }

  @Test
  void one_that_will_not_be_needed_can_be_told_to_go() throws Exception {
    // given
    RuntimePool pool = pool(2);
    RuntimePool.Lease lease = pool.lease(ONE, STRATEGY, LIMIT);
    // when
    boolean goes = pool.evict(ONE.codeHashHex(), STRATEGY);
    // then it goes when its lease is closed, once
    assertTrue(goes);
    assertFalse(pool.evict(ONE.codeHashHex(), STRATEGY));
    assertEquals(1, version(lease));
    lease.close();
    lease.close();
    await().until(() -> pool.runtimes().isEmpty());
    assertEquals(1, pool.totals().evicted());
  }

  @Test
  void listeners_hear_of_what_comes_and_goes_and_cannot_disturb() throws Exception {
    // given
    RuntimePool pool = pool(1);
    List<String> heard = new CopyOnWriteArrayList<>();
    RuntimePool.Listener listener =
        new RuntimePool.Listener() {
          @Override
          public void loaded(SubstrateRuntime runtime, HeapExecutor<?> executor) {
            heard.add("loaded " + runtime.code().origin());
            throw new IllegalStateException("on cue");
          }

          @Override
          public void gone(SubstrateRuntime runtime, HeapExecutor<?> executor) {
            heard.add("gone " + runtime.code().origin());
            throw new IllegalStateException("on cue");
          }
        };
    try (LogCapture log = LogCapture.of(Level.ERROR)) {
      pool.addListener(listener);
      // when
      pool.lease(ONE, STRATEGY, LIMIT).close();
      pool.lease(TWO, STRATEGY, LIMIT).close();
      await().until(() -> heard.size() == 3);
      pool.removeListener(listener);
      pool.lease(ONE, STRATEGY, LIMIT).close();
      // then
      assertTrue(heard.containsAll(List.of("loaded sample 1", "gone sample 1", "loaded sample 2")));
      await().until(() -> log.events("runtime_pool.failed").size() == 3);
    }
  }

  @Test
  void a_prepared_runtime_is_not_the_one_that_goes() throws Exception {
    // given
    RuntimePool pool = pool(2);
    pool.lease(ONE, STRATEGY, LIMIT).close();
    pool.prepare(TWO, STRATEGY, List.of(), Preparation.Limits.DEFAULT).get();
    for (int i = 0; i < 5; i++) {
      pool.lease(ONE, STRATEGY, LIMIT).close();
    }
    // when
    pool.lease(THREE, STRATEGY, LIMIT).close();
    // then
    assertEquals(State.READY, stateOf(pool, TWO));
    assertEquals(2, pool.count(State.READY));
    assertEquals(0, pool.leases());
  }

  @Test
  void closing_tells_those_who_wait_and_gives_a_load_up() throws Exception {
    // given one that loads, and one that waits for room
    RuntimePool pool = pool(1);
    HeldSource source = new HeldSource(ONE);
    Future<RuntimePool.Lease> loading = callers.submit(source.lease(pool, STRATEGY, LIMIT));
    source.awaitAsked();
    Future<RuntimePool.Lease> waiting = callers.submit(() -> pool.lease(TWO, STRATEGY, LIMIT));
    await().until(() -> pool.runtimes().size() == 2);
    // when
    assertTrue(pool.shutdown(Duration.ofSeconds(20)));
    // then
    for (Future<RuntimePool.Lease> each : List.of(loading, waiting)) {
      Throwable told = assertThrows(ExecutionException.class, each::get).getCause();
      assertEquals(FailureKind.SHUTDOWN, assertInstanceOf(CallException.class, told).kind());
    }
    CallException closed =
        assertThrows(CallException.class, () -> pool.lease(ONE, STRATEGY, LIMIT));
    assertEquals(FailureKind.SHUTDOWN, closed.kind());
    assertEquals(List.of(), pool.runtimes());
  }

  @Test
  void closing_lets_calls_end_until_its_limit_and_cuts_the_others_off() throws Exception {
    // given a call that can be interrupted and has no end, on a lease that nobody closes
    RuntimePool pool = pool(2);
    RuntimePool.Lease lease = pool.lease(ONE, STRATEGY, LIMIT);
    ListenableFuture<byte[]> endless =
        lease.executor().submit(lease.runtime().call("test_loop_forever", new byte[0]));
    HeldCalls held = new HeldCalls();
    RuntimePool.Lease other = pool.lease(TWO, STRATEGY, LIMIT);
    ListenableFuture<byte[]> ends = held.submit(other.executor(), other.runtime());
    held.awaitBegun();
    held.release();
    // when
    assertTrue(pool.shutdown(Duration.ofSeconds(3)));
    // then
    CallException cut =
        assertInstanceOf(
            CallException.class, assertThrows(ExecutionException.class, endless::get).getCause());
    assertEquals(FailureKind.SHUTDOWN, cut.kind());
    assertNotNull(ends.get());
    lease.close();
    ExecutorStatistics ended = pool.totals().ended();
    assertNotNull(ended);
    assertEquals(1, ended.failed());
    assertEquals(1, ended.completed());
    assertEquals(0, pool.totals().evicted());
  }

  @Test
  void closing_while_one_drains_does_not_wait_for_its_lease() throws Exception {
    // given
    RuntimePool pool = pool(1);
    RuntimePool.Lease lease = pool.lease(ONE, STRATEGY, LIMIT);
    Future<RuntimePool.Lease> waiting = callers.submit(() -> pool.lease(TWO, STRATEGY, LIMIT));
    await().until(() -> stateOf(pool, ONE) == State.DRAINING);
    // when
    assertTrue(pool.shutdown(Duration.ofSeconds(20)));
    // then
    assertThrows(ExecutionException.class, waiting::get);
    lease.close();
  }

  @Test
  void an_interrupted_thread_closes_a_pool_all_the_same() throws Exception {
    try (LogCapture log = LogCapture.of(Level.INFO)) {
      // given
      RuntimePool pool = pool(1);
      pool.lease(ONE, STRATEGY, LIMIT).close();
      // when
      Thread.currentThread().interrupt();
      pool.shutdown(LIMIT);
      // then
      assertTrue(Thread.interrupted());
      assertThrows(CallException.class, () -> pool.lease(ONE, STRATEGY, LIMIT));
      await().until(() -> pool.executors().isEmpty());
      assertEquals(List.of(), log.events("runtime.evicted"), "it was not");
    }
  }

  /** A store without a file. */
  private static final class CodeInMemory implements CodeStore {
    private final Map<String, byte[]> kept = new ConcurrentHashMap<>();
    private final AtomicInteger keeps = new AtomicInteger();

    @Override
    public byte @Nullable [] find(String name) {
      return kept.get(name);
    }

    @Override
    public void keep(String name, byte[] code) {
      keeps.incrementAndGet();
      kept.put(name, code);
    }
  }

  @Test
  void thirty_two_threads_that_ask_for_three_runtimes_with_room_for_two_are_all_served()
      throws Exception {
    // given
    CodeInMemory store = new CodeInMemory();
    RuntimePool pool = kept(builder(2).codeStore(store).build());
    List<RuntimeCode> codes = List.of(ONE, TWO, THREE);
    CountDownLatch start = new CountDownLatch(1);
    List<Future<Integer>> callersOf = new ArrayList<>();
    for (int i = 0; i < 32; i++) {
      int first = i;
      callersOf.add(
          callers.submit(
              () -> {
                start.await();
                int right = 0;
                for (int round = 0; round < 6; round++) {
                  int index = (first + round) % codes.size();
                  try (RuntimePool.Lease lease = pool.lease(codes.get(index), STRATEGY, LIMIT)) {
                    right += version(lease) == index + 1 ? 1 : 0;
                  }
                }
                return right;
              }));
    }
    // when
    start.countDown();
    // then
    for (Future<Integer> each : callersOf) {
      assertEquals(6, each.get());
    }
    assertEquals(3, store.keeps.get());
    assertEquals(3, pool.totals().compiled());
    assertEquals(pool.totals().loads() - 3, pool.totals().fromStore());
    assertTrue(pool.totals().loads() > 3, "some went and came again: " + pool.totals());
    assertEquals(0, pool.totals().failed());
    assertEquals(32 * 6, pool.statistics().stream().mapToLong(ExecutorStatistics::completed).sum());
    pool.runtimes().forEach(each -> assertEquals(0, each.leases()));
    assertEquals(0, pool.statistics().stream().mapToLong(ExecutorStatistics::replaced).sum());
  }

  @Test
  void a_runtime_that_is_loaded_again_comes_from_the_store() throws Exception {
    // given
    CodeInMemory store = new CodeInMemory();
    RuntimePool pool = kept(builder(1).codeStore(store).build());
    pool.lease(ONE, STRATEGY, LIMIT).close();
    pool.lease(TWO, STRATEGY, LIMIT).close();
    // when
    try (RuntimePool.Lease lease = pool.lease(ONE, STRATEGY, LIMIT)) {
      // then
      assertTrue(lease.runtime().codeFigures().fromStore());
      assertEquals(1, version(lease));
    }
    assertEquals(2, pool.totals().compiled());
    assertEquals(1, pool.totals().fromStore());
  }

  @Test
  void calls_of_one_runtime_are_no_calls_of_another() throws Exception {
    // given
    RuntimePool pool = pool(2);
    try (RuntimePool.Lease one = pool.lease(ONE, STRATEGY, LIMIT);
        RuntimePool.Lease two = pool.lease(TWO, STRATEGY, LIMIT)) {
      // then
      assertNotSame(one.executor(), two.executor());
      assertEquals(1, version(one));
      assertEquals(2, version(two));
      assertNull(pool.totals().ended());
      assertThrows(
          CallException.class,
          () ->
              two.executor()
                  .call(
                      CallOptions.named("wrong"), one.runtime().call("Core_version", new byte[0])));
    }
  }

  @Test
  void settings_are_checked_when_they_are_set() {
    RuntimePool.Builder builder = RuntimePool.builder(List.of());

    assertThrows(IllegalArgumentException.class, () -> builder.mostRuntimes(0));
    assertThrows(IllegalArgumentException.class, () -> builder.mostRuntimes(1025));
    assertThrows(IllegalArgumentException.class, () -> builder.drain(Duration.ZERO));
    assertThrows(IllegalArgumentException.class, () -> builder.loadDeadline(Duration.ofDays(31)));
  }
}
