package org.wasmheap.bench;

import org.wasmheap.allocator.BlockLimit;
import org.wasmheap.guest.GuestFactory;
import org.wasmheap.heap.GrowthPolicy;
import org.wasmheap.heap.Heap;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.heap.HeapListener;
import org.wasmheap.memory.FlatMemory;
import org.wasmheap.memory.MemoryImage;

/** A heap without a guest, in a pool of another library: whoever has it owns it for one call. */
final class BareHeap {
  private static final int PAGES = 1;
  private static final int HEAP_BASE = 1024;
  private static final int MALLOC_BYTES = 8;

  /** The first pointer of a pristine heap: behind a header of eight bytes. */
  static final int POINTER = HEAP_BASE + 8;

  private static final MemoryImage IMAGE = new FlatMemory(PAGES, PAGES).capture(4096);

  private final Heap heap =
      new Heap(
          "bench",
          "bench/1",
          new FlatMemory(IMAGE),
          HEAP_BASE,
          BlockLimit.ON_CHAIN,
          GrowthPolicy.ALLOW_ALL,
          HeapListener.NONE);

  private long number;

  /** The same heaps for a pool of this library. */
  static GuestFactory<HeapHandle> factory() {
    return GuestFactory.bare(IMAGE, HEAP_BASE, BlockLimit.ON_CHAIN);
  }

  /** What is done with a heap in a pool of this library. */
  static int use(HeapHandle handle) {
    return handle.malloc(MALLOC_BYTES);
  }

  /** The same with what the pool of this library does before and after. */
  int claimUseReset() {
    heap.claim();
    int pointer = use(heap.begin(++number, "bench"));
    heap.reset();
    heap.release();
    return pointer;
  }
}
