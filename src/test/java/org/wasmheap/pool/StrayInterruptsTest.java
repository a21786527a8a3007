package org.wasmheap.pool;

import static java.util.concurrent.TimeUnit.MICROSECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.wasmheap.testkit.Calls.CALL;
import static org.wasmheap.testkit.Calls.failureOf;

import com.google.common.util.concurrent.ListenableFuture;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.testkit.BareStage;
import org.wasmheap.testkit.SampleStage;
import org.wasmheap.testkit.Stage;
import org.wasmheap.testkit.Tally;

/** Interrupts that are nobody's: other code of the process interrupts a pool's threads. */
@Timeout(300)
class StrayInterruptsTest {
  private static final int WORKERS = 2;

  private final Tally tally = new Tally();
  private final ExecutorService threads = Executors.newSingleThreadExecutor();

  static Stream<Stage<?>> stages() {
    return Stream.of(new BareStage(), SampleStage.shared());
  }

  @ParameterizedTest
  @MethodSource("stages")
  <G> void stray_interrupts_of_the_pools_threads_must_end_no_thread_and_outlast_no_call(
      Stage<G> stage) throws Exception {
    try (HeapExecutor<G> executor =
        HeapExecutor.builder(stage.factory()).name("strays").workers(WORKERS).build()) {
      assertTrue(executor.awaitReady(Duration.ofSeconds(60)).isReady());
      executor.call(CALL, outer -> executor.call(CALL, stage::probe)); // Makes a nested slot.
      List<Thread> poolThreads = poolThreads();
      assertEquals(WORKERS + 2, poolThreads.size(), poolThreads::toString);

      // when somebody interrupts them while they work
      Future<?> meddler = threads.submit(() -> meddle(poolThreads));
      while (!meddler.isDone()) {
        callUnderFire(stage, executor);
      }
      meddler.get(30, SECONDS);

      // then all live, and calls and deadlines are as ever
      assertEquals("", tally.wrongs());
      assertTrue(tally.of("interrupted") > 0, tally::toString);
      assertEquals(poolThreads, poolThreads());
      assertTrue(executor.awaitReady(Duration.ofSeconds(60)).isReady());
      for (int i = 0; i < 100; i++) {
        String found = executor.call(CALL, outer -> executor.call(CALL, stage::probe));
        assertEquals(stage.pristine(), found);
      }
      ListenableFuture<Integer> endless =
          executor.submit(
              CALL.withDeadline(Duration.ofMillis(20)),
              guest -> {
                stage.loop(guest);
                return 0;
              });
      assertEquals(FailureKind.DEADLINE, failureOf(endless).kind());
    } finally {
      threads.shutdownNow();
    }
  }

  private static List<Thread> poolThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("strays-"))
        .sorted(Comparator.comparing(Thread::getName))
        .toList();
  }

  private static void meddle(List<Thread> poolThreads) {
    Random random = new Random(System.nanoTime());
    for (int i = 0; i < 1000; i++) {
      poolThreads.get(random.nextInt(poolThreads.size())).interrupt();
      LockSupport.parkNanos(1 + random.nextInt(300_000));
    }
  }

  private <G> void callUnderFire(Stage<G> stage, HeapExecutor<G> executor)
      throws InterruptedException {
    try {
      String found =
          executor.call(
              CALL,
              outer -> {
                String own = stage.probe(outer);
                new CountDownLatch(1).await(100, MICROSECONDS); // As a host function might.
                return own + executor.call(CALL, stage::probe);
              });
      tally.count("right");
      if (!found.equals(stage.pristine() + stage.pristine())) {
        tally.wrong(found);
      }
    } catch (CallException e) {
      tally.count(e.kind());
      if (e.kind() != FailureKind.INTERRUPTED) {
        tally.wrong(e.toString());
      }
    }
  }
}
