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
