package org.wasmheap.testkit;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.util.concurrent.ListenableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.GuestCall;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.pool.CallOptions;
import org.wasmheap.pool.HeapExecutor;

/** Calls on bare heaps, and how they end. */
public final class Calls {
  public static final CallOptions CALL = CallOptions.named("call");

  private Calls() {}

  /** The failure of a call that must fail. */
  public static CallException failureOf(ListenableFuture<?> future) {
    ExecutionException failure =
        assertThrows(ExecutionException.class, () -> future.get(30, SECONDS));
    return (CallException) failure.getCause();
  }

  /** Whether the interrupt flag of a worker is set when a call begins. */
  public static boolean isInterrupted(HeapExecutor<HeapHandle> executor)
      throws InterruptedException {
    Boolean interrupted = executor.call(CALL, heap -> Thread.currentThread().isInterrupted());
    return interrupted;
  }

  /** Work that tells that it has started, and waits until the latch opens. */
  public static GuestCall<HeapHandle, String> waiting(CountDownLatch started, CountDownLatch go) {
    return heap -> {
      started.countDown();
      assertTrue(go.await(30, SECONDS));
      return "done";
    };
  }
}
