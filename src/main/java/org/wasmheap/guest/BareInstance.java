package org.wasmheap.guest;

import org.wasmheap.allocator.BlockLimit;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.memory.LinearMemory;

/** No guest: a call drives the heap itself. */
record BareInstance(LinearMemory memory, int heapBase, BlockLimit blockLimit)
    implements GuestFactory.Instance<HeapHandle> {
  @Override
  public HeapHandle open(CallScope scope) {
    return scope.heap();
  }

  @Override
  public void close() {}
}
