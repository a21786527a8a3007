package org.wasmheap.runtime;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/** A source of code that holds the load that asks it until it is told to go on. */
final class HeldSource implements Supplier<RuntimeCode> {
  private final RuntimeCode code;
  private final CountDownLatch asked = new CountDownLatch(1);
  private final CountDownLatch go = new CountDownLatch(1);
  private final AtomicInteger times = new AtomicInteger();

  HeldSource(RuntimeCode code) {
    this.code = code;
  }

  @Override
  public RuntimeCode get() {
    times.incrementAndGet();
    asked.countDown();
    try {
      go.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException("the load was given up", e);
    }
    return code;
  }

  /** Until a load has asked. */
  void awaitAsked() throws InterruptedException {
    asked.await();
  }

  /** Lets all loads go on, also later ones. */
  void release() {
    go.countDown();
  }

  /** How many loads have asked. */
  int times() {
    return times.get();
  }

  /** Asks a pool for a lease of this code. */
  Callable<RuntimePool.Lease> lease(RuntimePool pool, HeapStrategy strategy, Duration limit) {
    return () -> pool.lease(code.codeHashHex(), strategy, this, limit);
  }
}
