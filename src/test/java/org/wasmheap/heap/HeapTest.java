package org.wasmheap.heap;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import com.google.common.util.concurrent.Uninterruptibles;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.wasmheap.allocator.AllocatorException;
import org.wasmheap.allocator.AllocatorFault;
import org.wasmheap.memory.GrowthRefusedException;
import org.wasmheap.memory.LinearMemory;
import org.wasmheap.memory.MemoryAccessException;
import org.wasmheap.testkit.BareHeaps;
import org.wasmheap.testkit.LogCapture;

class HeapTest {
  private static final HeapListener SILENT = new HeapListener() {};

  /** Runs on a thread of its own and gives what was thrown there. */
  private static Throwable thrownElsewhere(Runnable body) {
    CompletableFuture<Void> done =
        CompletableFuture.runAsync(body, r -> new Thread(r, "thief").start());
    ExecutionException failure =
        assertThrows(
            ExecutionException.class,
            () -> Uninterruptibles.getUninterruptibly(done, 10, TimeUnit.SECONDS));
    return failure.getCause();
  }

  @Test
  void a_call_allocates_where_the_heap_begins_and_the_next_call_does_so_again() {
    // given
    Heap heap = BareHeaps.claimed(SILENT);

    // when
    int first = heap.begin(1, "first").malloc(10);
    heap.reset();
    int second = heap.begin(2, "second").malloc(10);

    // then
    assertEquals(BareHeaps.FIRST_POINTER, first);
    assertEquals(first, second);
  }

  @Test
  void a_reset_puts_back_content_size_and_allocator() {
    // given a call that wrote, grew and allocated
    Heap heap = BareHeaps.claimed(SILENT);
    HeapHandle call = heap.begin(1, "call");
    call.write(4000, new byte[] {1, 2, 3});
    call.growMemory(2);
    call.malloc(100);
    assertEquals(3 * LinearMemory.PAGE_SIZE, call.memoryBytes());

    // when
    int blocks = heap.reset();

    // then
    HeapHandle next = heap.begin(2, "next");
    assertArrayEquals(new byte[3], next.read(4000, 3));
    assertEquals(LinearMemory.PAGE_SIZE, next.memoryBytes());
    assertEquals(0, heap.view().statistics().allocations());
    assertEquals(1, blocks);
  }

  @Test
  void only_the_owner_begins_calls_and_resets() {
    Heap heap = BareHeaps.claimed(SILENT);

    assertTrue(thrownElsewhere(() -> heap.begin(1, "x")) instanceof HeapConfinementException);
    assertTrue(thrownElsewhere(heap::reset) instanceof HeapConfinementException);
    assertTrue(thrownElsewhere(heap::claim) instanceof HeapConfinementException);
    assertTrue(thrownElsewhere(heap::retire) instanceof HeapConfinementException);
    assertEquals(HeapView.State.READY, heap.view().state());
  }

  @Test
  void a_handle_is_refused_on_another_thread_with_heap_owner_and_intruder_named() {
    // given
    Heap heap = BareHeaps.claimed(SILENT);
    HeapHandle call = heap.begin(7, "call");

    // when
    Throwable refusal = thrownElsewhere(() -> call.malloc(8));

    // then
    assertTrue(refusal instanceof HeapConfinementException);
    String message = String.valueOf(refusal.getMessage());
    assertTrue(message.contains("test/1"), message);
    assertTrue(message.contains("'" + Thread.currentThread().getName() + "'"), message);
    assertTrue(message.contains("'thief'"), message);
    assertEquals(0, heap.view().statistics().allocations());
  }

  @Test
  void a_handle_is_refused_after_its_call_also_while_a_later_call_runs() {
    // given
    Heap heap = BareHeaps.claimed(SILENT);
    HeapHandle kept = heap.begin(1, "first");
    heap.reset();

    // when between the calls, and in the next
    assertThrows(HeapConfinementException.class, () -> kept.malloc(8));
    heap.begin(2, "second");

    // then
    assertThrows(HeapConfinementException.class, () -> kept.malloc(8));
    assertThrows(HeapConfinementException.class, () -> kept.free(8));
    assertThrows(HeapConfinementException.class, () -> kept.read(0, 1));
    assertThrows(HeapConfinementException.class, () -> kept.read(0, new byte[1], 0, 1));
    assertThrows(HeapConfinementException.class, () -> kept.write(0, new byte[1]));
    assertThrows(HeapConfinementException.class, () -> kept.growMemory(1));
    assertThrows(HeapConfinementException.class, kept::memoryBytes);
    assertThrows(HeapConfinementException.class, kept::check);
    assertFalse(new HeapConfinementExceptionProbe(kept).isDeterministic());
  }

  /** The exception of a dead handle. */
  private record HeapConfinementExceptionProbe(HeapHandle dead) {
    boolean isDeterministic() {
      return assertThrows(HeapConfinementException.class, dead::check).isDeterministic();
    }
  }

  @Test
  void a_heap_in_a_call_or_poisoned_begins_no_other() {
    Heap heap = BareHeaps.claimed(SILENT);
    HeapHandle call = heap.begin(1, "first");
    assertThrows(IllegalStateException.class, () -> heap.begin(2, "second"));

    assertThrows(AllocatorException.class, () -> call.free(0));
    assertEquals(HeapView.State.POISONED, heap.view().state());
    assertThrows(IllegalStateException.class, () -> heap.begin(3, "third"));

    heap.reset();
    assertEquals(HeapView.State.READY, heap.view().state());
    assertNull(heap.firstCause());
  }

  @Test
  void a_retired_heap_is_of_no_use_to_anybody() {
    Heap heap = BareHeaps.claimed(SILENT);
    HeapHandle call = heap.begin(1, "call");

    heap.retire();

    assertEquals(HeapView.State.RETIRED, heap.view().state());
    assertThrows(HeapConfinementException.class, () -> call.malloc(8));
    assertThrows(HeapConfinementException.class, heap::reset);
    assertThrows(HeapConfinementException.class, heap::claim);
  }

  @Test
  void a_poison_is_one_event_with_the_first_cause_however_often_the_heap_is_used_after_it() {
    try (LogCapture log = LogCapture.of(Level.INFO)) {
      // given
      Heap heap = BareHeaps.claimed(SILENT);
      heap.view().keepOperations();
      HeapHandle call = heap.begin(42, "Core_version");
      int pointer = call.malloc(100);
      call.free(pointer);

      // when
      AllocatorException first = assertThrows(AllocatorException.class, () -> call.free(pointer));
      AllocatorException second = assertThrows(AllocatorException.class, () -> call.malloc(8));

      // then
      assertEquals(AllocatorFault.EMPTY_HEADER, first.fault());
      assertEquals(AllocatorFault.POISONED, second.fault());
      assertSame(first, heap.firstCause());
      assertEquals(1, log.events("heap.poisoned").size());
      assertEquals(Level.ERROR, log.events("heap.poisoned").get(0).getLevel());
      assertEquals(
          Map.ofEntries(
              Map.entry("pool", "test"),
              Map.entry("heap", "test/1"),
              Map.entry("generation", 1L),
              Map.entry("call", 42L),
              Map.entry("callName", "Core_version"),
              Map.entry("operation", "deallocate"),
              Map.entry("pointer", (long) pointer),
              Map.entry("fault", AllocatorFault.EMPTY_HEADER),
              Map.entry("bumper", 1008L + 136),
              Map.entry("pages", 1),
              Map.entry("bytesAllocated", 0L),
              Map.entry("lastOperations", "malloc 100 = 1016; free 1016"),
              Map.entry(
                  "badHeader", "1008; from 976: " + "00".repeat(32) + "ffffffff" + "00".repeat(28)),
              Map.entry("audit", "no damage found")),
          LogCapture.values(log.events("heap.poisoned").get(0)));
    }
  }

  @Test
  void growth_is_told_with_its_cause() {
    // given
    List<String> told = new ArrayList<>();
    Heap heap =
        BareHeaps.claimed(
            new HeapListener() {
              @Override
              public void grown(HeapView which, int from, int to, GrowthPolicy.Cause cause) {
                told.add(which.name() + " " + from + " -> " + to + " " + cause);
              }
            });
    HeapHandle call = heap.begin(1, "call");

    // when the guest grows the memory, then the allocator needs more
    assertEquals(1, call.growMemory(1));
    call.malloc(2 * LinearMemory.PAGE_SIZE);

    // then
    assertEquals(List.of("test/1 1 -> 2 GUEST", "test/1 2 -> 4 ALLOCATOR"), told);
  }

  @Test
  void a_guest_that_grows_beyond_the_maximum_gets_minus_one_and_nobody_is_asked() {
    Heap heap =
        BareHeaps.claimed(
            (which, from, to, cause) -> {
              throw new AssertionError("asked");
            });
    HeapHandle call = heap.begin(1, "call");

    assertEquals(-1, call.growMemory(BareHeaps.MAX_PAGES));
    assertEquals(-1, call.growMemory(0xFFFF_FFFF));
    assertEquals(1, call.growMemory(0));
    assertEquals(HeapView.State.IN_CALL, heap.view().state());
  }

  @Test
  void a_refused_growth_aborts_the_call_and_does_not_poison() {
    try (LogCapture log = LogCapture.of(Level.INFO)) {
      // given
      Heap heap = BareHeaps.claimed((which, from, to, cause) -> false);
      HeapHandle call = heap.begin(1, "call");

      // when
      GrowthRefusedException refusal =
          assertThrows(GrowthRefusedException.class, () -> call.malloc(2 * LinearMemory.PAGE_SIZE));

      // then
      assertFalse(refusal.isDeterministic());
      assertEquals(HeapView.State.ABORTED, heap.view().state());
      assertSame(refusal, heap.firstCause());
      assertEquals(0, log.events("heap.poisoned").size());
      assertEquals(1, log.events("heap.aborted").size());
    }
  }

  @Test
  void a_host_function_that_swallows_a_refusal_cannot_go_on() {
    Heap heap =
        BareHeaps.claimed(
            (which, from, to, cause) -> {
              throw new IllegalStateException("budget is broken");
            });
    HeapHandle call = heap.begin(1, "call");
    assertThrows(GrowthRefusedException.class, () -> call.growMemory(1));

    assertThrows(GrowthRefusedException.class, () -> call.malloc(8));
    assertThrows(GrowthRefusedException.class, () -> call.free(8));
    assertTrue(String.valueOf(heap.firstCause()).contains("growth policy failed"));
  }

  @Test
  void an_exception_in_a_hook_is_logged_and_changes_nothing() {
    try (LogCapture log = LogCapture.of(Level.WARN)) {
      // given
      Heap heap =
          BareHeaps.claimed(
              new HeapListener() {
                @Override
                public void created(HeapView which) {
                  throw new IllegalStateException("created");
                }

                @Override
                public void grown(HeapView which, int from, int to, GrowthPolicy.Cause cause) {
                  throw new IllegalStateException("grown");
                }

                @Override
                public void poisoned(HeapView which, PoisonReport report) {
                  throw new IllegalStateException("poisoned");
                }

                @Override
                public void reset(HeapView which, int blocks) {
                  throw new IllegalStateException("reset");
                }

                @Override
                public void retired(HeapView which) {
                  throw new IllegalStateException("retired");
                }
              });

      // when
      HeapHandle call = heap.begin(1, "call");
      call.growMemory(1);
      assertThrows(AllocatorException.class, () -> call.free(0));
      heap.reset();
      heap.retire();

      // then
      assertEquals(
          List.of("created", "grown", "poisoned", "reset", "retired"),
          log.events("hook.failed").stream()
              .map(event -> String.valueOf(LogCapture.values(event).get("hook")))
              .toList());
    }
  }

  @Test
  void bytes_outside_the_memory_cannot_be_read_or_written() {
    Heap heap = BareHeaps.claimed(SILENT);
    HeapHandle call = heap.begin(1, "call");

    assertThrows(MemoryAccessException.class, () -> call.read(LinearMemory.PAGE_SIZE - 1, 2));
    assertThrows(MemoryAccessException.class, () -> call.read(0, 0xFFFF_FFFF));
    assertThrows(MemoryAccessException.class, () -> call.read(0xFFFF_FFFF, 1));
    assertThrows(
        MemoryAccessException.class, () -> call.write(LinearMemory.PAGE_SIZE - 1, new byte[2]));
    assertThrows(
        MemoryAccessException.class,
        () -> call.read(LinearMemory.PAGE_SIZE - 1, new byte[2], 0, 2));
    assertThrows(IndexOutOfBoundsException.class, () -> call.read(0, new byte[2], 1, 2));
    assertThrows(IndexOutOfBoundsException.class, () -> call.read(0, new byte[2], 0, -1));
    assertArrayEquals(new byte[1], call.read(LinearMemory.PAGE_SIZE - 1, 1));
    assertEquals(Duration.ZERO, Duration.ofNanos(heap.view().statistics().allocations()));
  }

  /** Would end, reset and begin calls on the heap that it hears of. */
  private static final class Meddler implements HeapListener, GrowthPolicy {
    private final List<String> refused = new ArrayList<>();
    private Heap heap;

    private void meddle(String hook) {
      assertThrows(IllegalStateException.class, heap::reset);
      assertThrows(IllegalStateException.class, heap::retire);
      assertThrows(IllegalStateException.class, heap::release);
      assertThrows(IllegalStateException.class, () -> heap.begin(1, hook));
      assertThrows(
          IllegalStateException.class, () -> heap.abort(new GrowthRefusedException(hook, null)));
      refused.add(hook);
    }

    @Override
    public void created(HeapView view) {
      meddle("created");
    }

    @Override
    public boolean allows(String name, int fromPages, int toPages, GrowthPolicy.Cause cause) {
      meddle("allows");
      return true;
    }

    @Override
    public void grown(HeapView view, int fromPages, int toPages, GrowthPolicy.Cause cause) {
      meddle("grown");
    }

    @Override
    public void poisoned(HeapView view, PoisonReport report) {
      meddle("poisoned");
    }

    @Override
    public void reset(HeapView view, int blocksRestored) {
      meddle("reset");
    }

    @Override
    public void retired(HeapView view) {
      meddle("retired");
    }
  }

  @Test
  void a_hook_that_would_drive_the_heap_must_be_refused_and_change_nothing() {
    // given
    Meddler meddler = new Meddler();
    Heap heap = BareHeaps.heap(meddler, meddler);
    meddler.heap = heap;

    // when
    heap.claim();
    HeapHandle call = heap.begin(1, "call");
    assertEquals(1, call.growMemory(1));
    assertThrows(AllocatorException.class, () -> call.free(0));
    heap.reset();
    heap.retire();

    // then
    assertEquals(
        List.of("created", "allows", "grown", "poisoned", "reset", "retired"), meddler.refused);
    assertEquals(HeapView.State.RETIRED, heap.view().state());
  }
}
