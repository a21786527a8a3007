package org.wasmheap.example;

import com.google.common.util.concurrent.ListenableFuture;
import java.nio.file.Path;
import java.time.Duration;
import org.wasmheap.block.Block;
import org.wasmheap.block.BlockExecutor;
import org.wasmheap.block.BlockResult;
import org.wasmheap.host.SubstrateHostFunctions;
import org.wasmheap.runtime.CodeCache;
import org.wasmheap.runtime.HeapStrategy;
import org.wasmheap.runtime.Preparation;
import org.wasmheap.runtime.RuntimeCode;
import org.wasmheap.runtime.RuntimePool;
import org.wasmheap.state.State;

/** Several runtimes, each with an executor, and one that comes while blocks are executed. */
final class RuntimesExample {
  private RuntimesExample() {}

  static RuntimePool pool(Path folder) {
    // example begins
    RuntimePool runtimes =
        RuntimePool.builder(SubstrateHostFunctions.all())
            .mostRuntimes(3)
            .codeStore(CodeCache.at(folder))
            .executors((runtime, executor) -> executor.workers(2))
            .build();
    // example ends
    return runtimes;
  }

  static byte[] call(RuntimePool runtimes, RuntimeCode code, String export, byte[] input)
      throws InterruptedException {
    Duration limit = Duration.ofMinutes(2);
    // example begins
    try (RuntimePool.Lease lease = runtimes.lease(code, HeapStrategy.ofStatic(2048), limit)) {
      return lease.executor().call(lease.runtime().call(export, input));
    }
    // example ends
  }

  static BlockResult upgrade(
      BlockExecutor executor, byte[] announced, Block last, State parent, Block next, State state)
      throws Exception {
    Preparation.Limits limits = new Preparation.Limits(Duration.ofSeconds(20), 200);
    // example begins
    // A block has announced the code that a later one will bring: it is loaded and warmed up.
    ListenableFuture<Preparation> ready = executor.prepare(announced, last, parent, limits);
    // Meanwhile blocks go on, and so do calls; none of them waits for this.
    BlockResult result = executor.execute(next, state);
    // Whoever wants to know: how far it came, and why it stopped there.
    Preparation prepared = ready.get();
    System.out.println(prepared.end() + " " + prepared.ofEntries());
    // example ends
    return result;
  }
}
