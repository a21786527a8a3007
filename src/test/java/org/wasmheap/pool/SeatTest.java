package org.wasmheap.pool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.wasmheap.allocator.BlockLimit;
import org.wasmheap.heap.Heap;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.heap.HeapListener;
import org.wasmheap.memory.FlatMemory;
import org.wasmheap.pool.CallOptions.CallClass;
import org.wasmheap.testkit.BareHeaps;
import org.wasmheap.testkit.FaultyMemory;

/** A seat knows by itself whether its instance is as new, whatever becomes of a call. */
@Timeout(60)
class SeatTest {
  private final InterruptGate gate = new InterruptGate(Thread.currentThread());
  private final CallStack stack = new CallStack();

  private void run(PoolContext<HeapHandle> pool, Seat<HeapHandle> seat, Runnable misdeed) {
    CallOptions options = CallOptions.named("call").withClass(CallClass.OFF_CHAIN);
    long now = System.nanoTime();
    CallTask<HeapHandle, Integer> task =
        new CallTask<>(
            pool,
            heap -> {
              assertFalse(seat.isPristine(), "not while a call runs");
              int pointer = heap.malloc(8);
              misdeed.run();
              return pointer;
            },
            options,
            now,
            now + 1_000_000_000L);
    task.begin(gate);
    seat.execute(task, gate, stack);
    assertTrue(task.isDone());
  }

  private static FaultyMemory fragile() {
    return FaultyMemory.thatBreaksDown(new FlatMemory(BareHeaps.PAGES, BareHeaps.MAX_PAGES));
  }

  @Test
  void an_instance_whose_call_ended_well_must_be_pristine_again() throws Exception {
    PoolContext<HeapHandle> pool = PoolParts.pool(1);
    Seat<HeapHandle> seat = new Seat<>(pool);
    assertFalse(seat.isPristine(), "there is none");
    seat.create();
    assertTrue(seat.isPristine());

    run(pool, seat, () -> {});

    assertTrue(seat.isPristine());
  }

  @Test
  void an_instance_whose_call_failed_must_be_gone() throws Exception {
    PoolContext<HeapHandle> pool = PoolParts.pool(1);
    Seat<HeapHandle> seat = new Seat<>(pool);
    seat.create();

    run(
        pool,
        seat,
        () -> {
          throw new IllegalStateException("on cue");
        });

    assertTrue(seat.isEmpty());
    assertFalse(seat.isPristine());
  }

  @Test
  void an_instance_whose_call_could_not_even_be_ended_must_not_count_as_pristine()
      throws Exception {
    // given
    FaultyMemory memory = fragile();
    PoolContext<HeapHandle> pool =
        PoolParts.pool(
            1, GuestFactory.bare(() -> memory, BareHeaps.HEAP_BASE, BlockLimit.ON_CHAIN));
    Seat<HeapHandle> seat = new Seat<>(pool);
    seat.create();

    // when
    assertThrows(OutOfMemoryError.class, () -> run(pool, seat, memory::breakDown));

    // then
    assertFalse(seat.isEmpty(), "nobody came to drop it");
    assertFalse(seat.isPristine());
    Heap heap = seat.heap();
    seat.discard("lost");
    assertTrue(seat.isEmpty());
    assertEquals(Heap.State.RETIRED, heap.state());
  }

  @Test
  void a_heap_that_cannot_end_its_call_must_be_retired_all_the_same() {
    // given
    FaultyMemory memory = fragile();
    Heap heap =
        new Heap(
            "test", "test/1", memory, BareHeaps.HEAP_BASE, BlockLimit.ON_CHAIN, HeapListener.NONE);
    heap.claim();
    heap.begin(1, "call");

    // when
    assertThrows(OutOfMemoryError.class, memory::breakDown);
    assertThrows(OutOfMemoryError.class, heap::retire);

    // then
    assertEquals(Heap.State.RETIRED, heap.state());
  }
}
