package org.wasmheap.example;

import com.google.common.util.concurrent.ListenableFuture;
import java.time.Duration;
import org.wasmheap.endive.EndiveGuest;
import org.wasmheap.guest.GuestCall;
import org.wasmheap.pool.CallOptions;
import org.wasmheap.pool.CallOptions.CallClass;
import org.wasmheap.pool.ExecutorStatistics;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.runtime.SubstrateRuntime;

/** A class, a deadline, a future; and the end of an executor. */
final class ClassesExample {
  private ClassesExample() {}

  static ListenableFuture<byte[]> imported(
      HeapExecutor<EndiveGuest> executor, SubstrateRuntime runtime, byte[] block) {
    // example begins
    CallOptions options =
        CallOptions.DEFAULT.withClass(CallClass.BLOCK_IMPORT).withDeadline(Duration.ofSeconds(2));
    ListenableFuture<byte[]> result =
        executor.submit(options, runtime.call("Sample_transfers", block));
    // example ends
    return result;
  }

  static long numberOf(HeapExecutor<EndiveGuest> executor, GuestCall<EndiveGuest, byte[]> work) {
    // example begins
    ListenableFuture<byte[]> future = executor.submit(work);
    long number = HeapExecutor.callNumber(future);
    // example ends
    return number;
  }

  static ExecutorStatistics.ShutdownAccount end(HeapExecutor<?> executor) {
    // example begins
    boolean quiet = executor.drain(Duration.ofSeconds(10)); // No new calls; those accepted go on.
    ExecutorStatistics.ShutdownAccount account =
        executor.shutdown(quiet ? Duration.ZERO : Duration.ofSeconds(20));
    // example ends
    return account;
  }
}
