package org.wasmheap.pool;

import static org.wasmheap.pool.Ranges.requireDuration;
import static org.wasmheap.pool.Ranges.requireRange;

import com.google.common.collect.Maps;
import com.google.common.util.concurrent.ListenableFuture;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.guest.GuestCall;
import org.wasmheap.guest.GuestFactory;
import org.wasmheap.heap.GrowthPolicy;
import org.wasmheap.memory.MemoryBudget;
import org.wasmheap.pool.CallOptions.CallClass;
import org.wasmheap.text.Printable;

/**
 * Runs calls on a pool of isolated heaps, each with a guest and a thread of its own.
 *
 * <ol>
 *   <li>Every call starts on a pristine instance, indistinguishable from a fresh one: memory, size,
 *       globals, allocator and host context. The reset comes before the future completes.
 *   <li>At every instant an instance has one owner: a worker for life, or the thread of a call
 *       inside another for the length of that call.
 *   <li>An instance whose call did not end normally is discarded and replaced in the background; no
 *       thread of a caller ever runs a factory, and capacity comes back as soon as it works.
 *   <li>Every submitted call completes: with its result, or with a {@link CallException}, or
 *       cancelled. A call that finds no room fails at once with {@link FailureKind#REJECTED}.
 *   <li>A deadline includes the time in the queue. A running call is interrupted, but only while
 *       that very call runs, and inside a host function only while that calls the guest back.
 *   <li>Pool size, timing, hooks and logging never change a result.
 * </ol>
 *
 * <p>All methods may be called from any thread.
 *
 * @param <G> what a call sees of its guest
 */
public final class HeapExecutor<G> implements AutoCloseable {
  private final House<G> house;

  private HeapExecutor(PoolSettings<G> settings) {
    this.house = new House<>(settings);
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
   * Submits a call with {@link CallOptions#DEFAULT}.
   *
   * @param call the work
   * @param <R> what it returns
   * @return as {@link #submit(CallOptions, GuestCall)} says
   */
  public <R extends @Nullable Object> ListenableFuture<R> submit(
      GuestCall<? super G, ? extends R> call) {
    return house.submissions.submit(CallOptions.DEFAULT, call);
  }

  /**
   * Submits a call. Inside a running call, of whichever executor, it runs at once on that thread,
   * on a nested slot, and the future is done when this returns. A listener of a call that has ended
   * is in that call no more: what it submits queues, unless it runs inside another call.
   *
   * @param options class, deadline, context, name
   * @param call the work
   * @param <R> what it returns
   * @return completes always, on whichever thread ends the call, so its listeners must not block
   *     there; cancelling it frees its place in the queue, or interrupts it if asked to
   */
  public <R extends @Nullable Object> ListenableFuture<R> submit(
      CallOptions options, GuestCall<? super G, ? extends R> call) {
    return house.submissions.submit(options, call);
  }

  /**
   * Makes a call with {@link CallOptions#DEFAULT} and waits for its result.
   *
   * @param call the work
   * @param <R> what it returns
   * @return the result
   * @throws CallException if the call failed
   * @throws InterruptedException if the calling thread is interrupted; the call is then cancelled
   */
  public <R extends @Nullable Object> R call(GuestCall<? super G, ? extends R> call)
      throws InterruptedException {
    return call(CallOptions.DEFAULT, call);
  }

  /**
   * Makes a call and waits for its result, at most until its deadline and the grace time are over.
   * On a worker's thread, of whichever executor, it runs at once on that thread, in listeners and
   * hooks, too.
   *
   * @param options class, deadline, context, name
   * @param call the work
   * @param <R> what it returns
   * @return the result
   * @throws CallException if the call failed
   * @throws InterruptedException if the calling thread is interrupted; the call is then cancelled
   */
  public <R extends @Nullable Object> R call(
      CallOptions options, GuestCall<? super G, ? extends R> call) throws InterruptedException {
    CallTask<G, R> task = house.submissions.submitAndWait(options, call);
    return task.await(house.submissions.longestNanos(options));
  }

  /**
   * The number of a call: the same as in log events, reports, and exceptions' messages.
   *
   * @param future as {@code submit} gave it, and not one that was made of it
   * @return 1 and up, unique in its executor
   * @throws IllegalArgumentException if it is the future of no call
   */
  public static long callNumber(ListenableFuture<?> future) {
    if (Objects.requireNonNull(future, "future") instanceof CallTask<?, ?> task) {
      return task.number();
    }
    throw new IllegalArgumentException("the future of no call: a " + future.getClass().getName());
  }

  /**
   * Waits until every worker has an instance, or as many as are always kept: after the start, or
   * after calls that ended badly.
   *
   * @param limit how long to wait at most
   * @return how the executor is then: {@link ExecutorStatistics.Health#isReady} if so many have
   *     one; if not, with what the factory failed with
   * @throws InterruptedException if the calling thread is interrupted
   */
  public ExecutorStatistics.Health awaitReady(Duration limit) throws InterruptedException {
    return house.figures.awaitReady(Ranges.nanos(limit));
  }

  /**
   * Accepts no more calls, and waits for those that were accepted.
   *
   * @param limit how long to wait at most
   * @return whether all have ended; if not, they go on
   */
  public boolean drain(Duration limit) {
    return house.queue.drain(Ranges.nanos(limit));
  }

  /**
   * Accepts no more calls, lets those that were accepted end until the deadline, then fails those
   * that wait and interrupts those that run. Returns at the latest when the deadline and twice the
   * grace time are over; a second call only waits.
   *
   * @param deadline how long accepted calls may take
   * @return the account, in which nothing is missing
   */
  public ExecutorStatistics.ShutdownAccount shutdown(Duration deadline) {
    return house.shutdown(Ranges.nanos(deadline));
  }

  /**
   * Sets how many threads take calls. No call is lost: those that are too many end when the calls
   * that they run are over; one that is in a factory, or pauses after it failed there, some seconds
   * later, or when its time is over. Nothing happens once the executor accepts no more calls.
   *
   * <p>If the JVM cannot start a thread, that is an {@link OutOfMemoryError}; the number counts all
   * the same, and the missing threads are started later.
   *
   * @param value 1 to 1024
   */
  public void workers(int value) {
    house.workers.resize(requireRange("workers", value, 1, Builder.MAX_WORKERS));
  }

  /**
   * Takes all memory that is kept for later, also of heaps in use.
   *
   * @return bytes
   */
  public long trim() {
    return house.member.trim();
  }

  /** Shuts down with a deadline of 30 seconds. */
  @Override
  public void close() {
    shutdown(Duration.ofSeconds(30));
  }

  /**
   * Adds a listener while the executor lives; it hears of what happens from here on.
   *
   * @param listener hears after those that are there
   */
  public void addListener(PoolListener listener) {
    house.settings.listener().add(listener);
  }

  /**
   * Lets a listener go. A thread that is about to tell it may still do so.
   *
   * @param listener one that was added, or that the builder was given
   * @return whether it was there, or all that were joined in it
   */
  public boolean removeListener(PoolListener listener) {
    return house.settings.listener().remove(listener);
  }

  /**
   * What the executor did and does.
   *
   * @return a snapshot
   */
  public ExecutorStatistics statistics() {
    return house.figures.statistics();
  }

  /**
   * Whether the executor is well.
   *
   * @return a snapshot
   */
  public ExecutorStatistics.Health health() {
    return house.figures.health();
  }

  /**
   * What each instance's heap is and did, those of abandoned threads and nested ones included.
   *
   * @return a snapshot
   */
  public List<ExecutorStatistics.OfHeap> heaps() {
    return house.figures.heaps();
  }

  /**
   * As it was set.
   *
   * @return what all memory of its instances is taken from
   */
  public MemoryBudget memoryBudget() {
    return house.settings.budget();
  }

  @Override
  public String toString() {
    return "HeapExecutor["
        + Printable.name(house.settings.name())
        + ", "
        + house.queue.phase()
        + ", "
        + house.queue.load()
        + "]";
  }

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
    private Duration instanceDeadline = Duration.ofSeconds(60);
    private int minInstances = MAX_WORKERS;
    private int maxDepth = 4;
    private int maxAbandonedThreads = 16;
    private long stackBytes = 16L << 20;
    private MemoryBudget memoryBudget = MemoryBudget.unlimited();
    private Duration trimAfter = Duration.ofMinutes(1);
    private boolean verifyResets;
    private @Nullable WarmUp<G> warmUp;
    private GrowthPolicy growthPolicy = GrowthPolicy.ALLOW_ALL;
    private PoolListener listener = PoolListener.NONE;

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
     * Threads, each with an instance of its own; {@link HeapExecutor#workers} changes their number
     * later. Default: the number of processors.
     *
     * @param value 1 to 1024
     * @return this
     */
    public Builder<G> workers(int value) {
      workers = requireRange("workers", value, 1, MAX_WORKERS);
      return this;
    }

    /**
     * Workers that have an instance at all times. Each other makes one when more calls wait than
     * threads that could take them, and gives it up when none has needed it for {@link #trimAfter}.
     * Default 1024, which is all.
     *
     * @param value 0 to 1024
     * @return this
     */
    public Builder<G> minInstances(int value) {
      minInstances = requireRange("minInstances", value, 0, MAX_WORKERS);
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
     * How long a call waits before it has aged. The more urgent class goes first; but if the call
     * that has waited longest of all has aged, it is taken after three others at the latest,
     * whatever its class is. So nothing waits for ever, and at most every fourth call is taken out
     * of the order of the classes, however many have aged. Default 1 second.
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
     * How long an instance may take to be made, its {@link #warmUp} included, before the thread
     * that makes it is interrupted. A factory that fails then is asked again, as after any other
     * failure. Default 60 seconds.
     *
     * @param value more than zero, at most 30 days
     * @return this
     */
    public Builder<G> instanceDeadline(Duration value) {
      instanceDeadline = requireDuration("instanceDeadline", value);
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
    public Builder<G> maxAbandonedThreads(int value) {
      maxAbandonedThreads = requireRange("maxAbandonedThreads", value, 0, MAX_WORKERS);
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
     * What all memory of the instances is taken from. Any number of executors may share one: where
     * it does not suffice, they give up what they keep for later, and then growth is refused, and
     * instances are made when some is free again. Default {@link MemoryBudget#unlimited()}.
     *
     * @param value the budget
     * @return this
     */
    public Builder<G> memoryBudget(MemoryBudget value) {
      memoryBudget = Objects.requireNonNull(value, "memoryBudget");
      return this;
    }

    /**
     * How long memory that is kept for later may be unused before it is given up, and a nested
     * instance before it is dropped. Default 1 minute.
     *
     * @param value more than zero, at most 30 days
     * @return this
     */
    public Builder<G> trimAfter(Duration value) {
      trimAfter = requireDuration("trimAfter", value);
      return this;
    }

    /**
     * Whether each reset is verified: slow, for tests and for finding bugs. What a memory cannot
     * tell by {@code difference()} is not seen. Default: no.
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
    public Builder<G> warmUp(GuestCall<? super G, ?> call) {
      return warmUp(call, () -> null);
    }

    /**
     * The same with a host context, so that a block can be what warms an instance up.
     *
     * @param call the work; its result is dropped
     * @param context gives each such call its own, on the thread that makes the instance; many
     *     threads ask at once
     * @return this
     */
    public Builder<G> warmUp(
        GuestCall<? super G, ?> call, Supplier<? extends @Nullable Object> context) {
      warmUp =
          new WarmUp<>(
              Objects.requireNonNull(call, "call"), Objects.requireNonNull(context, "context"));
      return this;
    }

    /**
     * Has a say in the growth of memories. Default: all growth that a memory's maximum allows.
     *
     * @param value asked before each growth
     * @return this
     */
    public Builder<G> growthPolicy(GrowthPolicy value) {
      growthPolicy = Objects.requireNonNull(value, "growthPolicy");
      return this;
    }

    /**
     * Hooks; for several listeners see {@link PoolListener#all}. Default: none.
     *
     * @param value hears of all heaps of the pool
     * @return this
     */
    public Builder<G> listener(PoolListener value) {
      listener = Objects.requireNonNull(value, "listener");
      return this;
    }

    /**
     * Makes the executor and starts its threads. Each makes its instance at once, but for those
     * beyond {@link #minInstances}, which wait until calls need them.
     *
     * @return a running executor
     */
    public HeapExecutor<G> build() {
      PoolSettings<G> settings =
          new PoolSettings<>(
              name,
              factory,
              warmUp,
              GuardedPoolListener.of(listener),
              growthPolicy,
              workers,
              minInstances,
              maxAbandonedThreads,
              stackBytes,
              Maps.immutableEnumMap(queueCapacities),
              ageing.toNanos(),
              defaultDeadline.toNanos(),
              grace.toNanos(),
              instanceDeadline.toNanos(),
              maxDepth,
              memoryBudget,
              trimAfter.toNanos(),
              verifyResets);
      HeapExecutor<G> executor = new HeapExecutor<>(settings);
      executor.house.start();
      return executor;
    }
  }
}
