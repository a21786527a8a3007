package org.wasmheap.pool;

import static java.util.concurrent.TimeUnit.MICROSECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.wasmheap.testkit.Calls.CALL;
import static org.wasmheap.testkit.Calls.failureOf;

import com.google.common.util.concurrent.Futures;
import com.google.common.util.concurrent.ListenableFuture;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
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
import org.wasmheap.heap.FailureKind;
import org.wasmheap.heap.Heap;
import org.wasmheap.heap.HeapListener;
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
  private static final int WORKERS = 2;
  private static final long SECONDS_TO_RUN = Long.getLong("interrupts.seconds", 2);
  private static final long MOST_SECONDS = SECONDS_TO_RUN + 30;
  private static final long SEED = Long.getLong("interrupts.seed", System.nanoTime());

  /** Where an interrupt can meet a call: each must have been, or the test shows nothing. */
  private enum Moment {
    NEVER_BEGUN,
    IN_GUEST,
    IN_HOST_FUNCTION,
    IN_NESTED_CALL,
    ENDING,
    OVER
  }

  /** What becomes of a call from outside. */
  private enum Fate {
    NONE,
    CANCELLED,
    EXPIRED,
    CALLER_INTERRUPTED
  }

  private static final List<Fate> ENDS =
      List.of(Fate.CANCELLED, Fate.EXPIRED, Fate.CALLER_INTERRUPTED);

  @TempDir private Path folder;
  private final Tally tally = new Tally();
  private volatile boolean strays;
  private final AtomicLong numbers = new AtomicLong();
  private final AtomicLong ends = new AtomicLong();
  private final ExecutorService threads = Executors.newFixedThreadPool(SUBMITTERS + 1);

  static Stream<Stage<?>> stages() {
    return Stream.of(new BareStage(), SampleStage.shared());
  }

  /** A call, and what it saw. Written on its thread, read by who submitted it. */
  private static final class Attempt {
    private final long number;
    private final Fate fate;
    private final long seed;
    private volatile boolean begun;
    private volatile boolean returned;
    private volatile boolean disturbed;

    /** Whether its caller is done with it, so that it must not be interrupted. Guarded by this. */
    private boolean over;

    Attempt(long number, Fate fate, long seed) {
      this.number = number;
      this.fate = fate;
      this.seed = seed;
    }
  }

  /** At a call's end the thread is clean; at times the end takes long enough to be met. */
  private final class EndWatcher implements HeapListener {
    @Override
    public void reset(Heap heap, int blocksRestored) {
      if (!strays && Thread.currentThread().isInterrupted()) {
        tally.wrong("a hook found its thread interrupted");
      }
      if (ends.incrementAndGet() % 4 == 0) {
        LockSupport.parkNanos(100_000);
      }
    }
  }

  /** The calls of one test: on one executor, with one file. */
  private final class Calls<G> {
    private final Stage<G> stage;
    private final HeapExecutor<G> executor;
    private final FileChannel file;

    Calls(Stage<G> stage, HeapExecutor<G> executor, FileChannel file) {
      this.stage = stage;
      this.executor = executor;
      this.file = file;
    }

    private HeapExecutor.Call<G, String> body(Attempt attempt) {
      return guest -> {
        Random plan = new Random(attempt.seed);
        attempt.disturbed = isInterrupted();
        attempt.begun = true;
        String found = attempt.number + " " + stage.probe(guest);
        for (int rounds = 1 + plan.nextInt(4); rounds > 0; rounds--) {
          writeInHost(attempt, guest, plan.nextInt(4) == 0);
        }
        if (attempt.fate != Fate.NONE && plan.nextInt(4) == 0) {
          loop(attempt, guest);
        }
        // Too late to stop this call, whose result may stand.
        if (isInterrupted() && attempt.fate == Fate.NONE) {
          tally.wrong("a call that nobody touches was interrupted at its end");
        }
        attempt.returned = true;
        return found;
      };
    }

    private boolean isInterrupted() {
      boolean interrupted = Thread.currentThread().isInterrupted();
      if (interrupted) {
        tally.count(Moment.IN_GUEST);
      }
      return interrupted;
    }

    private void loop(Attempt attempt, G guest) throws Exception {
      try {
        stage.loop(guest);
      } finally {
        tally.count(Moment.IN_GUEST);
        attempt.disturbed = true;
      }
    }

    private void writeInHost(Attempt attempt, G guest, boolean nests) throws Exception {
      boolean[] entered = {false};
      try {
        stage.inHost(
            guest,
            () -> {
              entered[0] = true;
              write(attempt);
              if (nests) {
                nest(attempt);
                write(attempt);
              }
            });
      } catch (CallException e) {
        attempt.disturbed = true;
        tally.count(entered[0] ? Moment.IN_HOST_FUNCTION : Moment.IN_GUEST);
        throw e;
      }
    }

    private void write(Attempt attempt) throws IOException {
      if (Thread.currentThread().isInterrupted()) {
        tally.wrong("a host function found its thread interrupted");
      }
      ByteBuffer bytes = ByteBuffer.allocate(8).putLong(attempt.number).flip();
      file.write(bytes, attempt.number % 4096);
      tally.count("written");
    }

    /** A call from a host function: an interrupt of the outer call reaches it. */
    private void nest(Attempt outer) throws InterruptedException {
      Attempt inner = new Attempt(numbers.incrementAndGet(), outer.fate, ~outer.seed);
      tally.count("submitted");
      ListenableFuture<String> future =
          executor.submit(
              CALL,
              guest -> {
                String found = inner.number + " " + stage.probe(guest);
                writeInHost(inner, guest, false);
                if (outer.fate != Fate.NONE && inner.number % 4 == 0) {
                  loop(inner, guest);
                }
                return found;
              });
      // It shares the deadline of the outer call, which may notice it later.
      if (!outcome(inner, future).equals("right")) {
        tally.count(Moment.IN_NESTED_CALL);
        if (outer.fate == Fate.NONE) {
          tally.wrong("a nested call felt the end of another");
        }
      }
    }

    private CallOptions options(Fate fate, Random random) {
      return fate == Fate.EXPIRED
          ? CALL.withDeadline(Duration.ofNanos(1 + random.nextInt(3_000_000)))
          : CALL;
    }

    /** Plays one call that something becomes of, with another behind it that nobody touches. */
    void play(Random random) throws Exception {
      Fate fate = ENDS.get(random.nextInt(ENDS.size()));
      Attempt victim = new Attempt(numbers.incrementAndGet(), fate, random.nextLong());
      Attempt untouched = new Attempt(numbers.incrementAndGet(), Fate.NONE, random.nextLong());
      tally.count("submitted");
      tally.count("submitted");
      ListenableFuture<String> behind;
      if (fate == Fate.CALLER_INTERRUPTED) {
        behind = executor.submit(options(Fate.NONE, random), body(untouched));
        callInterrupted(victim, random);
      } else {
        ListenableFuture<String> future = executor.submit(options(fate, random), body(victim));
        behind = executor.submit(options(Fate.NONE, random), body(untouched));
        if (fate == Fate.CANCELLED) {
          cancel(victim, future, random);
        }
        check(victim, outcome(victim, future));
      }
      check(untouched, outcome(untouched, behind));
    }

    private void cancel(Attempt victim, ListenableFuture<?> future, Random random) {
      pause(random);
      boolean returned = victim.returned;
      if (!future.cancel(true)) {
        tally.count(Moment.OVER);
      } else if (returned) {
        tally.count(Moment.ENDING);
      } else if (!victim.begun) {
        tally.count(Moment.NEVER_BEGUN);
      }
    }

    /** A caller that waits is interrupted, and the call is cancelled for it. */
    private void callInterrupted(Attempt victim, Random random) throws Exception {
      Thread caller = Thread.currentThread();
      long seed = random.nextLong();
      Future<?> meddler = threads.submit(() -> interrupt(caller, victim, new Random(seed)));
      String outcome;
      try {
        String result = executor.call(CALL, body(victim));
        outcome = isRight(victim, result) ? "right" : "wrong: " + result;
      } catch (InterruptedException e) {
        outcome = "cancelled";
      } catch (CallException e) {
        outcome = "failed: " + e;
      }
      synchronized (victim) {
        victim.over = true;
      }
      Thread.interrupted();
      meddler.get(30, SECONDS);
      check(victim, outcome);
    }

    private void interrupt(Thread caller, Attempt victim, Random random) {
      pause(random);
      synchronized (victim) {
        if (!victim.over) {
          caller.interrupt();
        }
      }
    }

    private boolean isRight(Attempt attempt, String result) {
      return result.equals(attempt.number + " " + stage.pristine());
    }

    private String outcome(Attempt attempt, ListenableFuture<String> future)
        throws InterruptedException {
      try {
        if (future.isCancelled()) {
          return "cancelled";
        }
        // A nested call is done; this thread's flag is its outer call's business.
        String result = future.isDone() ? Futures.getDone(future) : future.get();
        return isRight(attempt, result) ? "right" : "wrong: " + result;
      } catch (ExecutionException e) {
        CallException failure = (CallException) e.getCause();
        return failure.kind() == FailureKind.DEADLINE ? "expired" : "failed: " + failure;
      }
    }

    private void check(Attempt attempt, String outcome) {
      tally.count(outcome.startsWith("failed") || outcome.startsWith("wrong") ? "wrong" : outcome);
      boolean allowed =
          switch (attempt.fate) {
            case NONE -> outcome.equals("right") && !attempt.disturbed;
            case EXPIRED ->
                outcome.equals("expired") || (outcome.equals("right") && !attempt.disturbed);
            default ->
                outcome.equals("cancelled") || (outcome.equals("right") && !attempt.disturbed);
          };
      if (!allowed) {
        tally.wrong(attempt.fate + ", disturbed " + attempt.disturbed + ": " + outcome);
      }
    }
  }

  private static void pause(Random random) {
    if (random.nextInt(4) > 0) {
      LockSupport.parkNanos(1 + random.nextInt(1 << (8 + random.nextInt(13))));
    }
  }

  private boolean hasMetAll() {
    return Stream.of(Moment.values()).allMatch(moment -> tally.of(moment) > 0);
  }

  @ParameterizedTest
  @MethodSource("stages")
  <G> void a_call_that_nobody_touches_must_never_feel_the_end_of_another(Stage<G> stage)
      throws Exception {
    HeapExecutor<G> executor = start(stage);
    try (executor;
        FileChannel file =
            FileChannel.open(
                folder.resolve("journal"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      assertTrue(executor.awaitReady(Duration.ofSeconds(60)));
      Calls<G> calls = new Calls<>(stage, executor, file);

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
      assertTrue(hasMetAll(), () -> "not every moment was met: " + tally);
      await().untilAsserted(() -> assertEquals(0, executor.statistics().running()));
      assertBooksBalance(executor.statistics());
      assertTrue(executor.awaitReady(Duration.ofSeconds(60)));
      assertEquals(stage.pristine(), executor.call(CALL, stage::probe));
    } finally {
      threads.shutdownNow();
    }
  }

  private <G> Void playUntilOver(Calls<G> calls, Random random, long start) throws Exception {
    long seconds = 0;
    while (tally.wrongs().isEmpty()
        && (seconds < SECONDS_TO_RUN || (!hasMetAll() && seconds < MOST_SECONDS))) {
      calls.play(random);
      seconds = (System.nanoTime() - start) / 1_000_000_000;
    }
    return null;
  }

  private <G> HeapExecutor<G> start(Stage<G> stage) {
    return HeapExecutor.builder(stage.factory())
        .name("interrupts")
        .workers(WORKERS)
        .grace(Duration.ofSeconds(30))
        .listener(new EndWatcher())
        .build();
  }

  private void report(Stage<?> stage) {
    System.out.println(
        "interrupts: " + stage.getClass().getSimpleName() + ", seed " + SEED + ": " + tally);
  }

  private void assertBooksBalance(ExecutorStatistics books) {
    assertEquals(tally.of("submitted"), books.submitted());
    assertEquals(
        books.submitted(),
        books.completed() + books.failed() + books.rejected() + books.cancelled());
    assertEquals(0, books.rejected());
    assertEquals(0, books.lostThreads());
  }

  @ParameterizedTest
  @MethodSource("stages")
  <G> void stray_interrupts_of_the_pools_threads_must_end_no_thread_and_outlast_no_call(
      Stage<G> stage) throws Exception {
    try (HeapExecutor<G> executor = start(stage)) {
      assertTrue(executor.awaitReady(Duration.ofSeconds(60)));
      executor.call(CALL, outer -> executor.call(CALL, stage::probe)); // Starts the reserve.
      List<Thread> poolThreads = poolThreads();
      assertEquals(WORKERS + 2, poolThreads.size(), poolThreads::toString);

      // when somebody interrupts them while they work
      strays = true;
      Future<?> meddler = threads.submit(() -> meddle(poolThreads));
      while (!meddler.isDone()) {
        callUnderFire(stage, executor);
      }
      meddler.get(30, SECONDS);

      // then all live, and calls and deadlines are as ever
      report(stage);
      assertEquals("", tally.wrongs());
      assertTrue(tally.of("interrupted") > 0, tally::toString);
      assertEquals(poolThreads, poolThreads());
      assertTrue(executor.awaitReady(Duration.ofSeconds(60)));
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
        .filter(thread -> thread.getName().startsWith("interrupts-"))
        .sorted(Comparator.comparing(Thread::getName))
        .toList();
  }

  private static void meddle(List<Thread> poolThreads) {
    Random random = new Random(SEED);
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
