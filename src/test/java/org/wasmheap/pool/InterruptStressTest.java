package org.wasmheap.pool;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.wasmheap.testkit.Calls.CALL;

import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.wasmheap.heap.HeapView;
import org.wasmheap.testkit.BareStage;
import org.wasmheap.testkit.SampleStage;
import org.wasmheap.testkit.Stage;
import org.wasmheap.testkit.Tally;

/**
 * Calls are cancelled, expire and are interrupted at random instants, thousands of them. Beside
 * each goes one that nobody touches: it must never be disturbed. A file channel that host functions
 * write to all the time must stay open, which one interrupt in a host function would end.
 *
 * <p>For longer: {@code mvn -Pchaos test}, or {@code -Dinterrupts.seconds=60}; {@code
 * -Dinterrupts.seed} repeats what the callers did, though not when.
 */
@Timeout(600)
class InterruptStressTest {
  private static final int SUBMITTERS = 4;
  private static final long SECONDS_TO_RUN = Long.getLong("interrupts.seconds", 2);
  private static final long MOST_SECONDS = SECONDS_TO_RUN + 30;
  private static final long SEED = Long.getLong("interrupts.seed", System.nanoTime());

  @TempDir private Path folder;
  private final Tally tally = new Tally();
  private final AtomicLong ends = new AtomicLong();
  private final ExecutorService threads = Executors.newFixedThreadPool(SUBMITTERS + 1);

  static Stream<Stage<?>> stages() {
    return Stream.of(new BareStage(), SampleStage.shared());
  }

  /** At a call's end the thread is clean; at times the end takes long enough to be met. */
  private final class EndWatcher implements PoolListener {
    @Override
    public void reset(HeapView heap, int blocksRestored) {
      if (Thread.currentThread().isInterrupted()) {
        tally.wrong("a hook found its thread interrupted");
      }
      if (ends.incrementAndGet() % 4 == 0) {
        LockSupport.parkNanos(100_000);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("stages")
  <G> void a_call_that_nobody_touches_must_never_feel_the_end_of_another(Stage<G> stage)
      throws Exception {
    HeapExecutor<G> executor =
        HeapExecutor.builder(stage.factory())
            .name("interrupts")
            .workers(2)
            .grace(Duration.ofSeconds(30))
            .listener(new EndWatcher())
            .build();
    try (executor;
        FileChannel file =
            FileChannel.open(
                folder.resolve("journal"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      assertTrue(executor.awaitReady(Duration.ofSeconds(60)).isReady());
      InterruptedCalls<G> calls = new InterruptedCalls<>(stage, executor, file, threads, tally);

      // when
      long start = System.nanoTime();
      List<Future<?>> submitters = new ArrayList<>();
      for (int i = 0; i < SUBMITTERS; i++) {
        Random random = new Random(SEED + i);
        submitters.add(threads.submit(() -> playUntilOver(calls, random, start)));
      }
      for (Future<?> submitter : submitters) {
        submitter.get(MOST_SECONDS + 60, SECONDS);
      }

      // then
      report(stage);
      assertEquals("", tally.wrongs());
      assertTrue(file.isOpen(), "a host function was interrupted");
      assertTrue(InterruptedCalls.metAll(tally), () -> "not every moment was met: " + tally);
      await().untilAsserted(() -> assertEquals(0, executor.statistics().running()));
      assertBooksBalance(executor.statistics());
      assertTrue(executor.awaitReady(Duration.ofSeconds(60)).isReady());
      assertEquals(stage.pristine(), executor.call(CALL, stage::probe));
    } finally {
      threads.shutdownNow();
    }
  }

  private <G> Void playUntilOver(InterruptedCalls<G> calls, Random random, long start)
      throws Exception {
    long seconds = 0;
    while (tally.wrongs().isEmpty()
        && (seconds < SECONDS_TO_RUN
            || (!InterruptedCalls.metAll(tally) && seconds < MOST_SECONDS))) {
      calls.play(random);
      seconds = (System.nanoTime() - start) / 1_000_000_000;
    }
    return null;
  }

  private void report(Stage<?> stage) {
    // For who runs it: the seed to run it again with, and how often each state was met.
    System.out.println(
        "interrupts: " + stage.getClass().getSimpleName() + ", seed " + SEED + ": " + tally);
  }

  private void assertBooksBalance(ExecutorStatistics books) {
    assertEquals(tally.of("submitted"), books.submitted());
    assertEquals(
        books.submitted(),
        books.completed() + books.failed() + books.rejected() + books.cancelled());
    assertEquals(0, books.rejected());
    assertEquals(0, books.abandonedThreads());
  }
}
