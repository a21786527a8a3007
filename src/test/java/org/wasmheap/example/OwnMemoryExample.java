package org.wasmheap.example;

import org.wasmheap.allocator.BlockLimit;
import org.wasmheap.guest.GuestFactory;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.pool.HeapExecutor;

/** Heaps over a memory of one's own. */
final class OwnMemoryExample {
  private OwnMemoryExample() {}

  static HeapExecutor<HeapHandle> heaps() {
    // example begins
    GuestFactory<HeapHandle> own =
        GuestFactory.bare(() -> new OwnMemory(16, 1024), 1024, BlockLimit.ON_CHAIN);
    HeapExecutor<HeapHandle> heaps = HeapExecutor.builder(own).verifyResets(true).build();
    // example ends
    return heaps;
  }
}
