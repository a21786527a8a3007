package org.wasmheap.block;

import org.wasmheap.endive.EndiveGuest;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.runtime.SubstrateRuntime;
import org.wasmheap.state.StateVersion;

/**
 * A runtime with the executor of its instances.
 *
 * @param runtime makes the calls
 * @param stateVersion how it wants values to stand in the trie
 * @param executor runs them
 * @param reports hears of them
 */
record LoadedRuntime(
    SubstrateRuntime runtime,
    StateVersion stateVersion,
    HeapExecutor<EndiveGuest> executor,
    CallReports reports) {}
