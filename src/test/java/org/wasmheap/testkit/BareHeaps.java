package org.wasmheap.testkit;

import java.time.Duration;
import org.wasmheap.allocator.BlockLimit;
import org.wasmheap.guest.GuestFactory;
import org.wasmheap.heap.GrowthPolicy;
import org.wasmheap.heap.Heap;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.heap.HeapListener;
import org.wasmheap.memory.FlatMemory;
import org.wasmheap.memory.MemoryImage;
import org.wasmheap.pool.HeapExecutor;

/** Heaps without a guest: 1 page that may grow to 4, with a heap base that is not aligned. */
public final class BareHeaps {
  public static final int PAGES = 1;
  public static final int MAX_PAGES = 4;
  public static final int HEAP_BASE = 1001;

  /** The first pointer that a pristine heap hands out. */
  public static final int FIRST_POINTER = 1008 + 8;

  private static final MemoryImage IMAGE = new FlatMemory(PAGES, MAX_PAGES).capture(4096);

  private BareHeaps() {}

  /** A heap that nobody owns. */
  public static Heap heap(HeapListener listener) {
    return heap(GrowthPolicy.ALLOW_ALL, listener);
  }

  /** The same, whose growth a policy decides. */
  public static Heap heap(GrowthPolicy policy, HeapListener listener) {
    return new Heap(
        "test", "test/1", new FlatMemory(IMAGE), HEAP_BASE, BlockLimit.ON_CHAIN, policy, listener);
  }

  /** A heap that the calling thread owns. */
  public static Heap claimed(HeapListener listener) {
    Heap heap = heap(listener);
    heap.claim();
    return heap;
  }

  /** The same, whose growth a policy decides. */
  public static Heap claimed(GrowthPolicy policy) {
    Heap heap = heap(policy, HeapListener.NONE);
    heap.claim();
    return heap;
  }

  public static GuestFactory<HeapHandle> factory() {
    return GuestFactory.bare(IMAGE, HEAP_BASE, BlockLimit.ON_CHAIN);
  }

  /** An executor of one worker with short times. */
  public static HeapExecutor.Builder<HeapHandle> executor() {
    return executor(factory());
  }

  public static <G> HeapExecutor.Builder<G> executor(GuestFactory<G> factory) {
    return HeapExecutor.builder(factory)
        .name("test")
        .workers(1)
        .queueCapacity(4)
        .defaultDeadline(Duration.ofSeconds(20))
        .grace(Duration.ofMillis(500));
  }
}
