package org.wasmheap.memory;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.wasmheap.memory.LinearMemory.MAX_PAGES;
import static org.wasmheap.memory.LinearMemory.PAGE_SIZE;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SparseMemoryTest {
  private static final long VALUE = 0x8123_4567_89AB_CDEFL;

  /** What finds the pages of a memory: a reference for each. */
  private static long tableOf(int pages) {
    return 8L * pages;
  }

  @Test
  void four_gib_are_zero_and_take_no_memory_until_something_is_written() {
    // given
    SparseMemory memory = new SparseMemory(MAX_PAGES, MAX_PAGES);
    // then but for the table that finds the pages
    assertEquals(1L << 32, memory.sizeInBytes());
    assertEquals(MAX_PAGES, memory.pages());
    assertEquals(0, memory.readLong(0xFFFF_FFF8));
    assertEquals(tableOf(MAX_PAGES), memory.materialisedBytes());
  }

  @ParameterizedTest
  @ValueSource(
      longs = {
        0,
        1,
        0xFFF8,
        0xFFF9,
        0xFFFF,
        0x7FFF_FFF8L,
        0x7FFF_FFF9L,
        0x7FFF_FFFFL,
        0x8000_0000L,
        0xFFFE_FFFFL,
        0xFFFF_FFF8L
      })
  void a_u64_comes_back_from_any_address_and_nothing_else_changes(long address) {
    // given
    SparseMemory memory = new SparseMemory(MAX_PAGES, MAX_PAGES);
    // when
    memory.writeLong((int) address, VALUE);
    // then
    assertEquals(VALUE, memory.readLong((int) address));
    if (address >= 8) {
      assertEquals(0, memory.readLong((int) address - 8));
    }
    if (address < (1L << 32) - 16) {
      assertEquals(0, memory.readLong((int) address + 8));
    }
    assertEquals(0, memory.readLong((int) address ^ 0x4000_0000));
  }

  @Test
  void a_u64_is_little_endian_also_across_pages() {
    // given
    SparseMemory memory = new SparseMemory(2, 2);
    byte[] bytes = new byte[8];
    // when
    memory.writeLong(PAGE_SIZE - 3, 0x0807_0605_0403_0201L);
    // then
    memory.read(PAGE_SIZE - 3, bytes, 0, 8);
    assertArrayEquals(new byte[] {1, 2, 3, 4, 5, 6, 7, 8}, bytes);
  }

  @Test
  void bytes_come_back_across_pages_and_across_2_to_the_31() {
    // given
    SparseMemory memory = new SparseMemory(MAX_PAGES, MAX_PAGES);
    byte[] written = new byte[3 * PAGE_SIZE];
    for (int i = 0; i < written.length; i++) {
      written[i] = (byte) (i % 251 + 1);
    }
    byte[] read = new byte[written.length + 2];
    int address = Integer.MIN_VALUE - PAGE_SIZE - 5;
    // when
    memory.write(address, written, 1, written.length - 1);
    memory.read(address - 1, read, 1, written.length + 1);
    // then
    byte[] expected = new byte[read.length];
    System.arraycopy(written, 1, expected, 2, written.length - 1);
    assertArrayEquals(expected, read);
  }

  @Test
  void what_is_read_overwrites_the_destination_with_zeros_where_nothing_was_written() {
    // given
    SparseMemory memory = new SparseMemory(1, 1);
    byte[] read = {1, 2, 3, 4};
    // when
    memory.read(9, read, 1, 2);
    // then
    assertArrayEquals(new byte[] {1, 0, 0, 4}, read);
  }

  @ParameterizedTest
  @CsvSource({"1,65529", "1,65536", "1,4294967288", "65535,4294901753", "0,0", "65536,4294967289"})
  void a_u64_beyond_the_end_is_refused_and_changes_nothing(int pages, long address) {
    // given
    SparseMemory memory = new SparseMemory(pages, pages);
    // when
    assertThrows(MemoryAccessException.class, () -> memory.writeLong((int) address, VALUE));
    assertThrows(MemoryAccessException.class, () -> memory.readLong((int) address));
    // then
    assertEquals(tableOf(pages), memory.materialisedBytes());
  }

  @Test
  void a_range_beyond_the_end_is_refused_as_a_whole() {
    // given
    SparseMemory memory = new SparseMemory(MAX_PAGES, MAX_PAGES);
    byte[] bytes = {1, 2, 3, 4};
    // when
    assertThrows(MemoryAccessException.class, () -> memory.write(-3, bytes, 0, 4));
    assertThrows(MemoryAccessException.class, () -> memory.read(-3, bytes, 0, 4));
    memory.write(-4, bytes, 0, 4);
    // then
    assertEquals(0x0403_0201L << 32, memory.readLong(-8));
    assertArrayEquals(new byte[] {1, 2, 3, 4}, bytes);
  }

  @Test
  void a_range_beyond_the_callers_array_is_refused_before_anything_is_written() {
    // given
    SparseMemory memory = new SparseMemory(2, 2);
    byte[] bytes = {1, 2, 3};
    // when
    assertThrows(IndexOutOfBoundsException.class, () -> memory.write(0, bytes, 1, 3));
    assertThrows(IndexOutOfBoundsException.class, () -> memory.read(0, bytes, 0, -1));
    // then
    assertEquals(0, memory.readLong(0));
  }

  @Test
  void an_empty_range_at_the_very_end_is_none() {
    // given
    SparseMemory memory = new SparseMemory(1, 1);
    // when
    memory.write(PAGE_SIZE, new byte[0], 0, 0);
    // then
    assertThrows(MemoryAccessException.class, () -> memory.read(PAGE_SIZE + 1, new byte[0], 0, 0));
  }

  @Test
  void only_pages_with_a_byte_that_is_not_zero_are_set_aside() {
    // given
    SparseMemory memory = new SparseMemory(MAX_PAGES, MAX_PAGES);
    // when
    memory.writeLong(0, 0);
    memory.write(PAGE_SIZE, new byte[3 * PAGE_SIZE], 0, 3 * PAGE_SIZE);
    // then
    assertEquals(tableOf(MAX_PAGES), memory.materialisedBytes());
    // when
    memory.writeLong(2 * PAGE_SIZE - 4, -1);
    memory.writeLong(2 * PAGE_SIZE, VALUE);
    memory.writeLong(2 * PAGE_SIZE, 0);
    // then
    assertEquals(2 * PAGE_SIZE + tableOf(MAX_PAGES), memory.materialisedBytes());
    assertEquals(0, memory.readLong(2 * PAGE_SIZE));
  }

  @Test
  void it_grows_to_its_maximum_and_keeps_what_it_holds() {
    // given
    SparseMemory memory = new SparseMemory(0, MAX_PAGES);
    // when
    assertTrue(memory.grow(1));
    memory.writeLong(0, VALUE);
    assertTrue(memory.grow(0));
    assertTrue(memory.grow(2));
    assertTrue(memory.grow(MAX_PAGES - 3));
    // then
    assertFalse(memory.grow(1));
    assertFalse(memory.grow(-1));
    assertFalse(memory.grow(Integer.MAX_VALUE));
    assertEquals(1L << 32, memory.sizeInBytes());
    assertEquals(VALUE, memory.readLong(0));
    assertEquals(0, memory.readLong(-8));
  }

  @Test
  void growth_page_by_page_is_seen_page_by_page() {
    // given
    SparseMemory memory = new SparseMemory(1, 40);
    // when
    for (int pages = 1; pages < 40; pages++) {
      int end = pages * PAGE_SIZE;
      assertThrows(MemoryAccessException.class, () -> memory.readLong(end));
      assertTrue(memory.grow(1));
      memory.writeLong(end, VALUE);
    }
    // then
    assertFalse(memory.grow(1));
    assertEquals(39L * PAGE_SIZE + tableOf(40), memory.materialisedBytes());
  }

  @Test
  void restoring_goes_back_to_zeros_at_the_initial_size() {
    // given
    SparseMemory memory = new SparseMemory(1, 3);
    memory.grow(2);
    memory.writeLong(8, VALUE);
    memory.writeLong(2 * PAGE_SIZE, VALUE);
    // when
    int givenUp = memory.restore();
    // then
    assertEquals(2, givenUp);
    assertEquals(1, memory.pages());
    assertEquals(0, memory.readLong(8));
    assertEquals(tableOf(1), memory.materialisedBytes());
    assertTrue(memory.grow(2));
    assertEquals(0, memory.readLong(2 * PAGE_SIZE));
    assertEquals(0, memory.restore());
  }

  @ParameterizedTest
  @CsvSource({"-1,1", "2,1", "0,65537", "65537,65537", "0,-1"})
  void sizes_out_of_range_are_refused(int initialPages, int maximumPages) {
    assertThrows(
        IllegalArgumentException.class, () -> new SparseMemory(initialPages, maximumPages));
  }
}
