package org.wasmheap.example;

import org.wasmheap.allocator.BlockLimit;
import org.wasmheap.guest.GuestFactory;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.memory.FlatMemory;
import org.wasmheap.memory.MemoryImage;
import org.wasmheap.pool.HeapExecutor;

/** Heaps without a guest, and calls that calls make. */
final class BareHeapExample {
  private BareHeapExample() {}

  static int firstPointer() throws InterruptedException {
    // example begins
    MemoryImage image = new FlatMemory(16, 2064).capture(0);
    GuestFactory<HeapHandle> bare = GuestFactory.bare(image, 1024, BlockLimit.ON_CHAIN);
    try (HeapExecutor<HeapHandle> heaps = HeapExecutor.builder(bare).build()) {
      return heaps.call(heap -> heap.malloc(100));
    }
    // example ends
  }

  static String nested(HeapExecutor<HeapHandle> heaps) throws InterruptedException {
    // example begins
    return heaps.call(
        outer -> {
          int first = outer.malloc(100);
          // Runs at once, on this thread and on an instance of its own.
          int second = heaps.call(inner -> inner.malloc(100));
          return first + " " + second;
        });
    // example ends
  }
}
