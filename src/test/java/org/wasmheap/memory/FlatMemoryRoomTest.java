package org.wasmheap.memory;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.wasmheap.memory.Memories.BLOCK;
import static org.wasmheap.memory.Memories.PAGE;

import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.wasmheap.testkit.ThreadAllocation;

/** A memory whose array is longer than its logical size: room ahead for a call that grows. */
class FlatMemoryRoomTest {
  private static final int PAGES = 5;
  private static final int END = PAGES * PAGE;
  private static final int ROOM = 3;
  private static final int ARRAY_END = (PAGES + ROOM) * PAGE;

  /** Four pages held, five logical, eight in the array. */
  private final FlatMemory memory = Memories.zeros(4, 64, 4 * PAGE);

  /** What an engine sees: no bytes while the array goes on beyond the end. */
  private byte[] shown = {};

  @BeforeEach
  void growAndTouch() {
    memory.showTo((buffer, cards) -> shown = buffer);
    memory.grow(1);
    memory.writeByte(4 * PAGE, (byte) 0);
    assertEquals((4 + PAGES + ROOM) * (PAGE + PAGE / BLOCK), memory.materialisedBytes());
    assertEquals(0, shown.length);
  }

  /** Each width at each address at which some byte of it, or all, lies beyond the logical end. */
  static Stream<Arguments> beyondTheEnd() {
    return Stream.of(Width.values())
        .flatMap(
            width ->
                IntStream.concat(
                        IntStream.rangeClosed(END - width.bytes() + 1, END + 1),
                        IntStream.of(
                            END + BLOCK,
                            ARRAY_END - width.bytes(),
                            ARRAY_END,
                            0x7FFF_FFFF,
                            0x8000_0000,
                            -width.bytes(),
                            0xFFFF_FFFF))
                    .mapToObj(address -> Arguments.of(width, address)));
  }

  /** Grows to the array's end, and looks. */
  private void assertContent(byte[] expected) {
    memory.grow(ROOM);
    assertEquals(ARRAY_END, shown.length);
    assertArrayEquals(Arrays.copyOf(expected, ARRAY_END), Memories.contentOf(memory));
  }

  @Test
  void growing_page_by_page_takes_memory_in_proportion_to_the_size_reached() {
    // given
    int pages = 500;
    FlatMemory growing = Memories.zeros(1, LinearMemory.MAX_PAGES, PAGE);
    // when
    long allocated =
        ThreadAllocation.bytesOf(
            () -> {
              for (int page = 1; page < pages; page++) {
                assertTrue(growing.grow(1));
                growing.writeByte(page * PAGE, (byte) 1);
              }
            });
    // then
    assertTrue(allocated < 5L * pages * PAGE, () -> allocated + " bytes");
    assertEquals(pages - 1, growing.restore());
    assertNull(growing.difference());
  }

  @Test
  void a_memory_without_an_image_grows_in_proportion_too() {
    // given
    int pages = 500;
    FlatMemory growing = new FlatMemory(1, LinearMemory.MAX_PAGES);
    // when
    long allocated =
        ThreadAllocation.bytesOf(
            () -> {
              for (int page = 1; page < pages; page++) {
                assertTrue(growing.grow(1));
                growing.writeByte(page * PAGE, (byte) 1);
              }
            });
    // then
    assertTrue(allocated < 5L * pages * PAGE, () -> allocated + " bytes");
  }

  /** How a call grows: by so many pages, or to so many times the size. */
  enum Growth {
    BY_A_PAGE,
    TO_TWICE,
    TO_TWO_AND_A_HALF_TIMES;

    private int delta(int pages) {
      return switch (this) {
        case BY_A_PAGE -> 1;
        case TO_TWICE -> pages;
        case TO_TWO_AND_A_HALF_TIMES -> pages + (pages + 1) / 2;
      };
    }
  }

  /** To its maximum, each page touched from below. */
  private static void growAll(FlatMemory growing, Growth growth) {
    while (growing.pages() < growing.maximumPages()) {
      int from = growing.pages();
      growing.grow(Math.min(growth.delta(from), growing.maximumPages() - from));
      for (int page = from; page < growing.pages(); page++) {
        growing.writeByte(page * PAGE, (byte) 1);
      }
    }
  }

  static Stream<Arguments> growths() {
    return Stream.of(Growth.values())
        .flatMap(
            growth ->
                Stream.of(1, 2, 3, 4, 16, 32)
                    .flatMap(
                        pages ->
                            Stream.of(40, 50, 64, 100)
                                .map(maximum -> Arguments.of(growth, pages, maximum))));
  }

  @ParameterizedTest
  @MethodSource("growths")
  void growing_a_second_time_takes_the_spare_at_once(Growth growth, int pages, int maximum) {
    // given
    FlatMemory growing = Memories.zeros(pages, maximum, pages * PAGE);
    growAll(growing, growth);
    growing.restore();
    // when
    long allocated =
        ThreadAllocation.bytesOf(
            () -> {
              growAll(growing, growth);
              growing.restore();
            });
    // then
    assertTrue(allocated < 2 * BLOCK, () -> allocated + " bytes");
    assertNull(growing.difference());
  }

  @Test
  void a_call_that_grows_to_twice_sees_an_array_that_ends_where_the_memory_does() {
    // given a memory of which less is held than it has
    FlatMemory growing = Memories.zeros(8, 64, 6 * PAGE);
    growing.showTo((buffer, cards) -> shown = buffer);
    // when it grows and is touched from below
    growing.grow(8);
    for (int page = 0; page < 16; page++) {
      growing.writeByte(page * PAGE, (byte) 1);
    }
    // then
    assertEquals(16 * PAGE, shown.length);
  }

  @Test
  void a_call_that_grows_by_half_at_once_gets_no_room_but_what_it_asked_for() {
    // given
    FlatMemory growing = Memories.zeros(4, 64, 4 * PAGE);
    growing.showTo((buffer, cards) -> shown = buffer);
    // when
    growing.grow(2);
    growing.writeByte(6 * PAGE - 1, (byte) 1);
    // then
    assertEquals(6 * PAGE, shown.length);
  }

  @Test
  void growth_into_the_room_takes_no_memory_and_is_seen() {
    // given
    long bytes = memory.materialisedBytes();
    // when
    assertTrue(memory.grow(ROOM));
    memory.writeLong(ARRAY_END - Long.BYTES, -1);
    // then
    assertEquals(ARRAY_END, shown.length);
    assertEquals(bytes, memory.materialisedBytes());
    assertEquals(-1, memory.readLong(ARRAY_END - Long.BYTES));
  }

  @Test
  void the_room_ends_at_the_maximum() {
    // given
    FlatMemory small = Memories.zeros(4, 5, 4 * PAGE);
    // when
    small.grow(1);
    small.writeByte(END - 1, (byte) 1);
    // then
    assertEquals((4 + 5) * (PAGE + PAGE / BLOCK), small.materialisedBytes());
    assertFalse(small.grow(1));
  }

  @ParameterizedTest
  @MethodSource("beyondTheEnd")
  void a_load_or_store_beyond_the_end_is_refused_inside_the_array_too(Width width, int address) {
    // given
    memory.fill(0, (byte) 0x55, END);
    byte[] before = Memories.contentOf(memory);
    // then
    assertThrows(MemoryAccessException.class, () -> width.load(memory, address));
    assertThrows(MemoryAccessException.class, () -> width.store(memory, address, width.pattern()));
    assertContent(before);
  }

  @ParameterizedTest
  @MethodSource("beyondTheEnd")
  void a_bulk_access_beyond_the_end_is_refused_inside_the_array_too(Width width, int address) {
    // given
    memory.fill(0, (byte) 0x55, END);
    byte[] before = Memories.contentOf(memory);
    byte[] bytes = new byte[width.bytes()];
    int length = bytes.length;
    // then
    assertThrows(MemoryAccessException.class, () -> memory.read(address, bytes, 0, length));
    assertThrows(MemoryAccessException.class, () -> memory.write(address, bytes, 0, length));
    assertThrows(MemoryAccessException.class, () -> memory.fill(address, (byte) 0, length));
    assertThrows(MemoryAccessException.class, () -> memory.fill(address, (byte) 1, length));
    assertThrows(MemoryAccessException.class, () -> memory.copy(address, 0, length));
    assertThrows(MemoryAccessException.class, () -> memory.copy(0, address, length));
    assertContent(before);
  }

  @ParameterizedTest
  @EnumSource
  void the_last_bytes_before_the_end_are_memory(Width width) {
    // when
    width.store(memory, END - width.bytes(), width.pattern());
    // then
    assertEquals(width.pattern(), width.load(memory, END - width.bytes()));
    assertContent(Memories.contentOf(memory));
  }

  @Test
  void a_restore_takes_the_end_back() {
    // given
    memory.fill(0, (byte) 0x55, END);
    // when
    memory.restore();
    // then
    assertEquals(4 * PAGE, shown.length);
    assertThrows(MemoryAccessException.class, () -> memory.readByte(4 * PAGE));
    assertThrows(MemoryAccessException.class, () -> memory.writeByte(4 * PAGE, (byte) 1));
    assertNull(memory.difference());
  }

  @Test
  void what_a_longer_call_wrote_is_zero_when_a_later_one_grows_there() {
    // given
    memory.grow(11);
    memory.fill(0, (byte) 0x55, 16 * PAGE);
    memory.restore();
    long bytes = memory.materialisedBytes();
    // when a later call grows less far, into the array of the one before
    memory.grow(1);
    memory.writeByte(END - 1, (byte) 1);
    assertEquals(bytes, memory.materialisedBytes());
    memory.grow(11);
    // then
    byte[] expected = new byte[16 * PAGE];
    expected[END - 1] = 1;
    assertArrayEquals(expected, Memories.contentOf(memory));
    assertEquals(16 * PAGE, shown.length);
  }

  @Test
  void an_array_that_is_far_too_long_is_left_for_who_needs_it() {
    // given
    memory.grow(59);
    memory.fill(0, (byte) 0x55, 64 * PAGE);
    memory.restore();
    long bytes = memory.materialisedBytes();
    // when a later call needs little
    memory.grow(1);
    memory.writeByte(END - 1, (byte) 1);
    // then it has the array of eight pages
    assertEquals(bytes, memory.materialisedBytes());
    assertContent(Memories.contentOf(memory));
    // when another needs it all
    memory.restore();
    memory.grow(60);
    memory.writeByte(64 * PAGE - 1, (byte) 1);
    // then
    assertEquals(64 * PAGE, shown.length);
    assertEquals(bytes, memory.materialisedBytes());
  }

  @Test
  void an_image_is_cut_at_the_content_and_not_at_the_room() {
    // given
    memory.writeByte(END - 1, (byte) 1);
    // when
    MemoryImage image = memory.capture(Long.MAX_VALUE);
    // then
    assertEquals(PAGES, image.pages());
    assertEquals(END, image.contentBytes());
    assertEquals(END + END / BLOCK, new FlatMemory(image).materialisedBytes());
    assertEquals(END, shown.length);
    Memories.assertPristine(memory, image);
  }

  @Test
  void a_copy_of_zeros_that_nobody_wrote_takes_no_memory() {
    // given
    FlatMemory wide = Memories.zeros(1000, 1000, PAGE);
    long bytes = wide.materialisedBytes();
    wide.fill(0, (byte) 0x55, PAGE);
    // when
    wide.copy(10, 400 * PAGE, 300 * PAGE);
    wide.copy(700 * PAGE, 400 * PAGE, 300 * PAGE);
    // then
    assertEquals(bytes, wide.materialisedBytes());
    byte[] expected = new byte[PAGE];
    Arrays.fill(expected, 0, 10, (byte) 0x55);
    byte[] low = new byte[PAGE];
    wide.read(0, low, 0, PAGE);
    assertArrayEquals(expected, low);
  }
}
