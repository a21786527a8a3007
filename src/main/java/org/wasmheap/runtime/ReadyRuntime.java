package org.wasmheap.runtime;

import org.wasmheap.endive.EndiveGuest;
import org.wasmheap.pool.HeapExecutor;

/**
 * A runtime that was loaded, with its executor.
 *
 * @param runtime makes instances and calls
 * @param executor runs them
 * @param loadNanos what it took to load it
 * @param name that it was given for its executor, which may have another
 */
record ReadyRuntime(
    SubstrateRuntime runtime, HeapExecutor<EndiveGuest> executor, long loadNanos, String name) {
  boolean isFromStore() {
    return runtime.codeFigures().fromStore();
  }

  /** A line of the registry, for others. */
  static RuntimeFigures figures(RuntimeRegistry.Line<ReadyRuntime> line) {
    ReadyRuntime ready = line.loaded();
    return new RuntimeFigures(
        line.key().codeHash(),
        line.key().strategy(),
        line.state(),
        line.pinned(),
        line.leases(),
        line.waiting(),
        ready == null ? 0 : ready.loadNanos(),
        ready == null ? null : ready.runtime().codeFigures(),
        ready == null ? null : ready.executor().statistics());
  }
}
