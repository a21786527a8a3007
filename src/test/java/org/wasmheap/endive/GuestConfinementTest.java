package org.wasmheap.endive;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.CallScope;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.heap.HeapConfinementException;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.pool.CallOptions;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.testkit.Guests;
import run.endive.wasm.types.FunctionType;
import run.endive.wasm.types.ValType;

@Timeout(60)
class GuestConfinementTest {
  private static final CallOptions CALL = CallOptions.named("call");

  private final AtomicReference<CallScope> scope = new AtomicReference<>();

  private final HostFunction keeping =
      new HostFunction(
          "test",
          "act",
          FunctionType.of(List.of(ValType.I32), List.of()),
          (given, arguments) -> {
            scope.set(given);
            return 0;
          });

  private final HeapExecutor<EndiveGuest> executor =
      Guests.onOneWorker(Guests.load("imports", keeping));

  private final ExecutorService other = Executors.newSingleThreadExecutor();

  @AfterEach
  void shutDown() {
    other.shutdownNow();
    executor.close();
  }

  /** Everything of a call that code could keep. */
  private record Kept(EndiveGuest guest, HeapHandle heap, CallScope scope) {
    /** All that can be done with it. */
    Stream<Executable> uses() {
      return Stream.of(
          () -> guest.call("malloc", 8),
          () -> guest.call("act", 8),
          () -> guest.heap().malloc(8),
          () -> heap.malloc(8),
          () -> heap.free(1032),
          () -> heap.read(0, 1),
          () -> heap.write(0, new byte[1]),
          () -> heap.growMemory(1),
          heap::memoryBytes,
          heap::check,
          () -> scope.context(String.class),
          scope::hasContext,
          scope::enterHost,
          () -> scope.heap().malloc(8));
    }
  }

  private Kept keep() throws InterruptedException {
    return executor.call(CALL, this::kept);
  }

  private Kept kept(EndiveGuest guest) {
    guest.call("act", 1);
    return new Kept(guest, guest.heap(), scope.get());
  }

  @Test
  void what_is_kept_past_its_call_is_refused_on_any_thread() throws Exception {
    // given
    Kept kept = keep();
    // then
    kept.uses().forEach(use -> assertThrows(HeapConfinementException.class, use));
  }

  @Test
  void what_is_kept_past_its_call_is_refused_on_the_same_worker_in_a_later_call() throws Exception {
    // given
    Kept kept = keep();
    // when
    executor.call(
        CALL,
        guest -> {
          long first = guest.call("malloc", 8)[0];
          // then
          kept.uses().forEach(use -> assertThrows(HeapConfinementException.class, use));
          assertEquals(first + 16, guest.call("malloc", 8)[0]);
          return true;
        });
    assertEquals(0, executor.statistics().replaced());
  }

  @Test
  void what_is_kept_of_a_discarded_instance_is_refused_in_the_call_on_its_successor()
      throws Exception {
    // given
    AtomicReference<Kept> kept = new AtomicReference<>();
    assertThrows(
        CallException.class,
        () ->
            executor.call(
                CALL,
                guest -> {
                  kept.set(kept(guest));
                  throw new IllegalStateException("on purpose");
                }));
    // when
    executor.call(
        CALL,
        guest -> {
          guest.call("malloc", 8);
          // then
          kept.get().uses().forEach(use -> assertThrows(HeapConfinementException.class, use));
          return true;
        });
  }

  @Test
  void another_thread_is_refused_while_the_call_runs() throws Exception {
    // when
    executor.call(
        CALL,
        guest -> {
          Kept kept = kept(guest);
          // then
          other
              .submit(
                  () ->
                      kept.uses().forEach(use -> assertThrows(HeapConfinementException.class, use)))
              .get(30, SECONDS);
          assertEquals(1032, guest.call("malloc", 8)[0]);
          return true;
        });
    assertEquals(0, executor.statistics().replaced());
  }

  @Test
  void a_refusal_names_heap_owner_and_intruder() throws Exception {
    // given
    Kept kept = keep();
    // when
    String message =
        assertThrows(HeapConfinementException.class, () -> kept.heap().malloc(1)).getMessage();
    // then
    assertTrue(message.contains("heap guests/1 "), message);
    assertTrue(message.contains("'guests-worker-1'"), message);
    assertTrue(message.contains("'" + Thread.currentThread().getName() + "'"), message);
  }

  @Test
  void a_call_that_uses_what_was_kept_fails_as_the_embedders_mistake() throws Exception {
    // given
    Kept kept = keep();
    // when
    CallException failure =
        assertThrows(
            CallException.class, () -> executor.call(CALL, guest -> kept.guest().call("act", 1)));
    // then
    assertEquals(FailureKind.CONFINEMENT, failure.kind());
    assertFalse(failure.isDeterministic());
    assertEquals(1032, Guests.call(executor, "malloc", 1));
  }
}
