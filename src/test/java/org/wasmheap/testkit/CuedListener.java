package org.wasmheap.testkit;

import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.wasmheap.heap.GrowthPolicy;
import org.wasmheap.heap.HeapView;
import org.wasmheap.heap.PoisonReport;
import org.wasmheap.pool.CallReport;
import org.wasmheap.pool.PoolListener;

/**
 * Listener and growth policy: refuses growth, and fails, on cue of the call that runs: hooks run on
 * the call's own thread, so the cue is that thread's. Counts heaps, and keeps the last report.
 */
public final class CuedListener implements PoolListener, GrowthPolicy {
  /** What the hooks do. */
  public enum Cue {
    NONE,
    REFUSE_GROWTH,
    FAIL_WHEN_ASKED_FOR_GROWTH,
    FAIL_IN_EVERY_HOOK
  }

  private static final ThreadLocal<Cue> CUE = ThreadLocal.withInitial(() -> Cue.NONE);

  private final LongAdder created = new LongAdder();
  private final LongAdder retired = new LongAdder();
  private final LongAdder disturbed = new LongAdder();
  private final AtomicReference<@Nullable CallReport> lastReport = new AtomicReference<>();

  /** From here on, on this thread; at the latest until the report of its call. */
  public static void cue(Cue cue) {
    CUE.set(cue);
  }

  public long created() {
    return created.sum();
  }

  public long retired() {
    return retired.sum();
  }

  /** How many hooks at a call's end found the thread interrupted. */
  public long disturbed() {
    return disturbed.sum();
  }

  public CallReport lastReport() {
    CallReport report = lastReport.get();
    if (report == null) {
      throw new IllegalStateException("no call was reported");
    }
    return report;
  }

  private static void act() {
    if (CUE.get() == Cue.FAIL_IN_EVERY_HOOK) {
      throw new IllegalStateException("the hook fails on cue");
    }
  }

  private void lookAtFlag() {
    if (Thread.currentThread().isInterrupted()) {
      disturbed.increment();
    }
  }

  @Override
  public void created(HeapView heap) {
    created.increment();
    act();
  }

  @Override
  public boolean allows(String heap, int fromPages, int toPages, GrowthPolicy.Cause cause) {
    if (CUE.get() == Cue.FAIL_WHEN_ASKED_FOR_GROWTH) {
      throw new IllegalStateException("the hook fails on cue");
    }
    return CUE.get() != Cue.REFUSE_GROWTH;
  }

  @Override
  public void grown(HeapView heap, int fromPages, int toPages, GrowthPolicy.Cause cause) {
    act();
  }

  @Override
  public void poisoned(HeapView heap, PoisonReport report) {
    act();
  }

  @Override
  public void reset(HeapView heap, int blocksRestored) {
    lookAtFlag();
    act();
  }

  @Override
  public void retired(HeapView heap) {
    retired.increment();
    act();
  }

  @Override
  public void callCompleted(CallReport report) {
    lookAtFlag();
    lastReport.set(report);
    Cue cue = CUE.get();
    CUE.remove();
    if (cue == Cue.FAIL_IN_EVERY_HOOK) {
      throw new IllegalStateException("the hook fails on cue");
    }
  }
}
