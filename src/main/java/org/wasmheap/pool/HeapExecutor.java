package org.wasmheap.pool;

import static org.wasmheap.pool.Settings.requireDuration;
import static org.wasmheap.pool.Settings.requireRange;

import com.google.common.util.concurrent.ListenableFuture;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.wasmheap.heap.FailureKind;
import org.wasmheap.heap.HeapListener;
import org.wasmheap.pool.CallOptions.CallClass;

/**
 * Runs calls on a pool of isolated heaps, each with a guest and a thread of its own.
 *
 * <ol>
 *   <li>Every call starts on a pristine instance, indistinguishable from a fresh one: memory, size,
 *       globals, allocator and host context. The reset comes before the future completes.
 *   <li>At every instant an instance has one owner, the thread that made it.
 *   <li>An instance whose call did not end normally is discarded and replaced in the background;
 *       callers never wait for a factory, and capacity comes back as soon as the factory works.
 *   <li>Every submitted call completes: with its result, or with a {@link CallException}, or
 *       cancelled. A call that finds no room fails at once with {@link FailureKind#REJECTED}.
 *   <li>A deadline includes the time in the queue. A running call is interrupted, but only while
 *       that very call runs, and never inside a host function.
 *   <li>Pool size, timing, hooks and logging never change a result.
 * </ol>
 *
 * <p>All methods may be called from any thread.
 *
 * @param <G> what a call sees of its guest
 */
public final class HeapExecutor<G> implements AutoCloseable {
  private final PoolContext<G> pool;
  private final Crew<G> crew;
  private final Reserve<G> reserve;
  private final LiveHeaps<G> heaps;
  private final Thread watchdog;
  private final Submissions<G> submissions;

  /**
   * The work of a call.
   *
   * @param <G> what it sees of its guest
   * @param <R> what it returns
   */
  @FunctionalInterface
  public interface Call<G, R> {
    /**
     * Does the work, on a thread of the executor.
     *
     * @param guest pristine, and this call's alone until it returns
     * @return the result, which must not refer to the guest or its memory
     * @throws Exception if the call fails; the future then fails with a {@link CallException}
     */
    R run(G guest) throws Exception;
  }

  private HeapExecutor(PoolContext<G> pool, long defaultDeadlineNanos, int maxDepth) {
    this.pool = pool;
    this.crew = new Crew<>(pool);
    this.reserve = new Reserve<>(pool);
    this.heaps = new LiveHeaps<>(crew, reserve);
    this.watchdog = new Thread(new Watchdog<>(pool, crew), pool.name() + "-watchdog");
    this.submissions =
        new Submissions<>(pool, new NestedCalls<>(pool, reserve, maxDepth), defaultDeadlineNanos);
    watchdog.setDaemon(true);
  }

  /**
   * Settings for a new executor.
   *
   * @param factory makes the guests
   * @param <G> what a call sees of its guest
   * @return a builder
   */
  public static <G> Builder<G> builder(GuestFactory<G> factory) {
    return new Builder<>(factory);
  }

  /**
   * Submits a call. On a worker's thread, of whichever executor, the call runs at once on that
   * thread, on an instance in reserve, and the future is done when this returns.
   *
   * @param options name, class, deadline, context
   * @param call the work
   * @param <R> what it returns
   * @return completes always, on whichever thread ends the call, so its listeners must not block
   *     there; cancelling it frees its place in the queue, or interrupts it if asked to
   */
  public <R> ListenableFuture<R> submit(CallOptions options, Call<? super G, ? extends R> call) {
    return submissions.submit(options, call);
  }

  /**
   * Makes a call and waits for its result, at most until its deadline and the grace time are over.
   *
   * @param options name, class, deadline, context
   * @param call the work
   * @param <R> what it returns
   * @return the result
   * @throws CallException if the call failed
   * @throws InterruptedException if the calling thread is interrupted; the call is then cancelled
   */
  public <R> R call(CallOptions options, Call<? super G, ? extends R> call)
      throws InterruptedException {
    return submissions.submit(options, call).await(submissions.longestNanos(options));
  }

  /**
   * Waits until every worker has an instance: after the start, or after calls that ended badly.
   *
   * @param limit how long to wait at most
   * @return whether every worker has one
   * @throws InterruptedException if the calling thread is interrupted
   */
  public boolean awaitReady(Duration limit) throws InterruptedException {
    long until = System.nanoTime() + Settings.nanos(limit);
    return pool.queue().awaitInstances(crew, pool.workers(), until);
  }

  /**
   * Accepts no more calls, and waits for those that were accepted.
   *
   * @param limit how long to wait at most
   * @return whether all have ended; if not, they go on
   */
  public boolean drain(Duration limit) {
    return pool.queue().drain(Settings.nanos(limit));
  }

  /**
   * Accepts no more calls, lets those that were accepted end until the deadline, then fails those
   * that wait and interrupts those that run. Returns at the latest when the deadline and twice the
   * grace time are over; a second call only waits.
   *
   * @param deadline how long accepted calls may take
   * @return the account, in which nothing is missing
   */
  public ShutdownAccount shutdown(Duration deadline) {
    ExecutorStatistics before = statistics();
    Shutdown<G> end = new Shutdown<>(pool, crew, reserve, watchdog);
    long abandoned = end.cutOff(Settings.nanos(deadline));
    int threadsLeft = end.join();
    ExecutorStatistics after = statistics();
    return new ShutdownAccount(
        after.completed() - before.completed(),
        after.failed() - before.failed(),
        after.cancelled() - before.cancelled(),
        abandoned,
        threadsLeft,
        after);
  }

  /**
   * Takes the spare memory of all heaps, also in use.
   *
   * @return bytes given up
   */
  public long trim() {
    return heaps.trim();
  }

  /** Shuts down with a deadline of 30 seconds. */
  @Override
  public void close() {
    shutdown(Duration.ofSeconds(30));
  }

  /**
   * What the executor did and does.
   *
   * @return a snapshot
   */
  public ExecutorStatistics statistics() {
    return pool.statistics(heaps.all(), crew.lost());
  }

  /**
   * What each instance's heap is and did, those of lost threads and those in reserve included.
   *
   * @return a snapshot
   */
  public List<ExecutorStatistics.OfHeap> heaps() {
    return ExecutorStatistics.OfHeap.of(heaps.all());
  }

  @Override
  public String toString() {
    CallQueue<G> queue = pool.queue();
    return "HeapExecutor[" + pool.name() + ", " + queue.phase() + ", " + queue.load() + "]";
  }

  /**
   * How an executor was shut down. The first four count the calls that it had accepted and that had
   * not ended when its shutdown began.
   *
   * @param finished calls that returned normally
   * @param failed calls that failed, those that were abandoned included
   * @param cancelled calls whose callers cancelled them
   * @param abandoned calls that were cut off, waiting or running, since their time was over
   * @param threadsLeft threads that have not ended: what they wait for is not the executor's to end
   * @param total all that the executor ever did
   */
  public record ShutdownAccount(
      long finished,
      long failed,
      long cancelled,
      long abandoned,
      int threadsLeft,
      ExecutorStatistics total) {}

  /**
   * Settings of an executor; each is checked when it is set.
   *
   * @param <G> what a call sees of its guest
   */
  public static final class Builder<G> {
    private static final int MAX_WORKERS = 1024;
    private static final int MAX_QUEUE = 1 << 20;
    private static final int MAX_DEPTH = 64;
    private static final long MIN_STACK = 256L << 10;
    private static final long MAX_STACK = 1L << 30;

    private final GuestFactory<G> factory;
    private final Map<CallClass, Integer> queueCapacities = new EnumMap<>(CallClass.class);
    private String name = "heaps";
    private int workers = Runtime.getRuntime().availableProcessors();
    private Duration ageing = Duration.ofSeconds(1);
    private Duration defaultDeadline = Duration.ofSeconds(60);
    private Duration grace = Duration.ofSeconds(5);
    private int maxDepth = 4;
    private int maxLostThreads = 16;
    private long stackBytes = 16L << 20;
    private Duration trimAfter = Duration.ofMinutes(1);
    private boolean verifyResets;
    private @Nullable Call<? super G, ?> warmUp;
    private HeapListener listener = HeapListener.NONE;

    private Builder(GuestFactory<G> factory) {
      this.factory = Objects.requireNonNull(factory, "factory");
      queueCapacity(1024);
    }

    /**
     * Names the pool in logs, threads and heaps. Default {@code heaps}.
     *
     * @param value not empty
     * @return this
     */
    public Builder<G> name(String value) {
      if (value.isEmpty()) {
        throw new IllegalArgumentException("name is empty, must have a character or more");
      }
      name = value;
      return this;
    }

    /**
     * Threads, each with an instance of its own. Default: the number of processors.
     *
     * @param value 1 to 1024
     * @return this
     */
    public Builder<G> workers(int value) {
      workers = requireRange("workers", value, 1, MAX_WORKERS);
      return this;
    }

    /**
     * Calls that may wait, for each class. Default 1024.
     *
     * @param value 1 to 1,048,576
     * @return this
     */
    public Builder<G> queueCapacity(int value) {
      for (CallClass each : CallClass.values()) {
        queueCapacity(each, value);
      }
      return this;
    }

    /**
     * Calls of one class that may wait. No class takes places of another.
     *
     * @param callClass which
     * @param value 1 to 1,048,576
     * @return this
     */
    public Builder<G> queueCapacity(CallClass callClass, int value) {
      queueCapacities.put(callClass, requireRange("queueCapacity", value, 1, MAX_QUEUE));
      return this;
    }

    /**
     * A call that has waited longer goes before younger ones of any class, so that none waits for
     * ever. Default 1 second.
     *
     * @param value more than zero, at most 30 days
     * @return this
     */
    public Builder<G> ageing(Duration value) {
      ageing = requireDuration("ageing", value);
      return this;
    }

    /**
     * Deadline of calls that name none, from their submission. Default 60 seconds.
     *
     * @param value more than zero, at most 30 days
     * @return this
     */
    public Builder<G> defaultDeadline(Duration value) {
      defaultDeadline = requireDuration("defaultDeadline", value);
      return this;
    }

    /**
     * How long an interrupted call may take to come back before its future fails without it, and
     * its thread is given up. Default 5 seconds.
     *
     * @param value more than zero, at most 30 days
     * @return this
     */
    public Builder<G> grace(Duration value) {
      grace = requireDuration("grace", value);
      return this;
    }

    /**
     * How many calls deep a thread may be in calls that calls make, the first not counted. Each
     * takes an instance of its own. Default 4.
     *
     * @param value 0 to 64; 0 refuses every call from a call
     * @return this
     */
    public Builder<G> maxDepth(int value) {
      maxDepth = requireRange("maxDepth", value, 0, MAX_DEPTH);
      return this;
    }

    /**
     * How many threads that did not come back are replaced. When as many are out there, the place
     * of a further one stays empty until one returns. Default 16.
     *
     * @param value 0 to 1024
     * @return this
     */
    public Builder<G> maxLostThreads(int value) {
      maxLostThreads = requireRange("maxLostThreads", value, 0, MAX_WORKERS);
      return this;
    }

    /**
     * Stack of each thread, which deep guests need. Default 16 MiB.
     *
     * @param value bytes, 256 KiB to 1 GiB
     * @return this
     */
    public Builder<G> stackBytes(long value) {
      stackBytes = requireRange("stackBytes", value, MIN_STACK, MAX_STACK);
      return this;
    }

    /**
     * How long a heap may be idle before its spare memory is taken, and an instance in reserve
     * before it is dropped. Default 1 minute.
     *
     * @param value more than zero, at most 30 days
     * @return this
     */
    public Builder<G> trimAfter(Duration value) {
      trimAfter = requireDuration("trimAfter", value);
      return this;
    }

    /**
     * Whether each reset is verified: slow, for tests and for finding bugs. Default: no.
     *
     * @param value whether to compare the whole instance with a fresh one after each call
     * @return this
     */
    public Builder<G> verifyResets(boolean value) {
      verifyResets = value;
      return this;
    }

    /**
     * A call that each new instance makes before any other, so that none that matters pays for what
     * the first one sets up. If it fails, the instance is not used. Default: none.
     *
     * @param call the work; its result is dropped
     * @return this
     */
    public Builder<G> warmUp(Call<? super G, ?> call) {
      warmUp = Objects.requireNonNull(call, "call");
      return this;
    }

    /**
     * Hooks; for several listeners see {@link HeapListener#all}. Default: none.
     *
     * @param value hears of all heaps of the pool
     * @return this
     */
    public Builder<G> listener(HeapListener value) {
      listener = Objects.requireNonNull(value, "listener");
      return this;
    }

    /**
     * Makes the executor and starts its threads, each of which makes its instance at once.
     *
     * @return a running executor
     */
    public HeapExecutor<G> build() {
      CallQueue<G> queue = new CallQueue<>(queueCapacities, ageing.toNanos());
      PoolContext<G> pool =
          new PoolContext<>(
              name,
              factory,
              listener,
              queue,
              workers,
              maxLostThreads,
              stackBytes,
              grace.toNanos(),
              trimAfter.toNanos(),
              verifyResets,
              warmUp);
      HeapExecutor<G> executor = new HeapExecutor<>(pool, defaultDeadline.toNanos(), maxDepth);
      try {
        queue.prime();
        executor.reserve.prime();
        executor.watchdog.start();
        executor.crew.start();
      } catch (Throwable e) {
        queue.close(); // No more threads to be had: none may stay behind.
        throw e;
      }
      return executor;
    }
  }
}
