package org.wasmheap.pool;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;

import com.google.common.util.concurrent.ListenableFuture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.GuestCall;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.testkit.BareHeaps;

/**
 * Fills the Java heap from calls and keeps it full, past deadlines too; then gives it back and
 * makes calls again. For a JVM of its own with little memory; says in its last line what became of
 * them.
 */
final class FullHeapProgram {
  private static final int GREEDY = 40;
  private static final int LATER = 20;

  // Linked here: a lambda that is linked first when there is no memory never works again.
  private static final GuestCall<HeapHandle, Integer> MALLOC = heap -> heap.malloc(8);

  private FullHeapProgram() {}

  /** Takes all memory there is, holds it for a while, and fails for want of it. */
  private static Integer takeAll(CountDownLatch go) throws InterruptedException {
    go.await(60, SECONDS);
    List<byte[]> all = new ArrayList<>();
    int size = 1 << 16;
    OutOfMemoryError full = null;
    while (size > 16) {
      try {
        all.add(new byte[size]);
      } catch (OutOfMemoryError e) {
        full = e;
        size /= 2;
      }
    }
    // Not on a latch: that takes memory, and waits for it on newer JDKs.
    LockSupport.parkNanos(MILLISECONDS.toNanos(100));
    if (all.get(0).length == 0) {
      throw new IllegalStateException("nothing was held");
    }
    throw full;
  }

  /** Says what became of the calls. */
  public static void main(String[] args) throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    HeapExecutor<HeapHandle> executor =
        BareHeaps.executor().workers(2).queueCapacity(GREEDY).build();
    executor.awaitReady(Duration.ofSeconds(20));
    List<ListenableFuture<Integer>> greedy = new ArrayList<>();
    for (int i = 0; i < GREEDY; i++) {
      CallOptions options =
          CallOptions.named("greedy").withDeadline(Duration.ofMillis(200 + 200L * (i % 10)));
      greedy.add(executor.submit(options, heap -> takeAll(go)));
    }
    go.countDown(); // Submitting takes memory.
    int failed = 0;
    for (ListenableFuture<Integer> call : greedy) {
      failed += fails(call) ? 1 : 0;
    }
    while (isFull(executor)) {
      TimeUnit.MILLISECONDS.timedJoin(Thread.currentThread(), 10);
    }
    executor.awaitReady(Duration.ofSeconds(20));
    int succeeded = 0;
    for (int i = 0; i < LATER; i++) {
      int pointer = executor.call(CallOptions.named("later"), MALLOC);
      succeeded += pointer == BareHeaps.FIRST_POINTER ? 1 : 0;
    }
    boolean drained = executor.drain(Duration.ofSeconds(20));
    ExecutorStatistics end = executor.shutdown(Duration.ofSeconds(5)).total();
    // Standard output is how a program tells the test that started it.
    System.out.println(
        String.join(
            " ",
            "failed=" + failed,
            "succeeded=" + succeeded,
            "drained=" + drained,
            "submitted=" + end.submitted(),
            "ended=" + (end.completed() + end.failed() + end.rejected() + end.cancelled()),
            "running=" + end.running(),
            "lost=" + end.abandonedThreads()));
  }

  /** A call whose time is over, or whose thread was given up, may hold memory for a while more. */
  private static boolean isFull(HeapExecutor<HeapHandle> executor) {
    try {
      ExecutorStatistics now = executor.statistics();
      return now.running() + now.abandonedThreads() > 0;
    } catch (OutOfMemoryError e) {
      return true;
    }
  }

  private static boolean fails(ListenableFuture<Integer> call) throws Exception {
    while (true) {
      try {
        call.get(60, SECONDS);
        return false;
      } catch (ExecutionException e) {
        return e.getCause() instanceof CallException;
      } catch (OutOfMemoryError e) {
        TimeUnit.MILLISECONDS.timedJoin(Thread.currentThread(), 10); // Even asking takes memory.
      }
    }
  }
}
