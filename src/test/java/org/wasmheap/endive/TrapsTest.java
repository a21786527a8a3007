package org.wasmheap.endive;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.pool.CallOptions;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.testkit.Guests;

@Timeout(60)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TrapsTest {
  private final HeapExecutor<EndiveGuest> executor = Guests.onOneWorker(Guests.load("traps"));

  @AfterAll
  void shutDown() {
    executor.close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          unreachable        | unreachable
          i32_div_s          | integer divide by zero
          i32_div_u          | integer divide by zero
          i32_rem_s          | integer divide by zero
          i32_rem_u          | integer divide by zero
          i64_div_s          | integer divide by zero
          i64_div_u          | integer divide by zero
          i64_rem_s          | integer divide by zero
          i64_rem_u          | integer divide by zero
          i32_div_overflow   | integer overflow
          trunc_nan          | invalid conversion to integer
          trunc_overflow     | integer overflow
          load_outside       | out of bounds memory access
          load_far_outside   | out of bounds memory access
          load_wraps         | out of bounds memory access
          store_outside      | out of bounds memory access
          store_wraps        | out of bounds memory access
          fill_outside       | out of bounds memory access
          fill_wraps         | out of bounds memory access
          copy_outside       | out of bounds memory access
          init_outside       | out of bounds memory access
          init_dropped       | out of bounds memory access
          call_wrong_type    | indirect call type mismatch
          call_undefined     | undefined element
          call_far_undefined | undefined element
          call_null          | uninitialized element
          table_get_outside  | out of bounds table access
          table_set_outside  | out of bounds table access
          table_fill_outside | out of bounds table access
          table_copy_outside | out of bounds table access
          table_init_outside | out of bounds table access
          table_get_far      | out of bounds table access
          table_set_far      | out of bounds table access
          table_fill_far     | out of bounds table access
          table_fill_wraps   | out of bounds table access
          table_copy_far     | out of bounds table access
          table_copy_far_up  | out of bounds table access
          table_copy_far_down | out of bounds table access
          table_copy_wraps   | out of bounds table access
          table_init_far     | out of bounds table access
          table_init_wraps   | out of bounds table access
          table_init_dropped | out of bounds table access
          table_init_active  | out of bounds table access
          i64_div_overflow   | integer overflow
          i32_trunc_f32_s_nan | invalid conversion to integer
          i32_trunc_f32_s_overflow | integer overflow
          i32_trunc_f32_u_nan | invalid conversion to integer
          i32_trunc_f32_u_overflow | integer overflow
          i32_trunc_f64_s_nan | invalid conversion to integer
          i32_trunc_f64_s_overflow | integer overflow
          i32_trunc_f64_u_nan | invalid conversion to integer
          i32_trunc_f64_u_overflow | integer overflow
          i64_trunc_f32_s_nan | invalid conversion to integer
          i64_trunc_f32_s_overflow | integer overflow
          i64_trunc_f32_u_nan | invalid conversion to integer
          i64_trunc_f32_u_overflow | integer overflow
          i64_trunc_f64_s_nan | invalid conversion to integer
          i64_trunc_f64_s_overflow | integer overflow
          i64_trunc_f64_u_nan | invalid conversion to integer
          i64_trunc_f64_u_overflow | integer overflow
          """)
  void a_trap_is_the_guests_failure_and_the_next_call_is_right(String export, String reason)
      throws Exception {
    // when
    CallException trap = assertThrows(CallException.class, () -> Guests.run(executor, export));
    // then
    assertEquals(FailureKind.TRAP, trap.kind(), trap.getMessage());
    assertTrue(trap.isDeterministic());
    assertTrue(trap.getMessage().contains(reason), trap.getMessage());
    assertEquals(1, Guests.call(executor, "fine"));
  }

  @Test
  void recursion_without_end_is_the_hosts_failure_and_the_next_call_is_right() throws Exception {
    // when
    CallException failure =
        assertThrows(CallException.class, () -> Guests.call(executor, "recurse_forever", 0));
    // then
    assertEquals(FailureKind.STACK_OVERFLOW, failure.kind());
    assertFalse(failure.isDeterministic());
    assertEquals(1, Guests.call(executor, "fine"));
  }

  @Test
  void a_trap_that_the_call_swallows_fails_it_all_the_same() throws Exception {
    // when
    CallException failure =
        assertThrows(
            CallException.class,
            () ->
                executor.call(
                    CallOptions.named("call"),
                    guest ->
                        assertThrows(CallException.class, () -> guest.call("unreachable"))
                            .getMessage()));
    // then
    assertEquals(FailureKind.TRAP, failure.kind());
    assertEquals(1, Guests.call(executor, "fine"));
  }
}
