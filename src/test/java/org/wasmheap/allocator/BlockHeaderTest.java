package org.wasmheap.allocator;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BlockHeaderTest {
  @ParameterizedTest
  @CsvSource({"0, 16", "1, 24", "22, 33554440", "28, 2147483656"})
  void a_block_takes_eight_bytes_more_than_it_holds(int order, long bytes) {
    assertEquals(bytes, BlockHeader.blockBytes(order));
  }

  @Test
  void a_block_in_use_has_bit_32_and_its_order() {
    // when
    long word = BlockHeader.occupied(22);
    // then
    assertAll(
        () -> assertEquals(0x1_0000_0016L, word),
        () -> assertTrue(BlockHeader.isOccupied(word)),
        () -> assertEquals(22, BlockHeader.order(word)));
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 8, 0x8000_0000L, 0xFFFF_FFF0L, 0xFFFF_FFFFL})
  void a_free_block_has_its_link_and_no_bit_above(long next) {
    // when
    long word = BlockHeader.free((int) next);
    // then
    assertAll(
        () -> assertEquals(next, word),
        () -> assertFalse(BlockHeader.isOccupied(word)),
        () -> assertEquals((int) next, BlockHeader.link(word)));
  }

  @ParameterizedTest
  @CsvSource({
    "0x0000000100000003, false",
    "0x00000000FFFFFFFF, false",
    "0x0000000200000000, true",
    "0x8000000100000003, true"
  })
  void bits_from_33_up_are_stray(String word, boolean stray) {
    assertEquals(stray, BlockHeader.hasStrayBits(Long.parseUnsignedLong(word.substring(2), 16)));
  }

  @ParameterizedTest
  @ValueSource(longs = {8, 1016, 0x8000_0000L, 0xFFFF_FFF8L})
  void a_header_lies_eight_bytes_before_its_pointer(long pointer) {
    // when
    long header = BlockHeader.beforePointer((int) pointer);
    // then
    assertEquals(pointer - 8, header);
    assertEquals((int) pointer, BlockHeader.pointerBehind(header));
  }

  @Test
  void a_pointer_below_eight_has_no_room_for_a_header() {
    assertTrue(BlockHeader.beforePointer(7) < 0);
  }
}
