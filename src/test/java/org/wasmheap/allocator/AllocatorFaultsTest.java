package org.wasmheap.allocator;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.wasmheap.allocator.Rig.NIL;
import static org.wasmheap.allocator.Rig.OCCUPIED;
import static org.wasmheap.allocator.Rig.PAGE;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.wasmheap.allocator.AllocatorException.Operation;
import org.wasmheap.memory.FlatMemory;
import org.wasmheap.testkit.HollowMemory;

/** Each fault: what leads to it, what it leaves behind, what comes just before it. */
class AllocatorFaultsTest {
  private static final int LIMIT = (int) BlockLimit.ON_CHAIN.bytes();

  @ParameterizedTest
  @ValueSource(longs = {0xFFFF_FFF8L, 0xFFFF_FFFFL})
  void a_heap_base_that_cannot_be_rounded_up_is_refused(long heapBase) {
    FlatMemory memory = new FlatMemory(1, 1);
    IllegalArgumentException refusal =
        assertThrows(
            IllegalArgumentException.class,
            () -> new FreeingBumpAllocator(memory, (int) heapBase, BlockLimit.ON_CHAIN));
    assertTrue(refusal.getMessage().contains(Long.toString(heapBase)), refusal::getMessage);
  }

  @Test
  void the_highest_heap_base_is_accepted_although_nothing_fits_behind_it() {
    // given
    Rig heap = Rig.flat(1, 65_536, 0xFFFF_FFF7);

    // when
    AllocatorFault fault = Rig.fault(() -> heap.allocate(1));

    // then
    assertAll(
        () -> assertEquals(0xFFFF_FFF8L, heap.allocator().heapBase()),
        () -> assertEquals(AllocatorFault.OUT_OF_SPACE, fault));
  }

  @Test
  void a_new_allocator_has_done_nothing() {
    // given
    Rig heap = Rig.flat(1, 1, 1001);

    // then
    assertAll(
        () ->
            assertEquals(new AllocatorStatistics(0, 0, 0, 0, 1008, 1008, 0, 0), heap.statistics()),
        () -> assertEquals(0, heap.allocator().observedMemorySize()),
        () -> assertNull(heap.allocator().poison()));
    for (int order = 0; order < 23; order++) {
      assertEquals(-1, heap.allocator().freeListHead(order));
    }
  }

  @ParameterizedTest
  @EnumSource
  void a_fault_is_deterministic_unless_only_a_memory_can_bring_it_about(AllocatorFault fault) {
    boolean memorys =
        fault == AllocatorFault.MEMORY_SHRANK || fault == AllocatorFault.WRITE_OUT_OF_BOUNDS;
    assertEquals(!memorys, fault.isGuestsDoing());
    assertEquals(
        !memorys,
        new AllocatorException(fault, AllocatorException.Operation.ALLOCATE, 8).isDeterministic());
  }

  @Test
  void a_reset_allocator_is_as_new() {
    // given one that grew, freed, and was poisoned
    HollowMemory memory = new HollowMemory(PAGE, 4);
    Rig heap = Rig.onChain(memory, 1001);
    heap.free(heap.allocate(PAGE));
    heap.allocate(8);
    Rig.fault(() -> heap.allocate(-1));

    // when
    heap.allocator().reset();
    memory.resize(PAGE);

    // then
    assertAll(
        () ->
            assertEquals(new AllocatorStatistics(0, 0, 0, 0, 1008, 1008, 0, 0), heap.statistics()),
        () -> assertEquals(0, heap.allocator().observedMemorySize()),
        () -> assertNull(heap.allocator().poison()),
        () -> assertEquals(-1, heap.allocator().freeListHead(13)),
        () -> assertEquals(1016, heap.allocate(8)));
  }

  @ParameterizedTest
  @ValueSource(longs = {(32 << 20) + 1L, 1L << 31, 0xFFFF_FFFFL})
  void a_request_over_the_limit_is_too_large_and_leaves_bumper_and_lists(long size) {
    // given a free block
    Rig heap = Rig.flat(1, 65_536, 0);
    heap.free(heap.allocate(8));

    // when
    AllocatorFault fault = Rig.fault(() -> heap.allocate((int) size));

    // then
    assertAll(
        () -> assertEquals(AllocatorFault.REQUEST_TOO_LARGE, fault),
        () -> assertEquals(16, heap.statistics().bumper()),
        () -> assertEquals(0, heap.allocator().freeListHead(0)),
        () -> assertEquals(1, heap.memory().pages()));
  }

  @Test
  void the_memory_is_observed_before_the_request_is_checked() {
    // given
    HollowMemory memory = new HollowMemory(PAGE, 1);
    Rig heap = Rig.onChain(memory, 0);
    heap.allocate(8);

    // when
    memory.resize(PAGE - 1);

    // then
    assertEquals(AllocatorFault.MEMORY_SHRANK, Rig.fault(() -> heap.allocate(-1)));
  }

  @ParameterizedTest
  @CsvSource({"65512, 65520, OK", "65520, 65528, INVALID_LINK", "4294967288, 0, INVALID_LINK"})
  void a_link_is_followed_where_the_block_ends_at_the_end_of_memory_and_not_beyond(
      long link, int pointer, String expected) {
    // given a list that leads there; the block takes 24 bytes
    Rig heap = Rig.flat(1, 1, 0);
    forgedList(heap, 16, link);

    // when and then
    if (expected.equals("OK")) {
      assertEquals(pointer, heap.allocate(16));
    } else {
      assertEquals(AllocatorFault.INVALID_LINK, Rig.fault(() -> heap.allocate(16)));
      // and nothing has changed
      assertEquals(link, heap.allocator().freeListHead(1));
      assertEquals(0, heap.memory().readLong(PAGE - 8));
    }
  }

  @Test
  void a_link_to_a_block_that_ends_at_4_gib_is_followed() {
    // given
    Rig heap = Rig.wide(new HollowMemory(1L << 32, 65_536), 0);
    forgedList(heap, 8, 0xFFFF_FFF0L);

    // when
    int pointer = heap.allocate(8);

    // then
    assertEquals(0xFFFF_FFF8L, Integer.toUnsignedLong(pointer));
    assertEquals(OCCUPIED, heap.header(pointer));
  }

  @Test
  void a_link_below_the_heap_or_unaligned_is_followed_as_the_reference_does() {
    // given
    Rig heap = Rig.flat(1, 1, 1000);
    forgedList(heap, 8, 13);

    // when
    int pointer = heap.allocate(8);

    // then
    assertEquals(21, pointer);
  }

  @ParameterizedTest
  @CsvSource({
    "0x1_0000_0000, OCCUPIED_LINK", "0x1_0000_0016, OCCUPIED_LINK",
    "0x1_0000_0017, INVALID_ORDER", "0x1_FFFF_FFFF, INVALID_ORDER",
    "0xFFFF_FFFF_0000_0003, OCCUPIED_LINK"
  })
  void a_link_to_an_occupied_header_is_refused(String word, AllocatorFault expected) {
    // given a list that leads to a live block
    Rig heap = Rig.flat(1, 1, 0);
    int live = heap.allocate(8);
    heap.forge(live, Long.parseUnsignedLong(word.substring(2).replace("_", ""), 16));
    forgedList(heap, 8, live - 8L);

    // when
    AllocatorFault fault = Rig.fault(() -> heap.allocate(8));

    // then
    assertAll(
        () -> assertEquals(expected, fault),
        () -> assertEquals(live - 8, heap.allocator().freeListHead(0)));
  }

  @Test
  void bits_from_33_up_are_ignored_when_read_and_cleared_when_written() {
    // given a free header with all of them set
    Rig heap = Rig.flat(1, 1, 0);
    int pointer = heap.allocate(8);
    heap.free(pointer);
    heap.forge(pointer, 0xFFFF_FFFE_0000_0000L | NIL);

    // when
    int again = heap.allocate(8);

    // then
    assertAll(
        () -> assertEquals(pointer, again),
        () -> assertEquals(OCCUPIED, heap.header(pointer)),
        () -> assertEquals(-1, heap.allocator().freeListHead(0)));
    // and the same in an occupied one
    heap.forge(pointer, 0xFFFF_FFFF_0000_0000L);
    heap.free(pointer);
    assertEquals(NIL, heap.header(pointer));
  }

  @ParameterizedTest
  @CsvSource({
    "0, INVALID_POINTER",
    "7, INVALID_POINTER",
    "8, EMPTY_HEADER",
    "9, EMPTY_HEADER",
    "65536, EMPTY_HEADER",
    "65537, READ_OUT_OF_BOUNDS",
    "4294967295, READ_OUT_OF_BOUNDS"
  })
  void a_pointer_that_was_never_handed_out_is_refused(long pointer, AllocatorFault expected) {
    // given a page of zeros
    Rig heap = Rig.flat(1, 1, 0);

    // when
    AllocatorFault fault = Rig.fault(() -> heap.free((int) pointer));

    // then
    assertEquals(expected, fault);
  }

  @Test
  void freeing_twice_is_refused() {
    // given
    Rig heap = Rig.flat(1, 1, 0);
    int pointer = heap.allocate(8);
    heap.free(pointer);

    // when
    AllocatorFault fault = Rig.fault(() -> heap.free(pointer));

    // then
    assertAll(
        () -> assertEquals(AllocatorFault.EMPTY_HEADER, fault),
        () -> assertEquals(1, heap.statistics().deallocations()));
  }

  @ParameterizedTest
  @CsvSource({"22, ", "23, INVALID_ORDER", "4294967295, INVALID_ORDER"})
  void freeing_a_header_whose_order_does_not_exist_is_refused(long order, AllocatorFault expected) {
    // given enough in use that the count can take it
    Rig heap = Rig.flat(LIMIT / PAGE * 2, 65_536, 0);
    heap.allocate(LIMIT);
    int pointer = heap.allocate(8);
    heap.forge(pointer, OCCUPIED | order);

    // when and then
    if (expected == null) {
      heap.free(pointer);
      assertEquals(pointer - 8, heap.allocator().freeListHead(22));
    } else {
      assertEquals(expected, Rig.fault(() -> heap.free(pointer)));
    }
  }

  @Test
  void a_wild_pointer_with_a_plausible_header_is_accepted_as_the_reference_does() {
    // given a header in the payload
    Rig heap = Rig.flat(1, 1, 0);
    int pointer = heap.allocate(100);
    heap.memory().writeLong(pointer + 3, OCCUPIED);

    // when
    heap.free(pointer + 11);

    // then
    assertEquals(pointer + 3, heap.allocator().freeListHead(0));
  }

  @Test
  void freeing_more_than_is_in_use_is_refused_after_head_and_header_have_changed() {
    // given a block of 16 bytes whose header says 24
    Rig heap = Rig.flat(1, 1, 0);
    int pointer = heap.allocate(8);
    heap.forge(pointer, OCCUPIED | 1);

    // when
    AllocatorFault fault = Rig.fault(() -> heap.free(pointer));

    // then
    assertAll(
        () -> assertEquals(AllocatorFault.ACCOUNTING, fault),
        () -> assertEquals(0, heap.allocator().freeListHead(1)),
        () -> assertEquals(NIL, heap.header(pointer)),
        () -> assertEquals(16, heap.statistics().bytesAllocated()),
        () -> assertEquals(0, heap.statistics().deallocations()));
  }

  @Test
  void what_is_in_use_may_not_reach_4_gib_and_the_statistics_stay_when_it_would() {
    // given a heap that counts exactly 2^32 - 16 bytes, as the guest had blocks counted again
    Rig heap = Rig.wide(new HollowMemory(1L << 32, 65_536), 0);
    long counted = 0;
    for (int[] orderTimes : COUNTS_BELOW_4_GIB) {
      counted += orderTimes[1] * ((8L << orderTimes[0]) + 8);
      countAgain(heap, 8 << orderTimes[0], orderTimes[1]);
    }
    assertEquals((1L << 32) - 16, counted);
    AllocatorStatistics before = heap.statistics();
    assertEquals(counted, before.bytesAllocated());

    // when the smallest block would make it 2^32
    AllocatorFault fault = Rig.fault(() -> heap.allocate(8));

    // then header and bumper have changed, the rest has not
    AllocatorStatistics after = heap.statistics();
    assertAll(
        () -> assertEquals(AllocatorFault.ACCOUNTING, fault),
        () -> assertEquals(before.bumper() + 16, after.bumper()),
        () -> assertEquals(before.highestBumper(), after.highestBumper()),
        () -> assertEquals(OCCUPIED, heap.header((int) before.bumper() + 8)),
        () -> assertEquals(before.bytesAllocated(), after.bytesAllocated()),
        () -> assertEquals(before.bytesAllocatedSum(), after.bytesAllocatedSum()),
        () -> assertEquals(before.bytesAllocatedPeak(), after.bytesAllocatedPeak()),
        () -> assertEquals(before.addressSpaceUsed(), after.addressSpaceUsed()),
        () -> assertEquals(before.allocations(), after.allocations()));
  }

  @Test
  void a_header_that_cannot_be_written_is_a_fault() {
    // given a memory that reports more than it has
    HollowMemory memory = new HollowMemory(PAGE, 2);
    Rig heap = Rig.onChain(memory, PAGE - 8);
    memory.report(2L * PAGE);

    // when the second block's header lies in what it has not
    int first = heap.allocate(8);
    AllocatorFault fault = Rig.fault(() -> heap.allocate(8));

    // then
    assertAll(
        () -> assertEquals(PAGE, first),
        () -> assertEquals(AllocatorFault.WRITE_OUT_OF_BOUNDS, fault));
  }

  @Test
  void a_header_beyond_the_size_that_the_memory_reports_is_not_read() {
    // given a memory that reports less than it has
    HollowMemory memory = new HollowMemory(2L * PAGE, 2);
    Rig heap = Rig.onChain(memory, 0);
    memory.report(PAGE);

    // when
    AllocatorFault fault = Rig.fault(() -> heap.free(PAGE + 1));

    // then
    assertEquals(AllocatorFault.READ_OUT_OF_BOUNDS, fault);
  }

  @Test
  void a_header_that_cannot_be_read_is_a_fault() {
    // given a memory that reports more than it has
    HollowMemory memory = new HollowMemory(PAGE, 2);
    Rig heap = Rig.onChain(memory, 0);
    memory.report(2L * PAGE);

    // when
    AllocatorFault fault = Rig.fault(() -> heap.free(PAGE + 8));

    // then
    assertEquals(AllocatorFault.READ_OUT_OF_BOUNDS, fault);
  }

  @Test
  void a_fault_says_what_was_asked_and_why_it_failed() {
    // given
    Rig heap = Rig.flat(1, 1, 0);

    // when
    AllocatorException tooLarge =
        assertThrows(AllocatorException.class, () -> heap.allocate(0xFFFF_FFFF));
    AllocatorException poisoned = assertThrows(AllocatorException.class, () -> heap.free(8));

    // then
    assertAll(
        () -> assertEquals(Operation.ALLOCATE, tooLarge.operation()),
        () -> assertEquals(0xFFFF_FFFF, tooLarge.operand()),
        () -> assertTrue(tooLarge.isDeterministic()),
        () ->
            assertEquals(
                "allocate size 4294967295: REQUEST_TOO_LARGE, the request is larger than the"
                    + " largest block",
                tooLarge.getMessage()),
        () -> assertEquals(Operation.DEALLOCATE, poisoned.operation()),
        () -> assertEquals(8, poisoned.operand()),
        () ->
            assertEquals(
                "deallocate pointer 8: POISONED, the allocator was poisoned by an earlier fault",
                poisoned.getMessage()));
  }

  /** Orders and how often a block of each is counted: together 16 bytes less than 2^32. */
  private static final int[][] COUNTS_BELOW_4_GIB = {
    {28, 1}, {26, 3}, {24, 3}, {22, 3}, {20, 3}, {18, 3}, {16, 3}, {14, 3}, {12, 3}, {10, 3},
    {8, 3}, {6, 3}, {4, 1}, {3, 1}, {0, 1}
  };

  /** Has one block counted several times: the guest says it is free, and that it is the next. */
  private static void countAgain(Rig heap, int size, int times) {
    int pointer = heap.allocate(size);
    if (times == 1) {
      return;
    }
    heap.free(pointer);
    long itself = Integer.toUnsignedLong(pointer) - 8;
    for (int i = 0; i < times; i++) {
      heap.forge(pointer, i + 1 < times ? itself : NIL);
      assertEquals(pointer, heap.allocate(size));
    }
  }

  /** Has the list of a size begin with {@code link}, without a block of that size. */
  private static void forgedList(Rig heap, int size, long link) {
    int pointer = heap.allocate(size);
    heap.free(pointer);
    heap.forge(pointer, link);
    assertEquals(pointer, heap.allocate(size));
  }
}
