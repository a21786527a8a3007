package org.wasmheap.pool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.guest.GuestCall;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.heap.HeapView;
import org.wasmheap.pool.CallOptions.CallClass;

/** What one call on one slot does, in which order, and what is told of it. */
@Timeout(60)
class CallRunTest {
  private final InterruptGate gate = new InterruptGate(Thread.currentThread());

  private InstanceSlot<HeapHandle> run(PoolParts pool, GuestCall<HeapHandle, Integer> body)
      throws Exception {
    InstanceSlot<HeapHandle> slot = pool.slots.open(true);
    slot.create();
    CallTask<HeapHandle, Integer> task =
        pool.task("call", CallClass.AUTHORING, System.nanoTime() + 1_000_000_000L, body);
    task.addListener(
        () -> assertEquals(HeapView.State.READY, slot.view().state(), "reset before result"),
        Runnable::run);
    task.begin(gate);
    pool.run.execute(task, slot, gate, new CallStack());
    gate.release();
    return slot;
  }

  @Test
  void the_report_of_a_call_must_say_what_it_was_and_took() throws Exception {
    // given
    List<CallReport> reports = new ArrayList<>();
    PoolParts pool =
        PoolParts.heardBy(
            new PoolListener() {
              @Override
              public void callCompleted(CallReport report) {
                reports.add(report);
              }
            });

    // when
    InstanceSlot<HeapHandle> slot =
        run(
            pool,
            heap -> {
              heap.free(heap.malloc(100));
              heap.growMemory(1);
              return heap.malloc(20);
            });

    // then
    CallReport told = reports.get(0);
    assertEquals(
        List.of(
            new CallReport(
                "parts",
                1,
                "call",
                CallClass.AUTHORING,
                "parts/1",
                1,
                null,
                told.queueNanos(),
                told.runNanos(),
                told.resetNanos(),
                1,
                2,
                1,
                2,
                1,
                136,
                1,
                Map.of())),
        reports);
    assertEquals(told, slot.lastReport());
    CallTimes.Figures sums = pool.slots.times();
    assertEquals(
        new CallTimes.Figures(1, told.queueNanos(), told.runNanos(), told.resetNanos()), sums);
  }

  @Test
  void a_call_that_nobody_listens_to_must_make_no_report_and_its_failure_counts_all_the_same()
      throws Exception {
    PoolParts pool = PoolParts.withRoomFor(1);
    InstanceSlot<HeapHandle> slot = pool.slots.open(true);
    slot.create();
    CallTask<HeapHandle, Integer> task =
        pool.task(
            "call",
            CallClass.OFF_CHAIN,
            System.nanoTime() + 1_000_000_000L,
            heap -> {
              throw new IllegalStateException("on cue");
            });
    task.begin(gate);

    pool.run.execute(task, slot, gate, new CallStack());

    assertNull(slot.lastReport());
    assertEquals(1, slot.failures());
    assertEquals(1, pool.slots.times().calls());
    assertEquals(FailureKind.HOST_FUNCTION, org.wasmheap.testkit.Calls.failureOf(task).kind());
  }
}
