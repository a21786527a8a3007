package org.wasmheap.runtime;

import com.google.common.util.concurrent.Futures;
import com.google.common.util.concurrent.ListenableFuture;
import com.google.common.util.concurrent.MoreExecutors;
import java.lang.management.CompilationMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.wasmheap.endive.EndiveGuest;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.guest.GuestCall;
import org.wasmheap.memory.WasmHeapException;
import org.wasmheap.pool.CallOptions;
import org.wasmheap.runtime.Preparation.End;
import org.wasmheap.runtime.Preparation.Limits;
import org.wasmheap.runtime.Preparation.OfEntry;
import org.wasmheap.runtime.Preparation.WarmUpCall;

/**
 * Warms a runtime up: makes calls by turns, as many at once as there are workers, until times
 * settle or a limit is reached. One thread makes them; workers tell it of each that ended.
 *
 * <p>The calls are off-chain ones, which come after blocks, wait with others of their class, and
 * are cancelled when the time is over. One that the queue has no place for is made again after a
 * pause. A call that fails by the guest's own doing has run, and warms up like any other: new code
 * on an old block comes to another root, say. One that fails by the host's ten times in a row is
 * not made again, and one that the runtime does not export is not made at all.
 */
final class WarmUpRun {
  static final int MOST_HOST_FAILURES = 10;

  /** How long no call is made after one that the executor had no place for. */
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  /** How long the last calls may take to end when times have settled. */
  private static final long LAST_CALLS_NANOS = TimeUnit.SECONDS.toNanos(5);

  /** What calls have beyond the run's end, which cancels them: so their deadline ends none. */
  private static final Duration MARGIN = Duration.ofSeconds(10);

  private final ReadyRuntime ready;
  private final List<WarmUpCall> calls;
  private final Limits limits;
  private final Books[] books;
  private final WarmUpTimes times;
  private final BlockingQueue<Turn> ended = new LinkedBlockingQueue<>();
  private final Set<Turn> running = new HashSet<>();
  private final long began;
  private long started;
  private long pausedUntil;
  private int next;

  /** What became of one call so far. */
  private static final class Books {
    private long calls;
    private long failed;
    private int hostFailuresInARow;
    private @Nullable String failure;

    /** Whether it is not made any more. */
    private boolean dropped;
  }

  private WarmUpRun(ReadyRuntime ready, List<WarmUpCall> calls, Limits limits) {
    this.ready = ready;
    this.calls = calls;
    this.limits = limits;
    this.books = new Books[calls.size()];
    this.began = System.nanoTime();
    this.pausedUntil = began;
    this.times = new WarmUpTimes(calls.size(), began, compilerNanos());
    for (int i = 0; i < books.length; i++) {
      books[i] = new Books();
      if (!ready.runtime().hasEntry(calls.get(i).entry())) {
        books[i].failure = "the runtime exports no such entry";
        drop(i);
      }
    }
  }

  private void drop(int index) {
    books[index].dropped = true;
    times.drop(index);
  }

  /**
   * Warms up on the calling thread.
   *
   * @throws InterruptedException if that is interrupted; then no call of it goes on
   */
  static Preparation run(ReadyRuntime ready, List<WarmUpCall> calls, Limits limits)
      throws InterruptedException {
    WarmUpRun run = new WarmUpRun(ready, calls, limits);
    try {
      return run.report(run.untilSettled());
    } finally {
      run.running.forEach(Turn::cancel);
    }
  }

  /** What all compilers of the JVM took so far; 0 where it does not tell. */
  private static long compilerNanos() {
    CompilationMXBean compilers = ManagementFactory.getCompilationMXBean();
    return compilers != null && compilers.isCompilationTimeMonitoringSupported()
        ? TimeUnit.MILLISECONDS.toNanos(compilers.getTotalCompilationTime())
        : 0;
  }

  private End untilSettled() throws InterruptedException {
    int width = ready.executor().statistics().workers();
    while (true) {
      while (running.size() < width && mayStart()) {
        start();
      }
      if (running.isEmpty() && isNothingLeft()) {
        return End.NOTHING_TO_CALL;
      } else if (running.isEmpty() && started >= limits.mostCalls()) {
        return End.CALLS;
      } else if (leftNanos() <= 0) {
        return End.TIME;
      }
      Turn turn = ended.poll(Math.min(leftNanos(), pauseNanos()), TimeUnit.NANOSECONDS);
      if (turn == null) {
        continue; // The time or the pause is over.
      }
      account(turn);
      long now = System.nanoTime();
      if (times.isWindowFull(now) && times.nextWindow(now, compilerNanos())) {
        letRunningEnd();
        return End.SETTLED;
      }
    }
  }

  private boolean mayStart() {
    return leftNanos() > 0
        && started < limits.mostCalls()
        && !isNothingLeft()
        && System.nanoTime() - pausedUntil >= 0;
  }

  /** How long no call is made, since one was rejected; long if there is no reason. */
  private long pauseNanos() {
    long left = pausedUntil - System.nanoTime();
    return left > 0 ? left : Long.MAX_VALUE;
  }

  /** What has begun ends, rather than that its instance is thrown away; within limits. */
  private void letRunningEnd() throws InterruptedException {
    long until = System.nanoTime() + Math.min(leftNanos(), LAST_CALLS_NANOS);
    while (!running.isEmpty()) {
      Turn turn = ended.poll(until - System.nanoTime(), TimeUnit.NANOSECONDS);
      if (turn == null) {
        return;
      }
      account(turn);
    }
  }

  private long leftNanos() {
    return limits.longest().toNanos() - (System.nanoTime() - began);
  }

  private boolean isNothingLeft() {
    for (Books each : books) {
      if (!each.dropped) {
        return false;
      }
    }
    return true;
  }

  /** Makes the next call whose turn it is. */
  private void start() {
    while (books[next].dropped) {
      next = (next + 1) % books.length;
    }
    int index = next;
    next = (next + 1) % books.length;
    WarmUpCall call = calls.get(index);
    started++;
    try {
      GuestCall<EndiveGuest, byte[]> entry = ready.runtime().call(call.entry(), call.input());
      Turn turn = new Turn(index, entry);
      CallOptions options =
          CallOptions.named(call.entry())
              .withDeadline(LeaseRefusal.sum(Duration.ofNanos(Math.max(1, leftNanos())), MARGIN));
      Object context = call.context().get();
      ListenableFuture<?> future =
          ready.executor().submit(context == null ? options : options.withContext(context), turn);
      turn.future = future;
      running.add(turn);
      future.addListener(() -> ended.add(turn), MoreExecutors.directExecutor());
    } catch (RuntimeException e) {
      failed(index, e); // Whoever gives the context failed at it.
    }
  }

  /** One call. Its thread writes the time before the future is done; then this one reads it. */
  private static final class Turn implements GuestCall<EndiveGuest, byte[]> {
    private final int index;
    private final GuestCall<EndiveGuest, byte[]> entry;

    /** Read and written by the thread that makes the calls. */
    private @Nullable ListenableFuture<?> future;

    private volatile long nanos;

    Turn(int index, GuestCall<EndiveGuest, byte[]> entry) {
      this.index = index;
      this.entry = entry;
    }

    @Override
    public byte[] run(EndiveGuest guest) throws Exception {
      long began = System.nanoTime();
      try {
        return entry.run(guest);
      } finally {
        nanos = System.nanoTime() - began;
      }
    }

    void cancel() {
      if (future != null) {
        future.cancel(true);
      }
    }

    /** Nothing if it ended well. */
    void outcome() throws ExecutionException {
      if (future != null) {
        Futures.getDone(future);
      }
    }
  }

  private void account(Turn turn) {
    running.remove(turn);
    try {
      turn.outcome();
      ran(turn);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      if (cause instanceof WasmHeapException failure && failure.isDeterministic()) {
        ran(turn);
        books[turn.index].failed++;
        keep(books[turn.index], failure);
      } else if (cause instanceof CallException call && call.kind() == FailureKind.REJECTED) {
        started--; // Others have filled the queue: that says nothing about this call.
        pausedUntil = System.nanoTime() + PAUSE_NANOS;
      } else {
        failed(turn.index, cause == null ? e : cause);
      }
    } catch (CancellationException e) {
      failed(turn.index, e);
    }
  }

  private void ran(Turn turn) {
    books[turn.index].calls++;
    books[turn.index].hostFailuresInARow = 0;
    times.ran(turn.index, turn.nanos);
  }

  private void failed(int index, Throwable thrown) {
    Books of = books[index];
    of.calls++;
    of.failed++;
    of.hostFailuresInARow++;
    keep(of, thrown);
    if (of.hostFailuresInARow >= MOST_HOST_FAILURES) {
      drop(index);
    }
  }

  private static void keep(Books of, Throwable thrown) {
    if (of.failure == null) {
      of.failure = LeaseRefusal.messageOf(thrown);
    }
  }

  private Preparation report(End end) {
    List<OfEntry> ofEntries = new ArrayList<>();
    long made = 0;
    long failed = 0;
    for (int i = 0; i < books.length; i++) {
      made += books[i].calls;
      failed += books[i].failed;
      ofEntries.add(
          new OfEntry(
              calls.get(i).entry(),
              books[i].calls,
              books[i].failed,
              times.firstNanos(i),
              times.firstWindowNanos(i),
              times.lastWindowNanos(i),
              books[i].failure));
    }
    return new Preparation(
        ready.runtime().code().codeHashHex(),
        ready.runtime().strategy(),
        ready.isFromStore(),
        ready.loadNanos(),
        end,
        made,
        failed,
        System.nanoTime() - began,
        ofEntries);
  }
}
