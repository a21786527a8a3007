package org.wasmheap.testkit;

import org.wasmheap.allocator.AllocatorException;
import org.wasmheap.heap.GrowthPolicy;
import org.wasmheap.heap.HeapObserver;

/** Fails at everything. */
public final class BrokenObserver implements HeapObserver {
  @Override
  public void began() {
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
  public void grown(int fromPages, int toPages, GrowthPolicy.Cause cause) {
    throw new AssertionError("grown");
  }

  @Override
  public void ended() {
    throw new AssertionError("ended");
  }
}
