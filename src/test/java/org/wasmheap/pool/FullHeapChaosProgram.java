package org.wasmheap.pool;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;

import com.google.common.util.concurrent.ListenableFuture;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.GuestCall;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.testkit.BareHeaps;

/**
 * Threads submit and cancel calls, some of which fill the Java heap, keep it full beyond their
 * deadlines and make calls of their own, while others are small; then memory is there again. For a
 * JVM of its own with little memory; says in its last line what became of all.
 */
final class FullHeapChaosProgram {
  private static final int SUBMITTERS = 2;
  private static final long SUBMIT_NANOS = SECONDS.toNanos(4);
  private static final long HOLD_NANOS = MILLISECONDS.toNanos(60);
  private static final long PAUSE_NANOS = MILLISECONDS.toNanos(1);
  private static final long LIMIT_NANOS = SECONDS.toNanos(20);
  private static final int LATER = 20;

  private static final CallOptions NESTED = CallOptions.named("nested");
  private static final CallOptions SMALL = CallOptions.named("small");

  private final HeapExecutor<HeapHandle> executor;
  private final ListenableFuture<?>[] calls = new ListenableFuture<?>[1 << 16];
  private final AtomicInteger submitted = new AtomicInteger();
  private final AtomicInteger submitting = new AtomicInteger(SUBMITTERS);

  private FullHeapChaosProgram(HeapExecutor<HeapHandle> executor) {
    this.executor = executor;
  }

  // A class, not a lambda: the JVM never again links a lambda that it could not once.

  /** A call that takes all the memory that there is, and holds it. */
  private final class Greedy implements GuestCall<HeapHandle, Integer> {
    private final boolean nests;

    Greedy(boolean nests) {
      this.nests = nests;
    }

    @Override
    public Integer run(HeapHandle heap) throws Exception {
      Object[] chain = new Object[2];
      OutOfMemoryError full = null;
      int size = 1 << 14;
      while (size > 4) {
        try {
          Object[] next = new Object[size];
          next[0] = chain;
          chain = next;
        } catch (OutOfMemoryError e) {
          full = e;
          size /= 2;
        }
      }
      long until = System.nanoTime() + HOLD_NANOS;
      while (System.nanoTime() - until < 0) {
        nest();
        LockSupport.parkNanos(PAUSE_NANOS);
      }
      if (chain[0] == null) {
        throw new IllegalStateException("nothing was held");
      }
      throw full;
    }

    private void nest() throws InterruptedException {
      try {
        if (nests) {
          executor.call(NESTED, new Small());
        }
      } catch (OutOfMemoryError | CallException e) {
        LockSupport.parkNanos(PAUSE_NANOS);
      }
    }
  }

  /** A call that gives where its block is, which tells whether its heap was as new. */
  private static final class Small implements GuestCall<HeapHandle, Integer> {
    @Override
    public Integer run(HeapHandle heap) {
      return heap.malloc(8);
    }
  }

  private final class Submitter extends Thread {
    private final CountDownLatch go;
    private final Random random;

    Submitter(CountDownLatch go, long seed) {
      this.go = go;
      this.random = new Random(seed);
    }

    @Override
    public void run() {
      try {
        go.await(20, TimeUnit.SECONDS); // All begin while there is memory for their threads.
        long until = System.nanoTime() + SUBMIT_NANOS;
        for (int i = 0; System.nanoTime() - until < 0; i++) {
          try {
            submit(i);
          } catch (OutOfMemoryError e) {
            LockSupport.parkNanos(PAUSE_NANOS); // Nothing was submitted.
          }
          LockSupport.parkNanos(PAUSE_NANOS);
        }
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      } finally {
        submitting.decrementAndGet();
      }
    }

    private void submit(int i) {
      Duration deadline = Duration.ofMillis(20 + random.nextInt(200));
      CallOptions options = CallOptions.named("call").withDeadline(deadline);
      ListenableFuture<Integer> call =
          executor.submit(options, i % 5 == 0 ? new Greedy(i % 2 == 0) : new Small());
      calls[submitted.getAndIncrement()] = call;
      if (i % 7 == 0) {
        call.cancel(random.nextBoolean());
      }
    }
  }

  /** Does something until there is memory to do it. */
  private static <T> T insist(Callable<T> step) throws Exception {
    long until = System.nanoTime() + LIMIT_NANOS;
    while (true) {
      try {
        return step.call();
      } catch (OutOfMemoryError | CallException e) {
        if (System.nanoTime() - until > 0) {
          throw e;
        }
        LockSupport.parkNanos(10 * PAUSE_NANOS);
      }
    }
  }

  private int undone() {
    int undone = 0;
    long until = System.nanoTime() + LIMIT_NANOS;
    for (int i = 0; i < submitted.get(); i++) {
      while (!calls[i].isDone() && System.nanoTime() - until < 0) {
        LockSupport.parkNanos(PAUSE_NANOS);
      }
      undone += calls[i].isDone() ? 0 : 1;
    }
    return undone;
  }

  private String run() throws Exception {
    // Lambdas are linked here, where there is memory, and tried.
    Callable<Integer> later = () -> executor.call(SMALL, new Small());
    Callable<Boolean> ready = () -> executor.awaitReady(Duration.ofSeconds(20)).isReady();
    Callable<ExecutorStatistics> statistics = executor::statistics;
    insist(later);
    insist(ready);
    insist(statistics);
    CountDownLatch go = new CountDownLatch(1);
    for (int i = 0; i < SUBMITTERS; i++) {
      new Submitter(go, i).start();
    }
    go.countDown();
    while (submitting.get() > 0) {
      LockSupport.parkNanos(PAUSE_NANOS);
    }
    int undone = undone();
    while (insist(statistics).abandonedThreads() > 0) { // They hold memory until they return.
      LockSupport.parkNanos(PAUSE_NANOS);
    }
    int succeeded = 0;
    for (int i = 0; i < LATER; i++) {
      succeeded += insist(later) == BareHeaps.FIRST_POINTER ? 1 : 0;
    }
    boolean full = insist(ready);
    boolean drained = executor.drain(Duration.ofSeconds(20));
    ExecutorStatistics end = executor.shutdown(Duration.ofSeconds(5)).total();
    long ended = end.completed() + end.failed() + end.rejected() + end.cancelled();
    System.out.println(end); // For who runs it by hand; the test reads the last line alone.
    return String.join(
        " ",
        "undone=" + undone,
        "succeeded=" + succeeded,
        "ready=" + full,
        "drained=" + drained,
        "unaccounted=" + (end.submitted() - ended),
        "running=" + end.running(),
        "instances=" + end.instances(),
        "lost=" + end.abandonedThreads());
  }

  /** Says what became of the calls. */
  public static void main(String[] args) throws Exception {
    HeapExecutor<HeapHandle> executor =
        BareHeaps.executor().workers(3).queueCapacity(100).grace(Duration.ofMillis(50)).build();
    // Standard output is how a program tells the test that started it.
    System.out.println(new FullHeapChaosProgram(executor).run());
  }
}
