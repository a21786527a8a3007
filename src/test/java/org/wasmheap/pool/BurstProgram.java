package org.wasmheap.pool;

import com.google.common.util.concurrent.ListenableFuture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.wasmheap.allocator.BlockLimit;
import org.wasmheap.guest.GuestFactory;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.memory.FlatMemory;
import org.wasmheap.memory.LinearMemory;
import org.wasmheap.memory.MemoryImage;

/**
 * Eight large calls at once, which leave most of the JVM's memory spare in idle heaps, and then
 * single calls, each of which needs much of it. For {@code MemoryBudgetsTest}, in a JVM of 256 MB.
 */
final class BurstProgram {
  private static final int WORKERS = 8;
  private static final int SINGLE_CALLS = 12;
  private static final int BURST_BYTES = 24 << 20;
  private static final int SINGLE_BYTES = 90 << 20;

  private BurstProgram() {}

  public static void main(String[] args) throws Exception {
    MemoryImage image = new FlatMemory(1, 4096).capture(4096);
    try (HeapExecutor<HeapHandle> executor =
        HeapExecutor.builder(GuestFactory.bare(image, 1024, BlockLimit.ON_CHAIN))
            .workers(WORKERS)
            .build()) {
      burst(executor);
      long spare = executor.statistics().materialisedBytes();
      int refused = 0;
      for (int i = 0; i < SINGLE_CALLS; i++) {
        refused += isRefused(executor.submit(heap -> touch(heap, SINGLE_BYTES))) ? 1 : 0;
        // Which worker takes the next is chance: each must find memory that another one holds.
        executor.awaitReady(Duration.ofSeconds(30));
      }
      System.out.println("spare=" + (spare > 150 << 20) + " refused=" + refused);
    }
  }

  private static void burst(HeapExecutor<HeapHandle> executor) throws Exception {
    CountDownLatch all = new CountDownLatch(WORKERS);
    List<ListenableFuture<Integer>> calls = new ArrayList<>();
    for (int i = 0; i < WORKERS; i++) {
      calls.add(
          executor.submit(
              heap -> {
                all.countDown();
                all.await(30, TimeUnit.SECONDS);
                return touch(heap, BURST_BYTES);
              }));
    }
    for (ListenableFuture<Integer> each : calls) {
      each.get(60, TimeUnit.SECONDS);
    }
  }

  private static int touch(HeapHandle heap, int bytes) {
    heap.growMemory(bytes / LinearMemory.PAGE_SIZE);
    heap.write(bytes - 1, new byte[] {1});
    return bytes;
  }

  private static boolean isRefused(ListenableFuture<Integer> call) throws Exception {
    try {
      call.get(60, TimeUnit.SECONDS);
      return false;
    } catch (ExecutionException e) {
      return true;
    }
  }
}
