package org.wasmheap.pool;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.wasmheap.testkit.Calls.CALL;

import com.google.common.util.concurrent.Futures;
import com.google.common.util.concurrent.ListenableFuture;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.guest.GuestCall;
import org.wasmheap.testkit.Stage;
import org.wasmheap.testkit.Tally;

/**
 * Calls that are ended from outside at random instants, and beside each one that nobody touches:
 * the actors of {@link InterruptStressTest}. Any number of threads may play them.
 */
final class InterruptedCalls<G> {
  /** Where an interrupt can meet a call: each must have been, or the test shows nothing. */
  enum Moment {
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

  private final Stage<G> stage;
  private final HeapExecutor<G> executor;
  private final FileChannel file;
  private final ExecutorService threads;
  private final Tally tally;
  private final AtomicLong numbers = new AtomicLong();

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

  InterruptedCalls(
      Stage<G> stage,
      HeapExecutor<G> executor,
      FileChannel file,
      ExecutorService threads,
      Tally tally) {
    this.stage = stage;
    this.executor = executor;
    this.file = file;
    this.threads = threads;
    this.tally = tally;
  }

  /** Whether an interrupt met calls at every moment there is. */
  static boolean metAll(Tally tally) {
    return Stream.of(Moment.values()).allMatch(moment -> tally.of(moment) > 0);
  }

  private GuestCall<G, String> body(Attempt attempt) {
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
      String result = future.isDone() ? Futures.getDone(future) : future.get(100, SECONDS);
      return isRight(attempt, result) ? "right" : "wrong: " + result;
    } catch (TimeoutException e) {
      return "failed: never completed";
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
          default -> outcome.equals("cancelled") || (outcome.equals("right") && !attempt.disturbed);
        };
    if (!allowed) {
      tally.wrong(attempt.fate + ", disturbed " + attempt.disturbed + ": " + outcome);
    }
  }

  private static void pause(Random random) {
    if (random.nextInt(4) > 0) {
      LockSupport.parkNanos(1 + random.nextInt(1 << (8 + random.nextInt(13))));
    }
  }
}
