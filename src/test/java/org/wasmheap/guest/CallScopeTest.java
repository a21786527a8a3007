package org.wasmheap.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.wasmheap.heap.Heap;
import org.wasmheap.heap.HeapConfinementException;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.heap.HeapListener;
import org.wasmheap.testkit.BareHeaps;

/** A scope as the test of somebody's own factory makes it, without an executor. */
class CallScopeTest {
  private final Heap heap = BareHeaps.claimed(HeapListener.NONE);

  @Test
  void a_factory_can_be_tested_without_an_executor() throws Exception {
    // given
    GuestFactory.Instance<HeapHandle> instance = BareHeaps.factory().create();
    HeapHandle handle = heap.begin(1, "test");

    // when
    HeapHandle guest = instance.open(CallScope.of(handle, null));

    // then
    assertEquals(BareHeaps.FIRST_POINTER, guest.malloc(8));
  }

  @Test
  void a_context_must_come_as_the_type_that_is_asked_for_or_not_at_all() {
    CallScope scope = CallScope.of(heap.begin(1, "test"), "overlay");
    CallScope without = CallScope.of(scope.heap(), null);

    assertTrue(scope.hasContext());
    assertEquals("overlay", scope.context(String.class));
    assertEquals("overlay", scope.context(CharSequence.class));
    assertThrows(IllegalStateException.class, () -> scope.context(List.class));
    assertFalse(without.hasContext());
    assertThrows(IllegalStateException.class, () -> without.context(Object.class));
  }

  @Test
  void what_host_functions_keep_must_be_the_same_for_a_call_and_another_for_the_next() {
    // given
    CallScope first = CallScope.of(heap.begin(1, "test"), "overlay");
    StringBuilder kept = first.attachment(StringBuilder.class, StringBuilder::new);
    List<?> other = first.attachment(ArrayList.class, ArrayList::new);

    // when
    StringBuilder again = first.attachment(StringBuilder.class, () -> new StringBuilder("other"));
    heap.reset();
    CallScope second = CallScope.of(heap.begin(2, "test"), "overlay");

    // then
    assertSame(kept, again);
    assertNotSame(kept, other);
    assertNotSame(kept, second.attachment(StringBuilder.class, StringBuilder::new));
    assertThrows(
        HeapConfinementException.class,
        () -> first.attachment(StringBuilder.class, StringBuilder::new));
  }

  @Test
  void host_functions_must_be_entered_once_and_left_once() {
    CallScope scope = CallScope.of(heap.begin(1, "test"), null);

    assertTrue(scope.enterHost());
    assertFalse(scope.enterHost());
    scope.exitHost();
    assertThrows(IllegalStateException.class, scope::exitHost);
    assertTrue(scope.enterHost());
  }

  @Test
  void a_callback_must_be_entered_from_a_host_function_only_and_left_once() {
    CallScope scope = CallScope.of(heap.begin(1, "test"), null);

    assertFalse(scope.enterGuest());
    assertThrows(IllegalStateException.class, scope::exitGuest);
    assertTrue(scope.enterHost());
    assertTrue(scope.enterGuest());
    assertFalse(scope.enterGuest());
    assertTrue(scope.enterHost(), "the guest calls the host again");
    scope.exitHost();
    scope.exitGuest();
    assertThrows(IllegalStateException.class, scope::exitGuest);
    scope.exitHost();
  }

  @Test
  void a_callback_of_a_call_that_was_given_up_must_be_left_and_then_tell_so() {
    // given
    List<String> heard = new ArrayList<>();
    CallScope scope = CallScope.of(heap.begin(1, "test"), null, hearing(heard));
    scope.enterHost();
    scope.enterGuest();

    // when
    heap.revoke();

    // then
    assertThrows(HeapConfinementException.class, scope::exitGuest);
    assertEquals(List.of("enter", "enter guest", "exit guest"), heard);
  }

  @Test
  void who_runs_calls_and_knows_no_callbacks_must_be_asked_for_none() {
    CallScope scope =
        CallScope.of(
            heap.begin(1, "test"),
            null,
            new CallScope.Interrupts() {
              @Override
              public boolean enterHost() {
                return true;
              }

              @Override
              public void exitHost() {}
            });

    scope.enterHost();

    assertFalse(scope.enterGuest());
  }

  private static CallScope.Interrupts hearing(List<String> heard) {
    return new CallScope.Interrupts() {
      @Override
      public boolean enterHost() {
        return heard.add("enter");
      }

      @Override
      public void exitHost() {
        heard.add("exit");
      }

      @Override
      public boolean enterGuest() {
        return heard.add("enter guest");
      }

      @Override
      public void exitGuest() {
        heard.add("exit guest");
      }
    };
  }

  @Test
  void the_marks_round_host_functions_must_reach_those_who_run_the_call() {
    List<String> heard = new ArrayList<>();
    CallScope scope = CallScope.of(heap.begin(1, "test"), null, hearing(heard));

    scope.enterHost();
    scope.exitHost();

    assertEquals(List.of("enter", "exit"), heard);
  }

  @Test
  void the_first_failure_of_the_guest_must_stand() {
    CallScope scope = CallScope.of(heap.begin(1, "test"), null);
    assertNull(heap.firstCause());
    IllegalStateException first = new IllegalStateException("first");

    scope.guestFailed(first);
    scope.guestFailed(new IllegalStateException("second"));

    assertSame(first, heap.firstCause());
  }

  @Test
  void after_the_call_nothing_must_work() {
    CallScope scope = CallScope.of(heap.begin(1, "test"), "overlay");
    IllegalStateException failure = new IllegalStateException("trap");
    scope.guestFailed(failure);

    heap.reset();

    assertThrows(HeapConfinementException.class, scope::enterHost);
    assertThrows(HeapConfinementException.class, scope::exitHost);
    assertThrows(HeapConfinementException.class, scope::enterGuest);
    assertThrows(HeapConfinementException.class, scope::exitGuest);
    assertThrows(HeapConfinementException.class, scope::hasContext);
    assertThrows(HeapConfinementException.class, () -> scope.context(String.class));
    assertThrows(HeapConfinementException.class, () -> scope.guestFailed(failure));
    assertNull(heap.firstCause());
  }

  @Test
  void the_guests_last_words_are_kept_escaped_and_of_bounded_length() {
    CallScope scope = CallScope.of(heap.begin(1, "test"), null);

    assertNull(scope.guestWords());
    scope.guestSaid("first");
    scope.guestSaid("line\none");
    assertEquals("line\\none", scope.guestWords());
    scope.guestSaid("long".repeat(10_000));
    assertTrue(scope.guestWords().length() < 1_100);
  }

  @Test
  void a_scope_that_nobody_interrupts_has_much_time() {
    CallScope scope = CallScope.of(heap.begin(1, "test"), null);

    assertEquals(Duration.ofDays(30), scope.timeLeft());
  }
}
