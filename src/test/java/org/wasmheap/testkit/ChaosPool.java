package org.wasmheap.testkit;

import com.google.common.util.concurrent.Futures;
import com.google.common.util.concurrent.ListenableFuture;
import com.google.common.util.concurrent.Uninterruptibles;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.guest.GuestCall;
import org.wasmheap.pool.CallOptions;
import org.wasmheap.pool.CallOptions.CallClass;
import org.wasmheap.pool.HeapExecutor;

/**
 * An executor to which everything happens, with the books that its callers keep: each call is
 * counted and its outcome looked at, by whoever made it, also from inside another call.
 */
public final class ChaosPool<G> {
  public static final Duration GRACE = Duration.ofMillis(200);
  private static final Duration LONGER_THAN_GRACE = Duration.ofMillis(600);
  private static final Duration LONGEST = Duration.ofSeconds(100);
  private static final int MAX_DEPTH = 2;

  /** One deeper than is allowed below the first call, and one more. */
  private static final int DEEPEST = 4;

  /** Of calls that are ended from outside, one in so many does not react: that takes long. */
  private static final int RARELY = 100;

  private static final List<CallClass> CLASSES = List.of(CallClass.values());
  private static final List<Misdeed> MISDEEDS = List.of(Misdeed.values());
  private static final List<Misdeed> SLOW =
      List.of(Misdeed.ENDLESS_LOOP, Misdeed.DEADLINE_IN_HOST, Misdeed.ENDLESS_RECURSION);

  /** What an inner call can meet since its outer call ends. */
  private static final Set<FailureKind> WITH_THE_OUTER_CALL =
      EnumSet.of(
          FailureKind.DEADLINE,
          FailureKind.CANCELLED,
          FailureKind.INTERRUPTED,
          FailureKind.SHUTDOWN);

  private final String name;
  private final Stage<G> stage;
  private final int workers;
  private final Misdeeds<G> misdeeds;
  private final ScriptedFactory<G> factory;
  private final CuedListener listener = new CuedListener();
  private final HeapExecutor<G> executor;
  private final Tally tally;

  /** The books: as the callers saw it. */
  private final LongAdder submitted = new LongAdder();

  private final LongAdder completed = new LongAdder();
  private final LongAdder failed = new LongAdder();
  private final LongAdder rejected = new LongAdder();
  private final LongAdder cancelled = new LongAdder();

  /** Rejected, or failed, by shutdown: the exception's kind does not tell. */
  private final LongAdder shut = new LongAdder();

  /** The books, closed. */
  public record Books(
      long submitted, long completed, long failed, long rejected, long cancelled, long shut) {}

  /** A call, and what may become of it. */
  public record Play(
      CallOptions options,
      @Nullable FailureKind kind,
      Set<FailureKind> disturbances,
      String what) {}

  public ChaosPool(String name, Stage<G> stage, int workers, Duration trimAfter, Tally tally) {
    this.name = name;
    this.stage = stage;
    this.workers = workers;
    this.tally = tally;
    this.misdeeds = new Misdeeds<>(stage);
    this.factory = new ScriptedFactory<>(stage.factory());
    this.executor =
        HeapExecutor.builder(factory)
            .name(name)
            .workers(workers)
            .queueCapacity(6)
            .grace(GRACE)
            .maxDepth(MAX_DEPTH)
            .stackBytes(1 << 20)
            .trimAfter(trimAfter)
            .ageing(Duration.ofMillis(5))
            .verifyResets(true)
            .warmUp(misdeeds.of(Misdeed.NONE))
            .listener(listener)
            .growthPolicy(listener)
            .build();
  }

  public String name() {
    return name;
  }

  public Stage<G> stage() {
    return stage;
  }

  public int workers() {
    return workers;
  }

  public HeapExecutor<G> executor() {
    return executor;
  }

  public CuedListener listener() {
    return listener;
  }

  public Books books() {
    return new Books(
        submitted.sum(),
        completed.sum(),
        failed.sum(),
        rejected.sum(),
        cancelled.sum(),
        shut.sum());
  }

  /** What goes wrong with factories and memory while calls run. */
  public void meddle(Random random) {
    switch (random.nextInt(4)) {
      case 0 -> factory.failNext(1 + random.nextInt(3));
      case 1 -> factory.failToClose(1);
      case 2 -> executor.trim();
      default -> {
        factory.hang();
        Misdeeds.takeTime(Duration.ofMillis(random.nextInt(20)));
        factory.release();
      }
    }
  }

  /** Submits a call that does something at random. */
  public Submitted<G> submit(
      Random random,
      @Nullable Duration deadline,
      Set<FailureKind> disturbances,
      ChaosPool<?> other) {
    return submit(random, deadline, disturbances, other, 0);
  }

  private Submitted<G> submit(
      Random random,
      @Nullable Duration deadline,
      Set<FailureKind> disturbances,
      ChaosPool<?> other,
      int depth) {
    Submitted<G> call = draw(random, deadline, disturbances, other, depth);
    submitted.increment();
    call.start();
    return call;
  }

  private Submitted<G> draw(
      Random random,
      @Nullable Duration deadline,
      Set<FailureKind> disturbances,
      ChaosPool<?> other,
      int depth) {
    if (depth < DEEPEST && random.nextInt(5) == 0) {
      Play play = play(random, Misdeed.NONE, "nested", deadline, disturbances);
      return new Submitted<>(this, play, nesting(random.nextLong(), disturbances, other, depth));
    }
    if (!disturbances.isEmpty() && random.nextInt(RARELY) == 0) {
      Play play = play(random, Misdeed.NONE, "stubborn", deadline, disturbances);
      return new Submitted<>(this, play, this::stubborn);
    }
    Misdeed deed = drawMisdeed(random, depth);
    Play play = play(random, deed, deed.label(), deadline, disturbances);
    return new Submitted<>(this, play, misdeeds.of(deed));
  }

  private static Misdeed drawMisdeed(Random random, int depth) {
    Misdeed deed = random.nextInt(3) > 0 ? Misdeed.NONE : any(MISDEEDS, random);
    boolean skipped = SLOW.contains(deed) && random.nextInt(8) > 0;
    // An inner call's earlier call may be the outer one, whose handle lives.
    boolean misleads = deed == Misdeed.HANDLE_OF_AN_EARLIER_CALL && depth > 0;
    return skipped || misleads ? Misdeed.EXCEPTION_IN_HOST : deed;
  }

  private static <T> T any(List<T> choices, Random random) {
    return choices.get(random.nextInt(choices.size()));
  }

  private static Play play(
      Random random,
      Misdeed deed,
      String what,
      @Nullable Duration deadline,
      Set<FailureKind> disturbances) {
    CallClass callClass = any(CLASSES, random);
    CallOptions options = deed.options().withClass(callClass);
    return new Play(
        deadline == null || options.deadline() != null ? options : options.withDeadline(deadline),
        deed.kind(),
        disturbances,
        what);
  }

  private GuestCall<G, String> nesting(
      long seed, Set<FailureKind> disturbances, ChaosPool<?> other, int depth) {
    return guest -> {
      Random random = new Random(seed);
      Set<FailureKind> inner = EnumSet.of(FailureKind.NESTED_TOO_DEEP);
      if (!disturbances.isEmpty()) {
        inner.addAll(WITH_THE_OUTER_CALL);
      }
      ChaosPool<?> target = random.nextBoolean() ? other : this;
      target.submit(random, null, inner, target == this ? other : this, depth + 1).settle();
      return stage.probe(guest);
    };
  }

  private String stubborn(G guest) throws Exception {
    Misdeeds.takeTime(LONGER_THAN_GRACE);
    return stage.probe(guest);
  }

  /** A call that was submitted, to be cancelled perhaps, and to be settled once. */
  public static final class Submitted<G> {
    private final ChaosPool<G> pool;
    private final Play play;
    private final GuestCall<G, String> work;
    private @Nullable ListenableFuture<String> future;

    Submitted(ChaosPool<G> pool, Play play, GuestCall<G, String> work) {
      this.pool = pool;
      this.play = play;
      this.work = work;
    }

    private void start() {
      future = pool.executor.submit(play.options(), work);
    }

    public void cancel(boolean interrupts) {
      future.cancel(interrupts);
    }

    /** Waits for the outcome, enters it into the books, and says if it must not be. */
    public void settle() {
      try {
        String result = result();
        pool.completed.increment();
        pool.tally.count("right");
        if (play.kind() != null || !result.equals(pool.stage.pristine())) {
          pool.tally.wrong(pool.name + ", " + play + ": gave " + result);
        }
      } catch (CancellationException e) {
        settle(FailureKind.CANCELLED, pool.cancelled, e);
      } catch (TimeoutException e) {
        pool.tally.wrong(pool.name + ", " + play + ": never completed");
      } catch (ExecutionException e) {
        CallException failure = (CallException) e.getCause();
        settle(failure.kind(), pool.bookOf(failure), failure);
      }
    }

    /** A nested call is done, and the thread's interrupt flag is its outer call's business. */
    private String result() throws ExecutionException, TimeoutException {
      return future.isDone()
          ? Futures.getDone(future)
          : Uninterruptibles.getUninterruptibly(future, LONGEST);
    }

    private void settle(FailureKind kind, LongAdder book, Throwable failure) {
      book.increment();
      pool.tally.count(kind);
      if (String.valueOf(failure.getMessage()).contains("did not react")) {
        pool.tally.count("lost");
      }
      if (kind != play.kind()
          && kind != FailureKind.REJECTED
          && !play.disturbances().contains(kind)) {
        pool.tally.wrong(pool.name + ", " + play + ": failed with " + failure);
      }
    }
  }

  private LongAdder bookOf(CallException failure) {
    return switch (failure.kind()) {
      case REJECTED, NESTED_TOO_DEEP -> rejected;
      case SHUTDOWN -> shut;
      default -> failed;
    };
  }
}
