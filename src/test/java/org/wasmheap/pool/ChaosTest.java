package org.wasmheap.pool;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.wasmheap.testkit.Calls.CALL;

import ch.qos.logback.classic.Level;
import com.google.common.util.concurrent.ListenableFuture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.testkit.BareStage;
import org.wasmheap.testkit.ChaosPool;
import org.wasmheap.testkit.ChaosPool.Submitted;
import org.wasmheap.testkit.LogCapture;
import org.wasmheap.testkit.SampleStage;
import org.wasmheap.testkit.Tally;

/**
 * Everything at once: eight threads make calls that end in every way there is, on bare heaps and on
 * guests of wasm, while factories fail and hang. At the end no call, no capacity, no thread and no
 * heap is missing, and none is too many.
 *
 * <p>For two minutes: {@code mvn -Pchaos test}. {@code -Dchaos.seconds} sets the time, {@code
 * -Dchaos.seed} repeats what the threads did, though not when.
 */
@Timeout(900)
class ChaosTest {
  private static final int SUBMITTERS = 8;
  private static final long SECONDS_TO_RUN = Long.getLong("chaos.seconds", 15);
  private static final long SEED = Long.getLong("chaos.seed", System.nanoTime());
  private static final Duration LONG = Duration.ofSeconds(60);

  private final Tally tally = new Tally();
  private final ChaosPool<?> bare =
      new ChaosPool<>("chaos-bare", new BareStage(), 3, Duration.ofMillis(20), tally);
  private final ChaosPool<?> sample =
      new ChaosPool<>("chaos-sample", SampleStage.shared(), 2, LONG, tally);
  private final List<ChaosPool<?>> pools = List.of(bare, sample);

  /** Pools that were shut down; added by the thread that does so. */
  private final Set<ChaosPool<?>> shut = ConcurrentHashMap.newKeySet();

  private final ExecutorService threads = Executors.newFixedThreadPool(SUBMITTERS + 1);

  @AfterEach
  void report_and_shut_down() {
    report();
    threads.shutdownNow();
    pools.forEach(pool -> pool.executor().shutdown(Duration.ofSeconds(1)));
  }

  @Test
  void no_call_and_no_capacity_must_get_lost_whatever_happens() throws Exception {
    try (LogCapture log = LogCapture.of(Level.ERROR)) {
      // when
      long over = System.nanoTime() + SECONDS.toNanos(SECONDS_TO_RUN);
      onAllThreads(random -> playUntil(over, random));

      // then each call ended as it must and is accounted for, and all works again
      assertEquals("", tally.wrongs());
      awaitAllIdle();
      for (ChaosPool<?> pool : pools) {
        assertBooksBalance(pool);
        assertEachHeapWorks(pool);
      }

      // when they are shut down in the midst of it
      Future<?> end = threads.submit(this::shutDownAll);
      onAllThreads(this::playUntilShut);
      end.get(120, SECONDS);

      // then
      pools.forEach(this::awaitNothingLeft);
      pools.forEach(this::assertBooksClosed);
      assertEquals("", tally.wrongs());
      assertEverythingHappened();
      for (String event : List.of("reset.incomplete", "executor.failed")) {
        assertEquals(List.of(), log.events(event));
      }
    }
  }

  /** What a submitting thread does. */
  private interface Script {
    void play(Random random) throws Exception;
  }

  private void onAllThreads(Script script) throws Exception {
    List<Future<?>> submitters = new ArrayList<>();
    for (int i = 0; i < SUBMITTERS; i++) {
      Random random = new Random(SEED + i);
      submitters.add(
          threads.submit(
              () -> {
                script.play(random);
                return null;
              }));
    }
    for (Future<?> submitter : submitters) {
      submitter.get(SECONDS_TO_RUN + 120, SECONDS);
    }
  }

  private void playUntil(long end, Random random) {
    while (System.nanoTime() - end < 0 && tally.wrongs().isEmpty()) {
      ChaosPool<?> pool = pools.get(random.nextInt(pools.size()));
      ChaosPool<?> other = pool == bare ? sample : bare;
      switch (random.nextInt(12)) {
        case 0 -> burst(pool, other, random);
        case 1, 2, 3 -> cancelled(pool, other, random);
        case 4, 5, 6 -> expired(pool, other, random);
        case 7 -> {
          if (random.nextInt(8) == 0) {
            pool.meddle(random);
          }
        }
        default -> pool.submit(random, null, Set.of(), other).settle();
      }
    }
  }

  private static void burst(ChaosPool<?> pool, ChaosPool<?> other, Random random) {
    List<Submitted<?>> burst = new ArrayList<>();
    for (int i = 2 + random.nextInt(8); i > 0; i--) {
      burst.add(pool.submit(random, null, Set.of(), other));
    }
    burst.forEach(Submitted::settle);
  }

  private static void cancelled(ChaosPool<?> pool, ChaosPool<?> other, Random random) {
    Submitted<?> call = pool.submit(random, null, EnumSet.of(FailureKind.CANCELLED), other);
    LockSupport.parkNanos(random.nextInt(3_000_000));
    call.cancel(random.nextInt(4) > 0);
    call.settle();
  }

  private static void expired(ChaosPool<?> pool, ChaosPool<?> other, Random random) {
    Duration deadline = Duration.ofNanos(1 + random.nextInt(20_000_000));
    pool.submit(random, deadline, EnumSet.of(FailureKind.DEADLINE), other).settle();
  }

  /**
   * All of them, for what a call of one pool does in the other is entered into the books by the
   * outer call: given up by its caller, it may still be at that.
   */
  private void awaitAllIdle() {
    await()
        .atMost(LONG)
        .untilAsserted(
            () -> {
              for (ChaosPool<?> pool : pools) {
                ExecutorStatistics now = pool.executor().statistics();
                assertEquals(
                    0, now.running() + now.queued() + now.abandonedThreads(), now::toString);
              }
            });
  }

  private void assertBooksBalance(ChaosPool<?> pool) {
    ExecutorStatistics counted = pool.executor().statistics();
    assertEquals(
        new ChaosPool.Books(
            counted.submitted(),
            counted.completed(),
            counted.failed(),
            counted.rejected(),
            counted.cancelled(),
            0),
        pool.books());
    assertEquals(
        counted.submitted(),
        counted.completed() + counted.failed() + counted.rejected() + counted.cancelled());
  }

  /** A call on each at the same time, so that none runs two. */
  private static <G> void assertEachHeapWorks(ChaosPool<G> pool) throws Exception {
    assertTrue(pool.executor().awaitReady(LONG).isReady(), pool.executor()::toString);
    CountDownLatch all = new CountDownLatch(pool.workers());
    List<ListenableFuture<String>> calls = new ArrayList<>();
    for (int i = 0; i < pool.workers(); i++) {
      calls.add(
          pool.executor()
              .submit(
                  CALL,
                  guest -> {
                    all.countDown();
                    assertTrue(all.await(30, SECONDS));
                    String heap = pool.stage().heap(guest).heapName();
                    assertEquals(pool.stage().pristine(), pool.stage().probe(guest));
                    return heap;
                  }));
    }
    Set<String> heaps = new HashSet<>();
    for (ListenableFuture<String> call : calls) {
      heaps.add(call.get(60, SECONDS));
    }
    assertEquals(pool.workers(), heaps.size(), heaps::toString);
  }

  private void shutDownAll() {
    for (ChaosPool<?> pool : pools) {
      long before = pool.books().submitted();
      await().atMost(LONG).until(() -> pool.books().submitted() > before + 100);
      pool.executor().shutdown(Duration.ofMillis(20));
      shut.add(pool);
    }
  }

  /** One pool after the other, since it is shut down while calls come. */
  private void playUntilShut(Random random) {
    Set<FailureKind> cutOff = EnumSet.of(FailureKind.SHUTDOWN);
    for (ChaosPool<?> pool : pools) {
      ChaosPool<?> other = pool == bare ? sample : bare;
      while (!shut.contains(pool) || random.nextInt(20) > 0) {
        pool.submit(random, null, cutOff, other).settle();
      }
    }
  }

  private void awaitNothingLeft(ChaosPool<?> pool) {
    await()
        .atMost(LONG)
        .untilAsserted(
            () -> {
              assertEquals(List.of(), threadsOf(pool));
              assertEquals(0, pool.listener().created() - pool.listener().retired());
              assertEquals(0, pool.executor().statistics().instances());
              assertEquals(0, pool.executor().statistics().materialisedBytes());
            });
  }

  private void assertBooksClosed(ChaosPool<?> pool) {
    ExecutorStatistics counted = pool.executor().statistics();
    ChaosPool.Books books = pool.books();
    // The calls that tried each heap were not in the books.
    assertEquals(counted.submitted(), books.submitted() + pool.workers());
    assertEquals(counted.completed(), books.completed() + pool.workers());
    assertEquals(
        counted.failed() + counted.rejected(), books.failed() + books.rejected() + books.shut());
    assertEquals(counted.cancelled(), books.cancelled());
    assertEquals(
        counted.submitted(),
        counted.completed() + counted.failed() + counted.rejected() + counted.cancelled());
  }

  private static List<String> threadsOf(ChaosPool<?> pool) {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.startsWith(pool.name() + "-"))
        .toList();
  }

  private void assertEverythingHappened() {
    for (FailureKind kind : FailureKind.values()) {
      assertTrue(tally.of(kind) > 0, () -> "no call ended with " + kind + ": " + tally);
    }
    assertTrue(tally.of("lost") > 0, () -> "no thread was lost: " + tally);
  }

  private void report() {
    StringBuilder line = new StringBuilder("chaos: seed " + SEED + ", " + SECONDS_TO_RUN + " s");
    for (ChaosPool<?> pool : pools) {
      ExecutorStatistics counted = pool.executor().statistics();
      line.append("; ").append(pool.name()).append(": ").append(counted.submitted());
      line.append(" submitted = ").append(counted.completed()).append(" completed + ");
      line.append(counted.failed()).append(" failed + ").append(counted.rejected());
      line.append(" rejected + ").append(counted.cancelled()).append(" cancelled, ");
      line.append(counted.nested()).append(" nested, ");
      line.append(counted.replaced()).append(" replaced");
    }
    // For who runs it: the seed to run it again with, and whether it met what it is for.
    System.out.println(line.append("; outcomes: ").append(tally));
  }
}
