package org.wasmheap.bench;

import com.google.common.util.concurrent.Futures;
import com.google.common.util.concurrent.ListenableFuture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.LockSupport;
import org.wasmheap.allocator.BlockLimit;
import org.wasmheap.allocator.FreeingBumpAllocator;
import org.wasmheap.guest.GuestCall;
import org.wasmheap.guest.GuestFactory;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.memory.FlatMemory;
import org.wasmheap.pool.CallOptions;
import org.wasmheap.pool.CallOptions.CallClass;
import org.wasmheap.pool.HeapExecutor;

/**
 * How long block import takes behind 1,000 off-chain calls of 1, 5 and 10 ms that are all older
 * than the ageing time, on 2 workers. Imports are made one after the other while off-chain calls
 * wait, and take no time of their own. Prints a line for each length of the off-chain calls; the
 * last column tells how many of those calls the slowest import waited for.
 *
 * <p>An off-chain call holds its worker and uses no processor, so that the figures tell of the
 * queue alone.
 *
 * <pre>{@code
 * mvn -q test-compile exec:exec@jmh -Djmh.main=org.wasmheap.bench.ImportBehindBacklog
 * }</pre>
 */
public final class ImportBehindBacklog {
  private static final int BACKLOG = 1_000;
  private static final int ROUNDS = 3;
  private static final int WORKERS = 2;
  private static final int HEAP_BASE = 1024;
  private static final int FIRST_POINTER = HEAP_BASE + FreeingBumpAllocator.HEADER_BYTES;
  private static final Duration AGEING = Duration.ofMillis(100);
  private static final CallOptions OFF_CHAIN =
      CallOptions.named("query").withClass(CallClass.OFF_CHAIN);
  private static final CallOptions IMPORT =
      CallOptions.named("import").withClass(CallClass.BLOCK_IMPORT);

  private ImportBehindBacklog() {}

  /**
   * Measures.
   *
   * @param arguments none
   */
  public static void main(String[] arguments) throws Exception {
    // The table is what this program is for.
    System.out.println("off-chain   imports    p50 ms    p99 ms    max ms   max, in calls");
    measure(1, 1); // Until the code is compiled.
    for (int millis : new int[] {1, 5, 10}) {
      List<Long> nanos = measure(millis, ROUNDS);
      double most = millisAt(nanos, 1);
      System.out.printf(
          Locale.ROOT,
          "%6d ms  %8d  %8.2f  %8.2f  %8.2f  %14.1f%n",
          millis,
          nanos.size(),
          millisAt(nanos, 0.5),
          millisAt(nanos, 0.99),
          most,
          most / millis);
    }
  }

  /** What imports took, the shortest first. */
  private static List<Long> measure(int millis, int rounds)
      throws InterruptedException, ExecutionException {
    List<Long> nanos = new ArrayList<>();
    try (HeapExecutor<HeapHandle> executor =
        HeapExecutor.builder(
                GuestFactory.bare(
                    new FlatMemory(1, 4).capture(4096), HEAP_BASE, BlockLimit.ON_CHAIN))
            .workers(WORKERS)
            .queueCapacity(BACKLOG)
            .ageing(AGEING)
            .build()) {
      executor.awaitReady(Duration.ofSeconds(30));
      for (int round = 0; round < rounds; round++) {
        measure(executor, millis, nanos);
      }
    }
    nanos.sort(null);
    return nanos;
  }

  private static void measure(HeapExecutor<HeapHandle> executor, int millis, List<Long> nanos)
      throws InterruptedException, ExecutionException {
    CountDownLatch go = new CountDownLatch(1);
    CountDownLatch busy = new CountDownLatch(WORKERS);
    List<ListenableFuture<?>> offChain = new ArrayList<>();
    for (int worker = 0; worker < WORKERS; worker++) {
      offChain.add(
          executor.submit(
              OFF_CHAIN,
              heap -> {
                busy.countDown();
                go.await();
                return 0;
              }));
    }
    busy.await();
    GuestCall<HeapHandle, Integer> query = heap -> hold(Duration.ofMillis(millis).toNanos());
    for (int call = 0; call < BACKLOG; call++) {
      offChain.add(executor.submit(OFF_CHAIN, query));
    }
    hold(2 * AGEING.toNanos()); // All of them age.
    go.countDown();
    while (executor.statistics().queued() > 0) {
      long began = System.nanoTime();
      int pointer = executor.call(IMPORT, heap -> heap.malloc(64));
      nanos.add(System.nanoTime() - began);
      Expected.require(pointer == FIRST_POINTER, "an import had a heap that was not put back");
    }
    Futures.allAsList(offChain).get();
  }

  private static int hold(long nanos) {
    long until = System.nanoTime() + nanos;
    for (long left = nanos; left > 0; left = until - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
    return 0;
  }

  private static double millisAt(List<Long> sorted, double share) {
    int rank = (int) Math.ceil(share * sorted.size());
    return sorted.get(Math.max(0, rank - 1)) / 1e6;
  }
}
