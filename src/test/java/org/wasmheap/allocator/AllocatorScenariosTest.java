package org.wasmheap.allocator;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.wasmheap.allocator.Rig.NIL;
import static org.wasmheap.allocator.Rig.OCCUPIED;
import static org.wasmheap.allocator.Rig.PAGE;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.wasmheap.memory.FlatMemory;
import org.wasmheap.testkit.HollowMemory;

/**
 * The scenarios that the original allocator is tested with; those about the size of the memory are
 * in {@link AllocatorGrowthTest}, those about forged headers in {@link AllocatorFaultsTest}.
 */
class AllocatorScenariosTest {
  private static final int LARGEST = (int) BlockLimit.ON_CHAIN.bytes();

  @Test
  void allocate_hands_out_the_bytes_behind_the_first_header() {
    // given
    Rig heap = Rig.flat(1, 1, 0);

    // when
    int pointer = heap.allocate(1);

    // then
    assertEquals(8, pointer);
  }

  @ParameterizedTest
  @CsvSource({"0, 8", "1, 16", "7, 16", "8, 16", "9, 24", "13, 24", "65528, 65536"})
  void pointers_are_multiples_of_8_whatever_the_heap_base(int heapBase, int expected) {
    // given
    Rig heap = Rig.flat(2, 2, heapBase);

    // when
    int pointer = heap.allocate(1);

    // then
    assertEquals(expected, pointer);
  }

  @Test
  void pointers_increment_by_the_block_and_its_header() {
    // given
    Rig heap = Rig.flat(1, 1, 0);

    // when
    int smallest = heap.allocate(1);
    int rounded = heap.allocate(9);
    int exact = heap.allocate(16);
    int last = heap.allocate(8);

    // then 8 and 16 bytes, with a header of 8 each
    assertAll(
        () -> assertEquals(8, smallest),
        () -> assertEquals(24, rounded),
        () -> assertEquals(48, exact),
        () -> assertEquals(72, last));
  }

  @Test
  void free_puts_the_block_on_the_list_of_its_order() {
    // given
    Rig heap = Rig.flat(1, 1, 0);
    heap.allocate(1);
    int second = heap.allocate(9);

    // when
    heap.free(second);

    // then
    assertAll(
        () -> assertEquals(-1, heap.allocator().freeListHead(0)),
        () -> assertEquals(second - 8, heap.allocator().freeListHead(1)),
        () -> assertEquals(NIL, heap.header(second)));
  }

  @Test
  void reallocate_gives_the_freed_block_again_and_leaves_the_bumper() {
    // given
    Rig heap = Rig.flat(1, 1, 13);
    heap.allocate(1);
    int freed = heap.allocate(9);
    long bumper = heap.statistics().bumper();
    heap.free(freed);

    // when
    int again = heap.allocate(10);

    // then
    assertAll(
        () -> assertEquals(freed, again),
        () -> assertEquals(bumper, heap.statistics().bumper()),
        () -> assertEquals(-1, heap.allocator().freeListHead(1)));
  }

  @Test
  void the_list_of_free_areas_goes_from_the_last_freed_to_the_first() {
    // given
    Rig heap = Rig.flat(1, 1, 0);
    int first = heap.allocate(8);
    int second = heap.allocate(8);
    int third = heap.allocate(8);

    // when
    heap.free(first);
    heap.free(second);
    heap.free(third);

    // then
    assertAll(
        () -> assertEquals(third - 8, heap.allocator().freeListHead(0)),
        () -> assertEquals(second - 8, heap.header(third)),
        () -> assertEquals(first - 8, heap.header(second)),
        () -> assertEquals(NIL, heap.header(first)));
    // and they are handed out in that order
    assertAll(
        () -> assertEquals(third, heap.allocate(8)),
        () -> assertEquals(second, heap.allocate(8)),
        () -> assertEquals(first, heap.allocate(8)));
  }

  @Test
  void a_request_too_large_for_the_memory_finds_no_space() {
    // given a page that may not grow
    Rig heap = Rig.flat(1, 1, 13);

    // when
    AllocatorFault fault = Rig.fault(() -> heap.allocate(PAGE - 13));

    // then
    assertEquals(AllocatorFault.OUT_OF_SPACE, fault);
  }

  @Test
  void a_full_heap_finds_no_space() {
    // given half a page and its header taken
    Rig heap = Rig.flat(1, 1, 0);
    assertEquals(8, heap.allocate(PAGE / 2));

    // when the other half lacks room for the header
    AllocatorFault fault = Rig.fault(() -> heap.allocate(PAGE / 2));

    // then
    assertAll(
        () -> assertEquals(AllocatorFault.OUT_OF_SPACE, fault),
        () -> assertEquals(PAGE / 2 + 8, heap.statistics().bumper()));
  }

  @Test
  void the_largest_allocation_succeeds() {
    // given
    Rig heap = Rig.flat(LARGEST / PAGE + 1, LARGEST / PAGE + 1, 0);

    // when
    int pointer = heap.allocate(LARGEST);

    // then
    assertAll(
        () -> assertEquals(8, pointer),
        () -> assertEquals(OCCUPIED | 22, heap.header(pointer)),
        () -> assertEquals(LARGEST + 8L, heap.statistics().bumper()));
  }

  @Test
  void the_largest_allocation_of_the_wide_limit_succeeds() {
    // given
    Rig heap = Rig.wide(new HollowMemory(1L << 32, 65_536), 0);

    // when
    int pointer = heap.allocate(1 << 31);

    // then
    assertAll(
        () -> assertEquals(8, pointer),
        () -> assertEquals(OCCUPIED | 28, heap.header(pointer)),
        () -> assertEquals((1L << 31) + 8, heap.statistics().bumper()));
  }

  @Test
  void one_byte_over_the_largest_is_too_large() {
    // given
    Rig onChain = Rig.flat(LARGEST / PAGE * 2 + 1, 65_536, 0);
    Rig wide = Rig.wide(new HollowMemory(1L << 32, 65_536), 0);

    // when
    AllocatorFault onChainFault = Rig.fault(() -> onChain.allocate(LARGEST + 1));
    AllocatorFault wideFault = Rig.fault(() -> wide.allocate((1 << 31) + 1));

    // then
    assertAll(
        () -> assertEquals(AllocatorFault.REQUEST_TOO_LARGE, onChainFault),
        () -> assertEquals(AllocatorFault.REQUEST_TOO_LARGE, wideFault));
  }

  @Test
  void the_bumper_may_reach_the_end_of_the_memory_and_not_pass_it() {
    // given room for one smallest block
    Rig heap = Rig.flat(1, 1, PAGE - 16);

    // when
    int last = heap.allocate(8);

    // then
    assertAll(
        () -> assertEquals(PAGE - 8, last), () -> assertEquals(PAGE, heap.statistics().bumper()));
    // and
    assertEquals(AllocatorFault.OUT_OF_SPACE, Rig.fault(() -> heap.allocate(0)));
    assertEquals(PAGE, heap.statistics().bumper());
  }

  @Test
  void headers_are_counted_in_the_total() {
    // given
    Rig heap = Rig.flat(1, 1, 0);

    // when
    heap.allocate(9);

    // then
    assertEquals(16 + 8, heap.statistics().bytesAllocated());
  }

  @Test
  void the_total_is_back_to_zero_when_all_is_freed() {
    // given
    Rig heap = Rig.flat(1, 1, 13);
    int first = heap.allocate(42);
    int second = heap.allocate(1000);

    // when
    heap.free(first);
    heap.free(second);

    // then
    AllocatorStatistics statistics = heap.statistics();
    assertAll(
        () -> assertEquals(0, statistics.bytesAllocated()),
        () -> assertEquals(72 + 1032, statistics.bytesAllocatedPeak()),
        () -> assertEquals(72 + 1032, statistics.bytesAllocatedSum()),
        () -> assertEquals(72 + 1032, statistics.addressSpaceUsed()),
        () -> assertEquals(16 + 72 + 1032, statistics.bumper()),
        () -> assertEquals(16 + 72 + 1032, statistics.highestBumper()),
        () -> assertEquals(2, statistics.allocations()),
        () -> assertEquals(2, statistics.deallocations()));
  }

  @Test
  void allocating_and_freeing_again_and_again_takes_no_more_than_once() {
    // given
    Rig heap = Rig.flat(1, 1, 0);

    // when
    for (int i = 0; i < 10_000; i++) {
      assertEquals(8, heap.allocate(32_000));
      heap.free(8);
    }

    // then
    AllocatorStatistics statistics = heap.statistics();
    assertAll(
        () -> assertEquals(32_776, statistics.bytesAllocatedPeak()),
        () -> assertEquals(32_776L * 10_000, statistics.bytesAllocatedSum()),
        () -> assertEquals(32_776, statistics.bumper()),
        () -> assertEquals(10_000, statistics.allocations()),
        () -> assertEquals(10_000, statistics.deallocations()));
  }

  @Test
  void a_u64_is_read_as_it_was_written_at_any_address_up_to_the_last() {
    // given
    FlatMemory memory = new FlatMemory(1, 1);

    // when
    memory.writeLong(5, 4_480_113);
    memory.writeLong(PAGE - 8, 0xFEDC_BA98_7654_3210L);

    // then
    assertAll(
        () -> assertEquals(4_480_113, memory.readLong(5)),
        () -> assertEquals(0xFEDC_BA98_7654_3210L, memory.readLong(PAGE - 8)),
        () -> assertEquals(0x10, memory.readByte(PAGE - 8)));
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "1, 0",
    "7, 0",
    "8, 0",
    "9, 1",
    "16, 1",
    "17, 2",
    "32, 2",
    "33, 3",
    "16777216, 21",
    "16777217, 22",
    "33554431, 22",
    "33554432, 22",
    "33554433, 23",
    "2147483647, 28",
    "2147483648, 28"
  })
  void an_order_follows_from_the_size(long size, int order) {
    assertEquals(order, FreeingBumpAllocator.orderOf((int) size));
  }

  @ParameterizedTest
  @CsvSource({"0, 8", "1, 16", "2, 32", "21, 16777216", "22, 33554432", "28, 2147483648"})
  void a_size_follows_from_the_order(int order, long size) {
    // given
    Rig heap = Rig.wide(new HollowMemory(1L << 32, 65_536), 0);

    // when
    int pointer = heap.allocate((int) size);

    // then the header says the order, the bumper the size
    assertAll(
        () -> assertEquals(OCCUPIED | order, heap.header(pointer)),
        () -> assertEquals(size + 8, heap.statistics().bumper()));
  }

  @Test
  void there_are_as_many_orders_as_powers_of_two_up_to_the_limit() {
    assertAll(
        () -> assertEquals(23, Rig.flat(1, 1, 0).allocator().orders()),
        () -> assertEquals(32L << 20, Rig.flat(1, 1, 0).allocator().blockLimit().bytes()),
        () -> assertEquals(29, Rig.wide(new FlatMemory(1, 1), 0).allocator().orders()),
        () ->
            assertEquals(
                1L << 31, Rig.wide(new FlatMemory(1, 1), 0).allocator().blockLimit().bytes()));
  }

  @Test
  void other_lists_are_kept_when_a_block_is_freed() {
    // given
    Rig heap = Rig.flat(1, 1, 0);
    int small = heap.allocate(8);
    int large = heap.allocate(500);
    heap.free(small);

    // when
    heap.free(large);

    // then
    assertAll(
        () -> assertEquals(small - 8, heap.allocator().freeListHead(0)),
        () -> assertEquals(large - 8, heap.allocator().freeListHead(6)),
        () -> assertEquals(NIL, heap.header(small)),
        () -> assertEquals(NIL, heap.header(large)));
  }

  @Test
  void a_header_says_occupied_with_an_order_then_free_with_a_link_then_occupied_again() {
    // given
    Rig heap = Rig.flat(1, 1, 0);
    int other = heap.allocate(100);
    int pointer = heap.allocate(100);
    long handedOut = heap.header(pointer);

    // when
    heap.free(other);
    heap.free(pointer);
    long freed = heap.header(pointer);
    heap.allocate(100);

    // then
    assertAll(
        () -> assertEquals(OCCUPIED | 4, handedOut),
        () -> assertEquals(other - 8, freed),
        () -> assertEquals(OCCUPIED | 4, heap.header(pointer)));
  }

  @Test
  void running_out_of_memory_poisons() {
    // given
    Rig heap = Rig.flat(1, 1, 0);
    int pointer = heap.allocate(1);

    // when
    Rig.fault(() -> heap.allocate(PAGE));

    // then
    assertAll(
        () -> assertEquals(AllocatorFault.OUT_OF_SPACE, heap.allocator().poison()),
        () -> assertEquals(AllocatorFault.POISONED, Rig.fault(() -> heap.allocate(1))),
        () -> assertEquals(AllocatorFault.POISONED, Rig.fault(() -> heap.free(pointer))),
        () -> assertEquals(AllocatorFault.OUT_OF_SPACE, heap.allocator().poison()));
  }

  @Test
  void a_forged_link_in_a_free_header_is_refused_when_it_is_popped() {
    // given
    Rig heap = Rig.flat(1, 1, 0);
    int pointer = heap.allocate(8);
    heap.free(pointer);
    heap.forge(pointer, 0x7FFF_FFF8L);

    // when the block itself is handed out, and then what it led to
    int again = heap.allocate(8);
    AllocatorFault fault = Rig.fault(() -> heap.allocate(8));

    // then
    assertAll(
        () -> assertEquals(pointer, again), () -> assertEquals(AllocatorFault.INVALID_LINK, fault));
  }
}
