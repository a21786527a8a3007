package org.wasmheap.pool;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.wasmheap.testkit.Calls.CALL;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.wasmheap.guest.GuestCall;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.testkit.BareHeaps;
import org.wasmheap.testkit.ThreadAllocation;

/** What a call leaves for the garbage collector, which is what holds several workers back. */
final class CallGarbageTest {
  private static final int CALLS = 20_000;

  /** A goal of the project: for a whole call of a runtime, its result aside. */
  private static final long MOST_BYTES = 600;

  private static final GuestCall<HeapHandle, Integer> WORK = heap -> heap.malloc(8);

  private static void makeCalls(HeapExecutor<HeapHandle> executor) {
    try {
      for (int i = 0; i < CALLS; i++) {
        executor.call(CALL, WORK);
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** On the caller's thread and on the worker's. */
  private static long bytesOfACall(HeapExecutor<HeapHandle> executor) throws InterruptedException {
    makeCalls(executor);
    long before = executor.call(CALL, heap -> ThreadAllocation.allocated());
    long callers = ThreadAllocation.bytesOf(() -> makeCalls(executor));
    long workers = executor.call(CALL, heap -> ThreadAllocation.allocated()) - before;
    return (callers + workers) / CALLS;
  }

  @Test
  void a_call_that_nobody_listens_to_leaves_little() throws InterruptedException {
    // given
    try (HeapExecutor<HeapHandle> executor = BareHeaps.executor().build()) {
      // when
      long bytes = bytesOfACall(executor);

      // then
      assertTrue(bytes > 0 && bytes <= MOST_BYTES, () -> bytes + " bytes a call");
    }
  }

  @Test
  void a_report_is_made_only_for_who_listens() throws InterruptedException {
    // given
    AtomicLong reports = new AtomicLong();
    PoolListener listener =
        new PoolListener() {
          @Override
          public void callCompleted(CallReport report) {
            reports.incrementAndGet();
          }
        };
    try (HeapExecutor<HeapHandle> heard = BareHeaps.executor().listener(listener).build();
        HeapExecutor<HeapHandle> unheard = BareHeaps.executor().build()) {
      // when
      long bytesHeard = bytesOfACall(heard);
      long bytesUnheard = bytesOfACall(unheard);

      // then
      assertTrue(reports.get() >= 2L * CALLS, () -> reports + " reports");
      assertTrue(
          bytesUnheard + 100 < bytesHeard,
          () -> bytesUnheard + " bytes a call unheard, " + bytesHeard + " heard");
    }
  }
}
