package org.wasmheap.heap;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.wasmheap.allocator.AllocatorException;

/** Keeps the exceptions of a listener away from the calls that it listens to. */
final class GuardedListener implements HeapListener {
  private static final Logger LOG = LoggerFactory.getLogger(HeapListener.class);

  private final HeapListener delegate;

  GuardedListener(HeapListener delegate) {
    this.delegate = delegate;
  }

  @Override
  public void created(Heap heap) {
    guard("created", () -> delegate.created(heap));
  }

  @Override
  public boolean mayGrow(Heap heap, int fromPages, int toPages, GrowthCause cause) {
    return delegate.mayGrow(heap, fromPages, toPages, cause);
  }

  @Override
  public void grown(Heap heap, int fromPages, int toPages, GrowthCause cause) {
    guard("grown", () -> delegate.grown(heap, fromPages, toPages, cause));
  }

  @Override
  public void poisoned(Heap heap, AllocatorException cause, PoisonReport report) {
    guard("poisoned", () -> delegate.poisoned(heap, cause, report));
  }

  @Override
  public void reset(Heap heap, int blocksRestored) {
    try {
      delegate.reset(heap, blocksRestored);
    } catch (Throwable e) {
      suppress("reset", e);
    }
  }

  @Override
  public void retired(Heap heap) {
    guard("retired", () -> delegate.retired(heap));
  }

  @Override
  public void callCompleted(CallReport report) {
    try {
      delegate.callCompleted(report);
    } catch (Throwable e) {
      suppress("callCompleted", e);
    }
  }

  private static void guard(String hook, Runnable body) {
    try {
      body.run();
    } catch (Throwable e) {
      suppress(hook, e);
    }
  }

  static void suppress(String hook, Throwable e) {
    LOG.atWarn().addKeyValue("hook", hook).setCause(e).log("hook.failed");
  }
}
