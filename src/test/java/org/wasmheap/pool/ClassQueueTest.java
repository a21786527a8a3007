package org.wasmheap.pool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.wasmheap.pool.CallOptions.CallClass.OFF_CHAIN;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.testkit.Draws;
import org.wasmheap.testkit.Inputs;
import org.wasmheap.testkit.Property;
import org.wasmheap.testkit.Simpler;

/** The calls of one class that wait, against two plain rules: who came first, who is due first. */
class ClassQueueTest {
  private static final int PLACES = 100;

  private final PoolParts pool = PoolParts.withRoomFor(PLACES);

  /** Deadlines of calls that come; one that is below zero has a call go. */
  private static List<Long> deadlines(Draws draws) {
    long most = draws.oneOf(new Long[] {1L, 5L, 1000L}); // Mostly in order, or hardly ever.
    List<Long> steps = draws.list(0, 150, one -> one.oneIn(3) ? -1L : one.between(0L, most));
    long time = 0;
    List<Long> deadlines = new ArrayList<>();
    for (long step : steps) {
      time += most < 1000 ? Math.max(0, step - 1) : 0;
      deadlines.add(step < 0 ? -1 : time + step);
    }
    return deadlines;
  }

  @Test
  void in_whatever_order_calls_are_due_the_first_to_come_and_the_first_due_must_be_known() {
    Property.assertHolds(
        300,
        Inputs.of(ClassQueueTest::deadlines, Simpler::shorter),
        deadlines -> {
          ClassQueue<HeapHandle> queue = new ClassQueue<>(PLACES);
          List<CallTask<HeapHandle, ?>> waiting = new ArrayList<>();
          for (long deadline : deadlines) {
            if (deadline >= 0) {
              CallTask<HeapHandle, ?> call = pool.task("call", OFF_CHAIN, deadline);
              queue.add(call);
              waiting.add(call);
            } else if (!waiting.isEmpty()) {
              int which = waiting.size() % 4 == 0 ? waiting.size() / 2 : 0;
              assertTrue(queue.remove(waiting.remove(which)));
            }
            assertKnown(queue, waiting);
          }
          while (!waiting.isEmpty()) {
            CallTask<HeapHandle, ?> first = queue.first();
            assertSame(waiting.remove(0), first);
            assertTrue(queue.remove(first));
            assertFalse(queue.remove(first));
            assertKnown(queue, waiting);
          }
        });
  }

  private static void assertKnown(
      ClassQueue<HeapHandle> queue, List<CallTask<HeapHandle, ?>> waiting) {
    assertEquals(waiting.size(), queue.size());
    assertEquals(waiting.size() < PLACES, queue.hasRoom());
    if (waiting.isEmpty()) {
      assertNull(queue.first());
      assertNull(queue.firstDue());
      return;
    }
    assertSame(waiting.get(0), queue.first());
    LongStream due = waiting.stream().mapToLong(CallTask::wakeNanos);
    assertEquals(due.min().orElseThrow(), queue.firstDue().wakeNanos());
  }

  @Test
  void a_queue_that_has_forgotten_who_is_due_must_still_let_all_out_in_their_order() {
    // given
    ClassQueue<HeapHandle> queue = new ClassQueue<>(PLACES);
    CallTask<HeapHandle, ?> first = pool.task("first", OFF_CHAIN, 5);
    CallTask<HeapHandle, ?> second = pool.task("second", OFF_CHAIN, 3);
    CallTask<HeapHandle, ?> third = pool.task("third", OFF_CHAIN, 7);
    List.of(first, second, third).forEach(queue::add);

    // when
    queue.forgetDue();

    // then
    for (CallTask<HeapHandle, ?> each : List.of(first, second, third)) {
      assertSame(each, queue.first());
      assertTrue(queue.remove(each));
    }
    assertEquals(0, queue.size());
  }
}
