package org.wasmheap.testkit;

import org.wasmheap.allocator.AllocatorException;
import org.wasmheap.heap.Heap;
import org.wasmheap.heap.HeapListener;
import org.wasmheap.heap.HeapListener.GrowthCause;

/** Fails at everything. */
public final class BrokenObserver implements HeapListener.Observer {
  @Override
  public void began(Heap heap) {
    throw new AssertionError("began");
  }

  @Override
  public void allocated(int size, int pointer) {
    throw new AssertionError("allocated");
  }

  @Override
  public void deallocated(int pointer) {
    throw new AssertionError("deallocated");
  }

  @Override
  public void failed(AllocatorException fault) {
    throw new AssertionError("failed");
  }

  @Override
  public void grown(int fromPages, int toPages, GrowthCause cause) {
    throw new AssertionError("grown");
  }

  @Override
  public void ended(Heap heap) {
    throw new AssertionError("ended");
  }
}
