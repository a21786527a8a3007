package org.wasmheap.bench;

import com.google.common.util.concurrent.Futures;
import com.google.common.util.concurrent.ListenableFuture;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import org.wasmheap.guest.GuestCall;
import org.wasmheap.pool.CallOptions;
import org.wasmheap.pool.HeapExecutor;

/** Calls of which many are under way at once, so that none waits for the hand-over of another. */
final class Batches {
  private Batches() {}

  /** On a pool of this library. */
  static <G, R> List<R> onPool(
      HeapExecutor<G> executor, CallOptions options, GuestCall<? super G, R> work, int calls)
      throws ExecutionException, InterruptedException {
    List<ListenableFuture<R>> results = new ArrayList<>(calls);
    for (int i = 0; i < calls; i++) {
      results.add(executor.submit(options, work));
    }
    return Futures.allAsList(results).get();
  }

  /** On plain threads. */
  static <R> List<R> onThreads(ExecutorService threads, Callable<R> work, int calls)
      throws ExecutionException, InterruptedException {
    List<Future<R>> under = new ArrayList<>(calls);
    for (int i = 0; i < calls; i++) {
      under.add(threads.submit(work));
    }
    List<R> results = new ArrayList<>(calls);
    for (Future<R> each : under) {
      results.add(each.get());
    }
    return results;
  }
}
