package org.wasmheap.pool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.FailureKind;

/** The calling thread plays the worker and the one who interrupts, in each order. */
class InterruptGateTest {
  private final InterruptGate gate = new InterruptGate(Thread.currentThread());

  @AfterEach
  void leave_a_clean_flag() {
    assertFalse(Thread.interrupted(), "a test left the interrupt flag set");
  }

  @Test
  void a_running_call_is_interrupted_once_and_the_flag_is_clean_after_it() {
    gate.begin(1);

    assertTrue(gate.interrupt(1, FailureKind.DEADLINE));
    assertTrue(Thread.currentThread().isInterrupted());
    assertFalse(gate.interrupt(1, FailureKind.CANCELLED));

    assertEquals(FailureKind.DEADLINE, gate.end(1));
    assertFalse(Thread.currentThread().isInterrupted());
  }

  @Test
  void another_call_than_the_one_that_runs_cannot_be_interrupted() {
    assertFalse(gate.interrupt(1, FailureKind.DEADLINE));
    gate.begin(2);
    assertFalse(gate.interrupt(1, FailureKind.DEADLINE));
    assertNull(gate.end(2));
    assertFalse(gate.interrupt(2, FailureKind.DEADLINE));
    assertFalse(Thread.currentThread().isInterrupted());
  }

  @Test
  void a_stray_interrupt_does_not_reach_the_next_call() {
    Thread.currentThread().interrupt();

    gate.begin(1);

    assertFalse(Thread.currentThread().isInterrupted());
    assertNull(gate.end(1));
  }

  @Test
  void inside_a_host_function_the_interrupt_waits_until_it_returns() {
    // given
    gate.begin(1);
    assertTrue(gate.enterHost());

    // when
    assertTrue(gate.interrupt(1, FailureKind.DEADLINE));

    // then
    assertFalse(Thread.currentThread().isInterrupted());
    CallException stop = assertThrows(CallException.class, gate::exitHost);
    assertEquals(FailureKind.INTERRUPTED, stop.kind());
    assertTrue(Thread.currentThread().isInterrupted());
    assertEquals(FailureKind.DEADLINE, gate.end(1));
  }

  @Test
  void an_interrupted_call_enters_no_host_function() {
    gate.begin(1);
    gate.interrupt(1, FailureKind.DEADLINE);

    assertThrows(CallException.class, gate::enterHost);

    assertEquals(FailureKind.DEADLINE, gate.end(1));
  }

  @Test
  void a_host_function_within_a_host_function_is_the_same_region() {
    gate.begin(1);
    assertTrue(gate.enterHost());
    assertFalse(gate.enterHost());
    gate.interrupt(1, FailureKind.CANCELLED);
    assertFalse(gate.enterHost());

    assertThrows(CallException.class, gate::exitHost);

    assertEquals(FailureKind.CANCELLED, gate.end(1));
  }

  @Test
  void a_callback_from_a_host_function_is_interrupted_at_once_and_the_host_function_is_not() {
    // given
    gate.begin(1);
    assertTrue(gate.enterHost());
    assertTrue(gate.enterGuest());

    // when
    assertTrue(gate.interrupt(1, FailureKind.DEADLINE));

    // then
    assertTrue(Thread.currentThread().isInterrupted());
    gate.exitGuest();
    assertFalse(Thread.currentThread().isInterrupted(), "the host function works on");
    assertFalse(gate.interrupt(1, FailureKind.CANCELLED));
    assertThrows(CallException.class, gate::exitHost);
    assertTrue(Thread.currentThread().isInterrupted());
    assertEquals(FailureKind.DEADLINE, gate.end(1));
  }

  @Test
  void a_callback_is_refused_if_the_interrupt_came_before_it() {
    // given
    gate.begin(1);
    assertTrue(gate.enterHost());
    gate.interrupt(1, FailureKind.DEADLINE);
    assertFalse(gate.whetherInterrupted().getAsBoolean(), "it waits for the host function");

    // when
    CallException stop = assertThrows(CallException.class, gate::enterGuest);

    // then
    assertEquals(FailureKind.INTERRUPTED, stop.kind());
    assertTrue(gate.whetherInterrupted().getAsBoolean(), "what fails from here on is no verdict");
    assertFalse(Thread.currentThread().isInterrupted());
    assertThrows(CallException.class, gate::exitHost);
    assertEquals(FailureKind.DEADLINE, gate.end(1));
    gate.begin(2);
    assertFalse(gate.whetherInterrupted().getAsBoolean());
    gate.end(2);
  }

  @Test
  void host_functions_and_callbacks_follow_one_another_to_any_depth() {
    // given
    gate.begin(1);
    assertFalse(gate.enterGuest(), "it is in no host function");
    for (int level = 0; level < 3; level++) {
      assertTrue(gate.enterHost());
      assertFalse(gate.enterHost());
      assertTrue(gate.enterGuest());
      assertFalse(gate.enterGuest());
    }

    // when an interrupt waits for the innermost host function
    assertTrue(gate.enterHost());
    gate.interrupt(1, FailureKind.DEADLINE);
    assertFalse(Thread.currentThread().isInterrupted());
    assertThrows(CallException.class, gate::exitHost);

    // then the guest is interrupted at each level, and no host function is
    for (int level = 0; level < 3; level++) {
      assertTrue(Thread.currentThread().isInterrupted());
      gate.exitGuest();
      assertFalse(Thread.currentThread().isInterrupted());
      assertThrows(CallException.class, gate::exitHost);
    }
    assertEquals(FailureKind.DEADLINE, gate.end(1));
  }

  @Test
  void a_host_function_whose_callback_was_given_up_works_on_undisturbed() {
    // given
    gate.begin(1);
    assertTrue(gate.enterHost());
    assertTrue(gate.enterGuest());
    gate.interrupt(1, FailureKind.DEADLINE);
    assertTrue(gate.abandon(1));

    // when
    gate.exitGuest();

    // then
    assertFalse(Thread.currentThread().isInterrupted());
    assertTrue(gate.isAbandoned());
    assertThrows(CallException.class, gate::enterGuest);
    assertThrows(CallException.class, gate::exitHost);
    gate.end(1);
    assertFalse(gate.release());
  }

  @Test
  void a_callback_into_an_outer_call_that_is_interrupted_leaves_the_inner_call_interrupted() {
    // given an inner call that a host function of the outer one makes, and that calls its guest
    InterruptGate nested = new InterruptGate(Thread.currentThread());
    gate.begin(1);
    assertTrue(gate.enterHost());
    nested.begin(2);
    assertTrue(gate.enter(nested));
    assertTrue(gate.enterGuest());

    // when
    gate.interrupt(1, FailureKind.CANCELLED);
    gate.exitGuest();

    // then
    assertTrue(Thread.currentThread().isInterrupted(), "the inner call is guest code as well");
    assertEquals(FailureKind.CANCELLED, nested.end(2));
    nested.release();
    gate.leave();
    assertFalse(Thread.currentThread().isInterrupted());
    assertThrows(CallException.class, gate::exitHost);
    assertEquals(FailureKind.CANCELLED, gate.end(1));
  }

  @Test
  void leaving_a_callback_that_was_not_entered_is_a_mistake_that_stops_nothing() {
    gate.begin(1);
    assertTrue(gate.enterHost());

    assertThrows(IllegalStateException.class, gate::exitGuest);

    gate.exitHost();
    assertNull(gate.end(1));
  }

  @Test
  void an_interrupted_call_makes_no_call_of_its_own_and_stays_interrupted() {
    // given
    gate.begin(1);
    gate.interrupt(1, FailureKind.DEADLINE);

    // when
    InterruptGate nested = new InterruptGate(Thread.currentThread());
    nested.begin(2);

    assertFalse(gate.enter(nested));
    nested.end(2);
    gate.refused();

    // then
    assertTrue(Thread.currentThread().isInterrupted());
    assertEquals(FailureKind.DEADLINE, gate.end(1));
  }

  @Test
  void a_host_function_whose_own_call_was_refused_stays_undisturbed() {
    // given
    gate.begin(1);
    assertTrue(gate.enterHost());
    gate.interrupt(1, FailureKind.DEADLINE);

    // when
    InterruptGate nested = new InterruptGate(Thread.currentThread());
    nested.begin(2);
    assertFalse(gate.enter(nested));
    nested.end(2);
    gate.refused();

    // then
    assertFalse(nested.interrupt(2, FailureKind.DEADLINE));
    assertFalse(Thread.currentThread().isInterrupted());
    assertThrows(CallException.class, gate::exitHost);
    assertEquals(FailureKind.DEADLINE, gate.end(1));
  }

  @Test
  void leaving_a_host_function_that_was_not_entered_is_a_mistake_that_stops_nothing() {
    gate.begin(1);

    assertThrows(IllegalStateException.class, gate::exitHost);

    assertFalse(Thread.currentThread().isInterrupted());
    assertNull(gate.end(1));
  }

  @Test
  void the_reason_of_one_call_is_not_that_of_the_next() {
    gate.begin(1);
    gate.interrupt(1, FailureKind.DEADLINE);
    gate.end(1);

    gate.begin(2);
    assertTrue(gate.enterHost());
    gate.exitHost();

    assertNull(gate.end(2));
  }
}
