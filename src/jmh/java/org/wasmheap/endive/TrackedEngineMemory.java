package org.wasmheap.endive;

import org.wasmheap.memory.FlatMemory;
import run.endive.runtime.Memory;

/** Our memory as the engine sees it, for benchmarks that take it out of the pool. */
public final class TrackedEngineMemory {
  private TrackedEngineMemory() {}

  /** The view that pooled instances have, with growth that nobody is asked about. */
  public static Memory over(FlatMemory memory) {
    return new EndiveMemory(
        memory,
        delta -> {
          int before = memory.pages();
          return memory.grow(delta) ? before : -1;
        },
        true);
  }
}
