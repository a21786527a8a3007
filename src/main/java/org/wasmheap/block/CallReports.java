package org.wasmheap.block;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.pool.CallReport;
import org.wasmheap.pool.PoolListener;

/**
 * Brings the pool's report on a call to whoever made the call. A heap makes one call at a time and
 * counts them, so heap and generation tell which report is whose.
 *
 * <p>Any thread. A call that has begun is reported before its future completes; one whose thread
 * was given up, when that thread ends.
 */
final class CallReports implements PoolListener {
  private final Map<Key, Slot> awaited = new ConcurrentHashMap<>();

  /** Names of heaps are unique in an executor, and an executor has one object of this class. */
  private record Key(String heap, long generation) {}

  /**
   * Where the report of one call arrives. Written by the thread that ran the call, before it
   * completes the future; read by listeners of the future, which that orders.
   */
  static final class Slot {
    private volatile @Nullable CallReport report;

    /** The report; {@code null} if no guest was begun for the call. */
    @Nullable CallReport report() {
      return report;
    }
  }

  /** The call on this heap wants its report. On the call's thread. */
  void await(HeapHandle heap, Slot slot) {
    awaited.put(new Key(heap.heapName(), heap.generation()), slot);
  }

  @Override
  public void callCompleted(CallReport report) {
    Slot slot = awaited.remove(new Key(report.heap(), report.generation()));
    if (slot != null) {
      slot.report = report;
    }
  }
}
