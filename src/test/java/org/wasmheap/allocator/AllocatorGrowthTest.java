package org.wasmheap.allocator;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.wasmheap.allocator.Rig.PAGE;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.wasmheap.memory.FlatMemory;
import org.wasmheap.memory.GrowthRefusedException;
import org.wasmheap.testkit.HollowMemory;

class AllocatorGrowthTest {
  /** A request of 2^n bytes from heap base 0 requires one byte more than a power of two pages. */
  @ParameterizedTest
  @CsvSource({
    "1, 100, 65536, 2",
    "1, 100, 131072, 3",
    "2, 100, 131072, 4",
    "3, 100, 131080, 6",
    "5, 7, 524288, -1",
    "5, 9, 524288, 9",
    "5, 10, 524288, 10",
    "3, 5, 262144, 5",
    "0, 10, 8, 1",
    "0, 10, 65536, 2",
    "0, 0, 8, -1",
    "4, 4, 262144, -1",
    "1, 1, 65536, -1"
  })
  void memory_grows_to_twice_its_size_or_the_maximum_or_what_is_required_whichever_fits(
      int pages, int maximum, int size, int expected) {
    // given
    Rig heap = Rig.flat(pages, maximum, 0);

    // when
    AllocatorFault fault = null;
    try {
      heap.allocate(size);
    } catch (AllocatorException e) {
      fault = e.fault();
    }

    // then -1 stands for no growth and no space
    assertEquals(expected < 0 ? AllocatorFault.OUT_OF_SPACE : null, fault);
    assertEquals(expected < 0 ? pages : expected, heap.memory().pages());
  }

  @Test
  void growth_goes_to_the_largest_memory_where_no_maximum_is_set() {
    // given
    Rig heap = Rig.wide(new HollowMemory(40_000L * PAGE, 65_536), 0);
    heap.allocate(1 << 31);

    // when
    heap.allocate(1 << 30);

    // then
    assertEquals(65_536, heap.memory().pages());
  }

  @Test
  void a_request_that_fits_exactly_does_not_grow() {
    // given
    Rig heap = Rig.flat(1, 4, PAGE - 24);

    // when
    heap.allocate(16);

    // then
    assertEquals(1, heap.memory().pages());
  }

  @Test
  void the_size_last_observed_is_that_before_the_growth_until_the_next_operation() {
    // given
    Rig heap = Rig.flat(1, 4, 0);

    // when
    int pointer = heap.allocate(PAGE);
    long afterGrowth = heap.allocator().observedMemorySize();
    heap.free(pointer);

    // then
    assertAll(
        () -> assertEquals(PAGE, afterGrowth),
        () -> assertEquals(2L * PAGE, heap.allocator().observedMemorySize()));
  }

  @Test
  void a_memory_that_refuses_below_its_maximum_is_out_of_space_without_a_second_try() {
    // given
    HollowMemory memory = new HollowMemory(PAGE, 10);
    memory.refuseGrowth();
    List<String> asked = new ArrayList<>();
    FreeingBumpAllocator allocator =
        new FreeingBumpAllocator(
            memory,
            0,
            BlockLimit.ON_CHAIN,
            (from, to) -> {
              asked.add(from + " to " + to);
              return memory.grow(to - from);
            });

    // when
    AllocatorFault fault = Rig.fault(() -> allocator.allocate(PAGE));

    // then
    assertAll(
        () -> assertEquals(AllocatorFault.OUT_OF_SPACE, fault),
        () -> assertEquals(List.of("1 to 2"), asked),
        () -> assertEquals(0, allocator.statistics().bumper()));
  }

  @Test
  void a_memory_that_will_not_grow_itself_is_out_of_space() {
    // given
    HollowMemory memory = new HollowMemory(PAGE, 10);
    memory.refuseGrowth();
    Rig heap = Rig.onChain(memory, 0);

    // then
    assertEquals(AllocatorFault.OUT_OF_SPACE, Rig.fault(() -> heap.allocate(PAGE)));
  }

  @Test
  void a_block_has_real_memory_before_anybody_writes_to_it_unless_it_is_large() {
    // given a memory of which nothing is materialised
    FlatMemory memory = new FlatMemory(2048, 2048);
    Rig rig = Rig.onChain(memory, 1024);

    // when
    int small = rig.allocate(100_000);
    long held = memory.materialisedBytes();
    int large = rig.allocate(32 << 20);

    // then
    assertTrue(held >= small + (128 << 10), () -> held + " bytes");
    assertTrue(memory.materialisedBytes() < 2 * held + (1 << 20), memory::toString);
    memory.writeByte(large + (32 << 20) - 1, (byte) 1);
    assertTrue(memory.materialisedBytes() > 32 << 20, memory::toString);
  }

  @Test
  void a_refusal_by_the_host_passes_through_and_does_not_poison() {
    // given
    GrowthRefusedException refusal = new GrowthRefusedException("no budget", null);
    FreeingBumpAllocator allocator =
        new FreeingBumpAllocator(
            new FlatMemory(1, 4),
            0,
            BlockLimit.ON_CHAIN,
            (from, to) -> {
              throw refusal;
            });

    // when
    GrowthRefusedException thrown =
        assertThrows(GrowthRefusedException.class, () -> allocator.allocate(PAGE));

    // then
    assertAll(
        () -> assertSame(refusal, thrown),
        () -> assertNull(allocator.poison()),
        () -> assertEquals(8, allocator.allocate(8)));
  }

  @Test
  void a_growth_already_made_stays_when_the_block_would_end_at_4_gib() {
    // given a heap whose next block ends exactly at 2^32
    HollowMemory memory = new HollowMemory(2L * PAGE, 65_536);
    Rig heap = Rig.wide(memory, (int) ((1L << 32) - 24));

    // when
    AllocatorFault fault = Rig.fault(() -> heap.allocate(16));

    // then
    assertAll(
        () -> assertEquals(AllocatorFault.ADDRESS_OVERFLOW, fault),
        () -> assertEquals(1L << 32, memory.sizeInBytes()),
        () -> assertEquals((1L << 32) - 24, heap.statistics().bumper()));
  }

  @Test
  void a_block_that_would_end_beyond_4_gib_finds_no_space() {
    // given
    HollowMemory memory = new HollowMemory(PAGE, 65_536);
    Rig heap = Rig.wide(memory, (int) ((1L << 32) - 16));

    // when
    AllocatorFault fault = Rig.fault(() -> heap.allocate(16));

    // then
    assertAll(
        () -> assertEquals(AllocatorFault.OUT_OF_SPACE, fault),
        () -> assertEquals(PAGE, memory.sizeInBytes()));
  }

  @Test
  void the_last_block_below_4_gib_is_handed_out() {
    // given
    Rig heap = Rig.wide(new HollowMemory(1L << 32, 65_536), (int) ((1L << 32) - 24));

    // when
    int pointer = heap.allocate(8);

    // then
    assertEquals((1L << 32) - 16, Integer.toUnsignedLong(pointer));
    assertEquals((1L << 32) - 8, heap.statistics().bumper());
  }

  @Test
  void a_memory_that_the_host_grows_is_accepted() {
    // given a full heap
    Rig heap = Rig.flat(1, 2, PAGE - 16);
    heap.allocate(8);

    // when
    heap.memory().grow(1);

    // then
    assertEquals(PAGE + 8, heap.allocate(8));
    assertAll(
        () -> assertEquals(2L * PAGE, heap.allocator().observedMemorySize()),
        () -> assertNull(heap.allocator().poison()));
  }

  @Test
  void a_memory_that_shrinks_is_refused() {
    // given
    HollowMemory memory = new HollowMemory(2L * PAGE, 2);
    Rig heap = Rig.onChain(memory, 0);
    int pointer = heap.allocate(8);

    // when
    memory.resize(2L * PAGE - 1);

    // then
    assertEquals(AllocatorFault.MEMORY_SHRANK, Rig.fault(() -> heap.free(pointer)));
    assertEquals(2L * PAGE, heap.allocator().observedMemorySize());
  }

  @Test
  void a_memory_out_of_room_grows() {
    // given
    Rig heap = Rig.flat(1, 4, 0);

    // when
    int pointer = heap.allocate(PAGE);

    // then
    assertAll(() -> assertEquals(8, pointer), () -> assertEquals(2, heap.memory().pages()));
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "1, 1",
    "65535, 1",
    "65536, 1",
    "65537, 2",
    "131072, 2",
    "4294967295, 65536",
    "4294967296, 65536",
    "4294967297, 65537",
    "6442450952, 98305"
  })
  void pages_follow_from_a_size(long bytes, long pages) {
    assertEquals(pages, FreeingBumpAllocator.pagesFor(bytes));
  }
}
