package org.wasmheap.pool;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.wasmheap.guest.CallException;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.pool.CallOptions.CallClass;

/** The queue's promise, one thread at a time: it knows a call until the call's future is done. */
@Timeout(60)
class CallQueueTest {
  private static final int MANY = 200;

  private final PoolParts pool = PoolParts.withoutGrace(MANY);
  private final CallQueue<HeapHandle> queue = pool.queue;
  private final DueCalls<HeapHandle> due = new DueCalls<>();

  private CallTask<HeapHandle, String> call() {
    return pool.task("call", CallClass.OFF_CHAIN);
  }

  private CallTask<HeapHandle, String> callDueNow() {
    return pool.task("due", CallClass.OFF_CHAIN, System.nanoTime());
  }

  /** What a worker comes from. */
  private static Seat<HeapHandle> from(@Nullable CallTask<HeapHandle, ?> task) {
    Seat<HeapHandle> last = new Seat<>();
    last.last = task;
    return last;
  }

  private List<Verdict> look() {
    queue.awaitDue(due, 0);
    List<Verdict> verdicts = new ArrayList<>();
    for (int i = 0; i < due.size(); i++) {
      verdicts.add(due.verdict(i));
    }
    return verdicts;
  }

  @Test
  void a_call_that_its_thread_leaves_undone_must_be_told_of_until_it_is_done() {
    // given
    CallTask<HeapHandle, String> call = call();
    assertNull(queue.offer(call));
    assertEquals(call, queue.take(from(null)));

    // when
    queue.finished(call);

    // then
    assertEquals(List.of(Verdict.UNFINISHED), look());
    queue.finished(call); // Still undone.
    await().until(() -> !look().isEmpty());
    assertEquals(Verdict.UNFINISHED, due.verdict(0));
    assertFalse(queue.drain(0), "not idle while a call is undone");
    call.failAsBroken(false);
    queue.finished(call);
    assertTrue(queue.drain(0));
    assertEquals(List.of(), look());
  }

  @Test
  void the_next_visit_of_a_thread_must_tell_that_it_left_its_call_undone() {
    // given
    CallTask<HeapHandle, String> first = call();
    CallTask<HeapHandle, String> second = call();
    queue.offer(first);
    queue.offer(second);
    assertEquals(first, queue.take(from(null)));

    // when
    assertEquals(second, queue.take(from(first)));

    // then
    assertEquals(List.of(Verdict.UNFINISHED), look());
    assertEquals(first, due.call(0));
  }

  @Test
  void a_call_that_expired_must_be_known_until_it_is_done_and_run_no_more() {
    // given
    CallTask<HeapHandle, String> call = callDueNow();
    queue.offer(call);

    // when
    assertEquals(List.of(Verdict.EXPIRED), look());

    // then
    assertEquals(0, queue.load().waiting().get(CallClass.OFF_CHAIN));
    assertFalse(queue.drain(0));
    assertNull(queue.take(from(null)), "nothing to run");
    assertFalse(queue.remove(call), "it has no place to free");
    call.failAsBroken(false);
    queue.finished(call);
    assertTrue(queue.drain(0));
  }

  @Test
  void a_running_call_must_be_interrupted_then_given_up_and_known_until_it_is_done() {
    // given
    CallTask<HeapHandle, String> call = callDueNow();
    queue.offer(call);
    assertEquals(call, queue.take(from(null)));

    // when
    queue.awaitDue(due, 0);
    assertEquals(Verdict.INTERRUPT, due.verdict(0));

    // then
    assertEquals(List.of(Verdict.GIVE_UP), look());
    assertEquals(0, queue.load().running());
    queue.finished(call); // Its thread is back, with nothing to show.
    assertFalse(queue.drain(0));
    await().until(() -> !look().isEmpty());
    assertEquals(Verdict.GIVE_UP, due.verdict(0), "the first verdict stands");
    call.failAsBroken(false);
    queue.finished(call);
    assertTrue(queue.drain(0));
  }

  @Test
  void a_call_that_ended_well_after_it_was_condemned_must_leave_with_its_thread() {
    // given
    CallTask<HeapHandle, String> call = callDueNow();
    queue.offer(call);
    assertEquals(call, queue.take(from(null)));
    queue.awaitDue(due, 0);
    assertEquals(List.of(Verdict.GIVE_UP), look());

    // when
    call.complete("late");
    queue.finished(call);

    // then
    assertTrue(queue.drain(0));
  }

  @Test
  void more_calls_than_one_look_has_room_for_must_all_be_told_of_once() {
    // given
    for (int i = 0; i < MANY; i++) {
      assertNull(queue.offer(callDueNow()));
    }

    // when
    Set<CallTask<HeapHandle, ?>> told = new HashSet<>();
    do {
      look();
      for (int i = 0; i < due.size(); i++) {
        told.add(due.call(i));
        due.call(i).failAsBroken(false);
        queue.finished(due.call(i));
      }
    } while (due.size() > 0);

    // then
    assertEquals(MANY, told.size());
    assertTrue(queue.drain(0));
  }

  @Test
  void calls_that_are_due_in_any_order_and_class_must_be_told_of_and_the_others_wait_on() {
    // given
    long now = System.nanoTime();
    long later = now + TimeUnit.HOURS.toNanos(1);
    List<CallTask<HeapHandle, String>> all =
        List.of(
            pool.task("1", CallClass.OFF_CHAIN, later + 9),
            pool.task("2", CallClass.OFF_CHAIN, later),
            pool.task("3", CallClass.OFF_CHAIN, now - 1),
            pool.task("4", CallClass.BLOCK_IMPORT, later),
            pool.task("5", CallClass.BLOCK_IMPORT, now - 2),
            pool.task("6", CallClass.AUTHORING, now - 3));
    all.forEach(each -> assertNull(queue.offer(each)));

    // when
    assertEquals(List.of(Verdict.EXPIRED, Verdict.EXPIRED, Verdict.EXPIRED), look());

    // then
    assertEquals(
        List.of(all.get(5), all.get(4), all.get(2)),
        List.of(due.call(0), due.call(1), due.call(2)),
        "the earliest first");
    assertEquals(all.get(3), queue.take(from(null)));
    assertEquals(all.get(0), queue.take(from(null)));
    assertEquals(all.get(1), queue.take(from(null)));
  }

  @Test
  void more_calls_than_one_look_condemns_must_all_be_told_of_once() {
    // given two looks' worth and more, in order and in the reverse
    int many = 10_000;
    PoolParts large = PoolParts.withRoomFor(many);
    long now = System.nanoTime();
    for (int i = 0; i < many; i++) {
      long due = now + (i % 2 == 0 ? -many + i : -many - i);
      assertNull(large.queue.offer(large.task("due", CallClass.OFF_CHAIN, due)));
    }

    // when
    Set<CallTask<HeapHandle, ?>> told = new HashSet<>();
    do {
      large.queue.awaitDue(due, 0);
      for (int i = 0; i < due.size(); i++) {
        assertTrue(told.add(due.call(i)));
        due.call(i).failAsBroken(false);
        large.queue.finished(due.call(i));
      }
    } while (due.size() > 0);

    // then
    assertEquals(many, told.size());
    assertTrue(large.queue.drain(0));
  }

  @Test
  void a_closed_queue_must_tell_of_what_waited_and_ran_and_end_when_all_is_done() {
    // given
    CallTask<HeapHandle, String> runs = call();
    CallTask<HeapHandle, String> waits = call();
    queue.offer(runs);
    queue.offer(waits);
    assertEquals(runs, queue.take(from(null)));

    // when
    queue.close();

    // then
    assertEquals(List.of(Verdict.INTERRUPT, Verdict.EXPIRED), look());
    assertTrue(due.atEnd());
    assertEquals(runs, due.call(0));
    assertEquals(waits, due.call(1));
    assertNotNull(queue.offer(call()), "nothing is accepted");
    assertFalse(queue.begin(call()), "not even of a worker's thread");
    waits.failAsBroken(false);
    queue.finished(waits);
    assertTrue(queue.awaitDue(due, 0), "one is left");
    runs.complete("well");
    queue.finished(runs);
    assertFalse(queue.awaitDue(due, 0), "that was the last");
  }

  @Test
  void at_the_very_end_all_that_is_left_must_be_due_at_once() {
    // given a call that was just told of, and one that was just interrupted
    CallTask<HeapHandle, String> told = callDueNow();
    CallTask<HeapHandle, String> runs = call();
    queue.begin(runs);
    queue.offer(told);
    queue.close();
    assertEquals(List.of(Verdict.INTERRUPT, Verdict.EXPIRED), look());

    // when
    queue.endAll();

    // then
    assertEquals(List.of(Verdict.EXPIRED, Verdict.GIVE_UP), look());
    assertEquals(0, queue.load().running());
  }

  @Test
  void a_call_that_ended_before_must_not_be_counted_as_failed_as_well() {
    CallTask<HeapHandle, String> call = call();
    call.complete("well");

    Failures.endBroken(call, new IllegalStateException("too late"));
    call.failAsBroken(true);

    assertEquals(1, pool.counters.completed.get());
    assertEquals(0, pool.counters.failed.get());
    assertEquals(0, pool.counters.cutOff.get());
  }

  @Test
  void a_call_must_stand_in_one_place_only() {
    CallTask<HeapHandle, String> call = call();
    queue.offer(call);

    assertThrows(IllegalStateException.class, () -> queue.offer(call));
    assertThrows(IllegalStateException.class, () -> queue.begin(call));
    assertEquals(1, queue.load().waiting().get(CallClass.OFF_CHAIN));
  }

  @Test
  void a_call_that_leaves_from_the_middle_must_leave_the_others_in_their_order() {
    // given
    CallTask<HeapHandle, String> first = call();
    CallTask<HeapHandle, String> second = call();
    CallTask<HeapHandle, String> third = call();
    CallTask<HeapHandle, String> fourth = call();
    List.of(first, second, third, fourth).forEach(queue::offer);

    // when
    assertTrue(queue.remove(second));
    assertTrue(queue.remove(fourth));

    // then
    assertEquals(first, queue.take(from(null)));
    CallTask<HeapHandle, String> last = call();
    queue.offer(last);
    assertEquals(third, queue.take(from(null)));
    assertEquals(last, queue.take(from(null)));
  }

  @Test
  void a_lost_call_must_fail_once_and_be_counted_once() {
    CallTask<HeapHandle, String> call = call();

    call.failAsBroken(false);
    call.failAsBroken(false);
    call.complete("late");

    CallException failure =
        assertThrows(CallException.class, () -> call.await(TimeUnit.SECONDS.toNanos(1)));
    assertFalse(failure.isDeterministic());
    assertEquals(1, pool.counters.failed.get());
    assertEquals(0, pool.counters.completed.get());
  }

  @Test
  void an_exception_that_does_not_even_give_its_message_must_fail_its_call_all_the_same() {
    CallTask<HeapHandle, String> call = call();

    Failures.endBroken(call, new Mute());

    CallException failure =
        assertThrows(CallException.class, () -> call.await(TimeUnit.SECONDS.toNanos(1)));
    assertTrue(failure.getMessage().contains(Mute.class.getName()), failure.getMessage());
  }

  private static final class Mute extends RuntimeException {
    private static final long serialVersionUID = 1L;

    @Override
    public String getMessage() {
      throw new IllegalStateException("no message");
    }
  }
}
