package org.wasmheap.pool;

import com.google.common.util.concurrent.ListenableFuture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.wasmheap.heap.FailureKind;
import org.wasmheap.heap.Heap;
import org.wasmheap.heap.HeapListener;

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
  private final String name;
  private final GuestFactory<G> factory;
  private final HeapListener listener;
  private final CallQueue<G> queue;
  private final List<Worker<G>> workers;
  private final Thread watchdog;
  private final long defaultDeadlineNanos;
  private final Duration grace;
  private final boolean verifiesResets;
  private final Counters counters = new Counters();

  /** Counts heaps, and calls; each is taken atomically, and nothing depends on the order. */
  private final AtomicLong heapNumber = new AtomicLong();

  private final AtomicLong callNumber = new AtomicLong();

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

  private HeapExecutor(Builder<G> settings) {
    this.name = settings.name;
    this.factory = settings.factory;
    this.listener = settings.listener;
    this.queue = new CallQueue<>(settings.queueCapacity);
    this.defaultDeadlineNanos = settings.defaultDeadline.toNanos();
    this.grace = settings.grace;
    this.workers = new ArrayList<>();
    for (int i = 1; i <= settings.workers; i++) {
      workers.add(new Worker<>(this, name + "-worker-" + i, settings.stackBytes));
    }
    long idleNanos = settings.trimAfter.toNanos();
    this.watchdog =
        new Thread(
            new Watchdog<>(
                queue, new IdleTrimmer<>(workers, idleNanos), grace.toNanos(), idleNanos),
            name + "-watchdog");
    this.verifiesResets = settings.verifyResets;
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
   * Submits a call.
   *
   * @param options name, deadline, context
   * @param call the work
   * @param <R> what it returns
   * @return a future that completes always; cancelling it frees the call's place in the queue, or
   *     interrupts it if asked to
   */
  public <R> ListenableFuture<R> submit(CallOptions options, Call<? super G, ? extends R> call) {
    Objects.requireNonNull(call, "call");
    Duration deadline = options.deadline();
    CallTask<G, R> task =
        new CallTask<>(
            this,
            call,
            options,
            callNumber.incrementAndGet(),
            System.nanoTime(),
            deadline == null ? defaultDeadlineNanos : deadline.toNanos());
    counters.submitted.increment();
    CallQueue.Phase refusal = queue.offer(task);
    if (refusal != null) {
      task.reject(Failures.rejected(task, name, refusal, queue));
    }
    return task;
  }

  /**
   * Makes a call and waits for its result, at most until its deadline and the grace time are over.
   *
   * @param options name, deadline, context
   * @param call the work
   * @param <R> what it returns
   * @return the result
   * @throws CallException if the call failed
   * @throws InterruptedException if the calling thread is interrupted; the call is then cancelled
   */
  public <R> R call(CallOptions options, Call<? super G, ? extends R> call)
      throws InterruptedException {
    ListenableFuture<R> future = submit(options, call);
    Duration deadline = options.deadline();
    long limit = deadline == null ? defaultDeadlineNanos : deadline.toNanos();
    try {
      return future.get(limit + 2 * grace.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      future.cancel(true);
      throw e;
    } catch (TimeoutException e) {
      future.cancel(true);
      throw new CallException(
          FailureKind.DEADLINE, "call '" + options.name() + "' did not end in its time", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof CallException failure) {
        throw failure;
      }
      throw new IllegalStateException("a call fails with a CallException only", e);
    }
  }

  /**
   * Waits until every worker has an instance: after the start, or after calls that ended badly.
   *
   * @param limit how long to wait at most
   * @return whether every worker has one
   * @throws InterruptedException if the calling thread is interrupted
   */
  public boolean awaitReady(Duration limit) throws InterruptedException {
    return queue.awaitInstances(workers.size(), System.nanoTime() + CallOptions.nanos(limit));
  }

  /**
   * Accepts no more calls, lets those that were accepted end until the deadline, then fails those
   * that wait and interrupts those that run. Returns at the latest when the deadline and twice the
   * grace time are over; a second call only waits.
   *
   * @param deadline how long accepted calls may take
   * @return the account, in which nothing is missing
   */
  public ExecutorStatistics shutdown(Duration deadline) {
    queue.drain(CallOptions.nanos(deadline));
    CallQueue.Due<G> left = queue.close();
    left.waiting().forEach(task -> task.fail(Failures.cutOff(task, name, "waited")));
    left.running().forEach(task -> task.interrupt(FailureKind.SHUTDOWN));
    if (!queue.awaitIdle(System.nanoTime() + grace.toNanos())) {
      // Again: the first may have come before the worker began the call.
      left.running().forEach(task -> task.interrupt(FailureKind.SHUTDOWN));
      left.running().forEach(task -> task.fail(Failures.cutOff(task, name, "ran")));
    }
    join();
    return statistics();
  }

  /** Waits for the threads, a grace time for all together. */
  private void join() {
    long until = System.nanoTime() + grace.toNanos();
    try {
      for (Worker<G> worker : workers) {
        worker.join(until - System.nanoTime());
      }
      TimeUnit.NANOSECONDS.timedJoin(watchdog, Math.max(1, until - System.nanoTime()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Takes the spare memory of all heaps, also in use.
   *
   * @return bytes given up
   */
  public long trim() {
    long bytes = 0;
    for (Worker<G> worker : workers) {
      Heap heap = worker.heap();
      bytes += heap == null ? 0 : heap.memory().trim();
    }
    return bytes;
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
    int instances = 0;
    long bytes = 0;
    for (Worker<G> worker : workers) {
      Heap heap = worker.heap();
      if (heap != null) {
        instances++;
        bytes += heap.memory().materialisedBytes();
      }
    }
    return new ExecutorStatistics(
        counters.submitted.sum(),
        counters.completed.sum(),
        counters.failed.sum(),
        counters.rejected.sum(),
        counters.cancelled.sum(),
        queue.waiting(),
        queue.running(),
        workers.size(),
        instances,
        counters.replaced.sum(),
        counters.poisoned.sum(),
        bytes);
  }

  @Override
  public String toString() {
    return "HeapExecutor[" + name + ", " + queue.phase() + ", " + statistics() + "]";
  }

  String name() {
    return name;
  }

  String nextHeapName() {
    return name + "/" + heapNumber.incrementAndGet();
  }

  GuestFactory<G> factory() {
    return factory;
  }

  HeapListener listener() {
    return listener;
  }

  CallQueue<G> queue() {
    return queue;
  }

  boolean verifiesResets() {
    return verifiesResets;
  }

  Counters counters() {
    return counters;
  }

  /**
   * Settings of an executor; each is checked when it is set.
   *
   * @param <G> what a call sees of its guest
   */
  public static final class Builder<G> {
    private static final int MAX_WORKERS = 1024;
    private static final int MAX_QUEUE = 1 << 20;
    private static final long MAX_STACK = 1L << 30;

    private final GuestFactory<G> factory;
    private String name = "heaps";
    private int workers = Runtime.getRuntime().availableProcessors();
    private int queueCapacity = 1024;
    private Duration defaultDeadline = Duration.ofSeconds(60);
    private Duration grace = Duration.ofSeconds(5);
    private long stackBytes = 16L << 20;
    private Duration trimAfter = Duration.ofMinutes(1);
    private boolean verifyResets;
    private HeapListener listener = new HeapListener() {};

    private Builder(GuestFactory<G> factory) {
      this.factory = Objects.requireNonNull(factory, "factory");
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
     * Threads, each with a heap of its own. Default: the number of processors.
     *
     * @param value 1 to 1024
     * @return this
     */
    public Builder<G> workers(int value) {
      workers = (int) requireRange("workers", value, 1, MAX_WORKERS);
      return this;
    }

    /**
     * Calls that may wait. Default 1024.
     *
     * @param value 1 to 1,048,576
     * @return this
     */
    public Builder<G> queueCapacity(int value) {
      queueCapacity = (int) requireRange("queueCapacity", value, 1, MAX_QUEUE);
      return this;
    }

    /**
     * Deadline of calls that name none, from their submission. Default 60 seconds.
     *
     * @param value more than zero, at most 30 days
     * @return this
     */
    public Builder<G> defaultDeadline(Duration value) {
      CallOptions.requireDeadline("defaultDeadline", value);
      defaultDeadline = value;
      return this;
    }

    /**
     * How long an interrupted call may take to come back before its future fails without it.
     * Default 5 seconds.
     *
     * @param value more than zero, at most 30 days
     * @return this
     */
    public Builder<G> grace(Duration value) {
      CallOptions.requireDeadline("grace", value);
      grace = value;
      return this;
    }

    /**
     * Stack of each thread, which deep guests need. Default 16 MiB.
     *
     * @param value bytes, 256 KiB to 1 GiB
     * @return this
     */
    public Builder<G> stackBytes(long value) {
      stackBytes = requireRange("stackBytes", value, 256L << 10, MAX_STACK);
      return this;
    }

    /**
     * How long a heap may be idle before its spare memory is taken. Default 1 minute.
     *
     * @param value more than zero, at most 30 days
     * @return this
     */
    public Builder<G> trimAfter(Duration value) {
      CallOptions.requireDeadline("trimAfter", value);
      trimAfter = value;
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
     * Hooks. Default: none.
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
      HeapExecutor<G> executor = new HeapExecutor<>(this);
      try {
        executor.watchdog.start();
        executor.workers.forEach(Worker::start);
      } catch (Throwable e) {
        executor.queue.close(); // No more threads to be had: none may stay behind.
        throw e;
      }
      return executor;
    }

    private static long requireRange(String setting, long value, long least, long most) {
      if (value < least || value > most) {
        throw new IllegalArgumentException(
            setting + " is " + value + ", must be " + least + " to " + most);
      }
      return value;
    }
  }
}
