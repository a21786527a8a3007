package org.wasmheap.example;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.wasmheap.block.Block;
import org.wasmheap.block.BlockExecutor;
import org.wasmheap.block.BlockFile;
import org.wasmheap.block.BlockResult;
import org.wasmheap.endive.EndiveGuest;
import org.wasmheap.pool.CallOptions;
import org.wasmheap.pool.CallOptions.CallClass;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.runtime.ChainSpecification;
import org.wasmheap.runtime.SubstrateRuntime;
import org.wasmheap.state.Overlay;
import org.wasmheap.state.State;
import org.wasmheap.state.StateVersion;

/** Executes blocks, with the library's executor and with one of a few lines. */
final class BlockExample {
  private BlockExample() {}

  static List<BlockResult> chain(Path specification, Path blocks) throws InterruptedException {
    List<BlockResult> results = new ArrayList<>();
    // example begins
    ChainSpecification genesis = ChainSpecification.read(specification);
    try (BlockExecutor executor = BlockExecutor.builder().workers(4).build()) {
      State state = executor.stateOf(genesis.genesis(), genesis.childrenDefault());
      for (Block block : BlockFile.read(blocks).blocks()) {
        BlockResult result = executor.execute(block, state);
        results.add(result);
        if (!(result instanceof BlockResult.Executed executed)) {
          break; // A wrong root, a failure of the guest, or one of this host.
        }
        state = executed.state();
      }
    }
    // example ends
    return results;
  }

  static byte[] balance(BlockExecutor executor, State state, byte[] account) throws Exception {
    // example begins
    return executor.call("Sample_balance", account, state).get();
    // example ends
  }

  // example begins
  /** The state that a block leaves, if the root in its header is right. */
  static State execute(
      HeapExecutor<EndiveGuest> executor, SubstrateRuntime runtime, Block block, State parent)
      throws InterruptedException {
    Overlay overlay = new Overlay(parent);
    CallOptions options =
        CallOptions.named("block " + block.header().number())
            .withClass(CallClass.BLOCK_IMPORT)
            .withContext(overlay);
    executor.call(options, runtime.call("Core_execute_block", block.toExecute()));
    overlay.rollBackOpen(); // A guest may leave transactions open.
    State next = overlay.next(StateVersion.V1);
    if (!Arrays.equals(next.root(), block.header().stateRoot())) {
      throw new IllegalStateException("wrong root after " + block.header());
    }
    return next;
  }
  // example ends
}
