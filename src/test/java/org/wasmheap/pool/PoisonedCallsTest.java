package org.wasmheap.pool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.wasmheap.testkit.Calls.CALL;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.wasmheap.allocator.AllocatorException;
import org.wasmheap.allocator.AllocatorFault;
import org.wasmheap.guest.CallException;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.heap.HeapView;
import org.wasmheap.heap.PoisonReport;
import org.wasmheap.testkit.BareHeaps;

/** The report on a poison, as the caller gets it. */
class PoisonedCallsTest {
  @Test
  void the_callers_exception_must_carry_the_report_that_the_hook_got() throws Exception {
    // given
    List<PoisonReport> heard = new CopyOnWriteArrayList<>();
    PoolListener listener =
        new PoolListener() {
          @Override
          public void poisoned(HeapView heap, PoisonReport report) {
            heard.add(report);
          }
        };
    try (HeapExecutor<HeapHandle> executor = BareHeaps.executor().listener(listener).build()) {
      // when
      CallException failure =
          assertThrows(
              CallException.class, () -> executor.call(CALL, heap -> heap.malloc(0x7FFF_FFFF)));

      // then
      assertEquals(1, heard.size());
      assertSame(heard.get(0), failure.poisonReport().orElseThrow());
      assertEquals(AllocatorFault.REQUEST_TOO_LARGE, heard.get(0).fault());
      assertEquals("call", heard.get(0).callName());
    }
  }

  @Test
  void a_fault_that_the_calls_own_code_swallowed_must_be_reported_all_the_same() throws Exception {
    try (HeapExecutor<HeapHandle> executor = BareHeaps.executor().build()) {
      // when
      CallException failure =
          assertThrows(
              CallException.class,
              () ->
                  executor.call(
                      CALL,
                      heap -> {
                        assertThrows(AllocatorException.class, () -> heap.free(0));
                        return "fine";
                      }));

      // then
      assertEquals(AllocatorFault.INVALID_POINTER, failure.poisonReport().orElseThrow().fault());
    }
  }

  @Test
  void a_call_that_another_call_made_must_pass_its_report_on() throws Exception {
    try (HeapExecutor<HeapHandle> inner = BareHeaps.executor().name("inner").build();
        HeapExecutor<HeapHandle> outer = BareHeaps.executor().name("outer").build()) {
      // when
      CallException failure =
          assertThrows(
              CallException.class,
              () ->
                  outer.call(
                      CALL, heap -> inner.call(CallOptions.named("inside"), it -> it.malloc(-1))));

      // then
      PoisonReport report = failure.poisonReport().orElseThrow();
      assertEquals("inside", report.callName());
      assertTrue(report.heap().startsWith("inner"), report::toString);
    }
  }

  @Test
  void a_call_that_failed_otherwise_must_carry_none() throws Exception {
    try (HeapExecutor<HeapHandle> executor = BareHeaps.executor().build()) {
      CallException failure =
          assertThrows(
              CallException.class,
              () ->
                  executor.call(
                      CALL,
                      heap -> {
                        throw new IllegalStateException("the call's own code");
                      }));

      assertTrue(failure.poisonReport().isEmpty());
    }
  }
}
