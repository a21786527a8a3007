package org.wasmheap.endive;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PointerSizeTest {
  private static final long U32_MAX = 0xFFFF_FFFFL;

  @Test
  void the_pointer_is_in_the_low_half_and_the_size_in_the_high_half() {
    // when
    PointerSize range = PointerSize.of(0x0000_0003_0000_0408L);
    // then
    assertEquals(new PointerSize(0x408, 3), range);
  }

  /** Values as unsigned hexadecimal: what is packed, its pointer, its size, where it ends. */
  @ParameterizedTest
  @CsvSource({
    "0, 0, 0, 0",
    "0000000100000000, 0, 1, 1",
    "0000000000000001, 1, 0, 1",
    "7fffffff7fffffff, 7fffffff, 7fffffff, fffffffe",
    "8000000080000000, 80000000, 80000000, 100000000",
    "00000001ffffffff, ffffffff, 1, 100000000",
    "00000000ffffffff, ffffffff, 0, ffffffff",
    "ffffffff00000000, 0, ffffffff, ffffffff",
    "ffffffffffffffff, ffffffff, ffffffff, 1fffffffe",
  })
  void every_packed_value_is_a_range_and_packs_to_itself(
      String packed, String pointer, String size, String end) {
    // given
    long value = Long.parseUnsignedLong(packed, 16);
    // when
    PointerSize range = PointerSize.of(value);
    // then
    assertEquals(Integer.parseUnsignedInt(pointer, 16), range.pointer());
    assertEquals(Long.parseLong(size, 16), range.size());
    assertEquals(Long.parseLong(end, 16), range.end());
    assertEquals(value, range.packed());
  }

  @Test
  void a_size_of_two_gibibytes_and_more_is_not_negative() {
    // when
    PointerSize range = new PointerSize(8, 1L << 31);
    // then
    assertEquals(0x8000_0000L, range.size());
    assertEquals(0x8000_0008L, range.end());
    assertEquals(range, PointerSize.of(range.packed()));
  }

  @Test
  void a_pointer_of_two_gibibytes_and_more_does_not_reach_into_the_size() {
    // when
    PointerSize range = new PointerSize(0x8000_0000, 2);
    // then
    assertEquals(0x0000_0002_8000_0000L, range.packed());
    assertEquals(0x8000_0002L, range.end());
  }

  @Test
  void a_range_may_end_beyond_all_addresses() {
    // when
    PointerSize range = new PointerSize(-1, U32_MAX);
    // then
    assertEquals(2 * U32_MAX, range.end());
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, U32_MAX + 1, Long.MIN_VALUE, Long.MAX_VALUE})
  void a_size_that_is_no_u32_is_refused(long size) {
    // when
    var refusal = assertThrows(IllegalArgumentException.class, () -> new PointerSize(0, size));
    // then
    assertEquals("size is " + size + ", must be 0 to 2^32 - 1", refusal.getMessage());
  }
}
