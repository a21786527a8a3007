package org.wasmheap.block;

import org.wasmheap.endive.EndiveGuest;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.runtime.RuntimePool;
import org.wasmheap.runtime.SubstrateRuntime;
import org.wasmheap.state.StateVersion;

/**
 * A runtime that stays as long as this is not closed, with the executor of its instances.
 *
 * @param lease of the runtime
 * @param stateVersion how it wants values to stand in the trie
 * @param reports hears of its calls
 */
record LoadedRuntime(RuntimePool.Lease lease, StateVersion stateVersion, CallReports reports)
    implements AutoCloseable {
  SubstrateRuntime runtime() {
    return lease.runtime();
  }

  HeapExecutor<EndiveGuest> executor() {
    return lease.executor();
  }

  @Override
  public void close() {
    lease.close();
  }
}
