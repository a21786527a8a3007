package org.wasmheap.testkit;

import com.google.common.util.concurrent.ListenableFuture;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.wasmheap.endive.EndiveGuest;
import org.wasmheap.endive.HostFunction;
import org.wasmheap.host.SubstrateHostFunctions;
import org.wasmheap.pool.CallOptions;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.runtime.SubstrateRuntime;
import run.endive.wasm.types.ValType;

/** Calls of the sample runtime that a host function holds until they are let go. */
public final class HeldCalls {
  private static final String ENTRY = "test_missing_import";

  private final CountDownLatch begun = new CountDownLatch(1);
  private final CountDownLatch go = new CountDownLatch(1);

  /** Substrate's, and the one that holds calls. */
  public static List<HostFunction> hostFunctions() {
    List<HostFunction> functions = new ArrayList<>(SubstrateHostFunctions.all());
    functions.add(
        HostFunction.env(
            "ext_sample_not_provided_version_1",
            List.of(ValType.I32),
            List.of(ValType.I32),
            (scope, arguments) -> {
              HeldCalls calls = scope.context(HeldCalls.class);
              calls.begun.countDown();
              calls.go.await();
              return 0;
            }));
    return functions;
  }

  /** The entry that is held, for those who make the call themselves, with this as context. */
  public static String entry() {
    return ENTRY;
  }

  public ListenableFuture<byte[]> submit(
      HeapExecutor<EndiveGuest> executor, SubstrateRuntime runtime) {
    return executor.submit(
        CallOptions.named("held").withContext(this), runtime.call(ENTRY, new byte[0]));
  }

  /** Until the first is held. */
  public void awaitBegun() throws InterruptedException {
    begun.await();
  }

  /** Lets all go, also those that come later. */
  public void release() {
    go.countDown();
  }
}
