package org.wasmheap.pool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.wasmheap.allocator.BlockLimit;
import org.wasmheap.guest.GuestFactory;
import org.wasmheap.heap.GrowthPolicy;
import org.wasmheap.heap.Heap;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.heap.HeapListener;
import org.wasmheap.heap.HeapView;
import org.wasmheap.memory.FlatMemory;
import org.wasmheap.pool.CallOptions.CallClass;
import org.wasmheap.testkit.BareHeaps;
import org.wasmheap.testkit.FaultyMemory;

/** A slot knows by itself whether its instance is as new, whatever becomes of a call. */
@Timeout(60)
class InstanceSlotTest {
  private final InterruptGate gate = new InterruptGate(Thread.currentThread());
  private final CallStack stack = new CallStack();

  private void run(PoolParts pool, InstanceSlot<HeapHandle> slot, Runnable misdeed) {
    CallTask<HeapHandle, Integer> task =
        pool.task(
            "call",
            CallClass.OFF_CHAIN,
            System.nanoTime() + 1_000_000_000L,
            heap -> {
              assertFalse(slot.isPristine(), "not while a call runs");
              int pointer = heap.malloc(8);
              misdeed.run();
              return pointer;
            });
    task.begin(gate);
    pool.run.execute(task, slot, gate, stack);
    assertTrue(task.isDone());
  }

  private static FaultyMemory fragile() {
    return FaultyMemory.thatBreaksDown(new FlatMemory(BareHeaps.PAGES, BareHeaps.MAX_PAGES));
  }

  @Test
  void an_instance_whose_call_ended_well_must_be_pristine_again() throws Exception {
    PoolParts pool = PoolParts.withRoomFor(1);
    InstanceSlot<HeapHandle> slot = pool.slots.open(true);
    assertFalse(slot.isPristine(), "there is none");
    slot.create();
    assertTrue(slot.isPristine());

    run(pool, slot, () -> {});

    assertTrue(slot.isPristine());
    assertEquals(0, slot.failures());
  }

  @Test
  void an_instance_whose_call_failed_must_be_gone() throws Exception {
    PoolParts pool = PoolParts.withRoomFor(1);
    InstanceSlot<HeapHandle> slot = pool.slots.open(true);
    slot.create();

    run(
        pool,
        slot,
        () -> {
          throw new IllegalStateException("on cue");
        });

    assertTrue(slot.isEmpty());
    assertFalse(slot.isPristine());
    assertEquals(1, slot.failures());
  }

  @Test
  void an_instance_whose_call_could_not_even_be_ended_must_not_count_as_pristine()
      throws Exception {
    // given
    FaultyMemory memory = fragile();
    PoolParts pool =
        PoolParts.of(GuestFactory.bare(() -> memory, BareHeaps.HEAP_BASE, BlockLimit.ON_CHAIN));
    InstanceSlot<HeapHandle> slot = pool.slots.open(true);
    slot.create();

    // when
    assertThrows(OutOfMemoryError.class, () -> run(pool, slot, memory::breakDown));

    // then
    assertFalse(slot.isEmpty(), "nobody came to drop it");
    assertFalse(slot.isPristine());
    HeapView heap = slot.view();
    slot.discard(PoolListener.Reason.BROKEN);
    assertTrue(slot.isEmpty());
    assertEquals(HeapView.State.RETIRED, heap.state());
  }

  @Test
  void a_heap_whose_memory_broke_down_in_its_call_must_be_retired_all_the_same() {
    // given
    FaultyMemory memory = fragile();
    Heap heap =
        new Heap(
            "test",
            "test/1",
            memory,
            BareHeaps.HEAP_BASE,
            BlockLimit.ON_CHAIN,
            GrowthPolicy.ALLOW_ALL,
            HeapListener.NONE);
    heap.claim();
    heap.begin(1, "call");

    // when
    assertThrows(OutOfMemoryError.class, memory::breakDown);
    heap.retire();

    // then
    assertEquals(HeapView.State.RETIRED, heap.view().state());
  }

  @Test
  void a_closed_slot_must_leave_the_registry_and_its_sums_behind() throws Exception {
    // given
    PoolParts pool = PoolParts.withRoomFor(1);
    InstanceSlot<HeapHandle> slot = pool.slots.open(true);
    slot.create();
    run(pool, slot, () -> {});
    assertEquals(1, pool.slots.all().size());

    // when
    slot.close();
    slot.close();

    // then
    assertEquals(0, pool.slots.all().size());
    assertEquals(1, pool.slots.times().calls());
  }
}
