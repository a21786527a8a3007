package org.wasmheap.heap;

import org.wasmheap.allocator.AllocatorException;
import org.wasmheap.heap.HeapListener.GrowthCause;

/** Keeps the exceptions of an observer away from the calls that it observes. */
final class GuardedObserver implements HeapListener.Observer {
  private static final String HOOK = "observer";

  private final HeapListener.Observer delegate;

  GuardedObserver(HeapListener.Observer delegate) {
    this.delegate = delegate;
  }

  @Override
  public void began(Heap heap) {
    try {
      delegate.began(heap);
    } catch (Throwable e) {
      GuardedListener.suppress(HOOK, e);
    }
  }

  @Override
  public void allocated(int size, int pointer) {
    try {
      delegate.allocated(size, pointer);
    } catch (Throwable e) {
      GuardedListener.suppress(HOOK, e);
    }
  }

  @Override
  public void deallocated(int pointer) {
    try {
      delegate.deallocated(pointer);
    } catch (Throwable e) {
      GuardedListener.suppress(HOOK, e);
    }
  }

  @Override
  public void failed(AllocatorException fault) {
    try {
      delegate.failed(fault);
    } catch (Throwable e) {
      GuardedListener.suppress(HOOK, e);
    }
  }

  @Override
  public void grown(int fromPages, int toPages, GrowthCause cause) {
    try {
      delegate.grown(fromPages, toPages, cause);
    } catch (Throwable e) {
      GuardedListener.suppress(HOOK, e);
    }
  }

  @Override
  public void ended(Heap heap) {
    try {
      delegate.ended(heap);
    } catch (Throwable e) {
      GuardedListener.suppress(HOOK, e);
    }
  }
}
