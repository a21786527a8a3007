package org.wasmheap.memory;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.wasmheap.memory.Memories.BLOCK;
import static org.wasmheap.memory.Memories.PAGE;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class FlatMemoryRestoreTest {
  private static final int PAGES = 4;
  private static final int END = PAGES * PAGE;

  private final FlatMemory memory = new FlatMemory(PAGES, 16);
  private final MemoryImage image;

  FlatMemoryRestoreTest() {
    memory.write(0, Memories.randomBytes(3 * BLOCK), 0, 3 * BLOCK);
    image = memory.capture(2 * PAGE);
  }

  @Test
  void a_memory_that_was_only_read_needs_nothing_restored() {
    // given
    memory.readLong(BLOCK - 3);
    memory.readInt(END - 4);
    memory.read(0, new byte[END], 0, END);
    // then
    assertEquals(0, memory.restore());
    Memories.assertPristine(memory, image);
  }

  @Test
  void each_block_written_counts_once() {
    // given
    for (int block : new int[] {0, 2, 3, 7, 31}) {
      memory.writeByte(block * BLOCK, (byte) 1);
      memory.writeInt(block * BLOCK + 100, 1);
      memory.writeByte(block * BLOCK + BLOCK - 1, (byte) 1);
    }
    // when
    int restored = memory.restore();
    // then
    assertEquals(5, restored);
    Memories.assertPristine(memory, image);
  }

  @Test
  void each_block_counts_once_when_arrays_change_in_between() {
    // given
    memory.writeByte(0, (byte) 1);
    memory.writeByte(END - 1, (byte) 1);
    memory.writeByte(0, (byte) 2);
    memory.grow(4);
    memory.writeByte(2 * END - 1, (byte) 1);
    memory.writeByte(END - 1, (byte) 2);
    // when
    int restored = memory.restore();
    // then
    assertEquals(3, restored);
    Memories.assertPristine(memory, image);
  }

  @Test
  void a_second_restore_finds_nothing_to_do() {
    // given
    memory.fill(0, (byte) 1, END);
    memory.restore();
    // then
    assertEquals(0, memory.restore());
  }

  @ParameterizedTest
  @EnumSource
  void a_store_into_a_block_that_is_otherwise_clean_is_taken_back(Width width) {
    // given
    for (int border : new int[] {BLOCK, 3 * BLOCK, 7 * BLOCK, 2 * PAGE, 3 * PAGE}) {
      for (int before = 1; before < width.bytes(); before++) {
        // when
        width.store(memory, border - before, -1);
        memory.restore();
        // then
        Memories.assertPristine(memory, image);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void what_a_store_left_in_a_clean_block_moves_to_a_longer_array(Width width) {
    // given
    int border = 5 * BLOCK;
    byte[] expected = Memories.contentOf(memory);
    width.storeInto(expected, border - 1, width.pattern());
    expected[END - 1] = 1;
    // when
    width.store(memory, border - 1, width.pattern());
    memory.writeByte(END - 1, (byte) 1);
    // then
    assertArrayEquals(expected, Memories.contentOf(memory));
    memory.restore();
    Memories.assertPristine(memory, image);
  }

  @Test
  void a_store_that_was_refused_leaves_nothing_to_see() {
    // given
    memory.writeByte(END - 1, (byte) 1);
    assertThrows(MemoryAccessException.class, () -> memory.writeLong(END - 7, -1));
    // when
    memory.restore();
    // then
    Memories.assertPristine(memory, image);
  }

  @Test
  void the_logical_size_comes_back() {
    // given
    memory.grow(3);
    // when
    memory.restore();
    // then
    assertEquals(PAGES, memory.pages());
    assertThrows(MemoryAccessException.class, () -> memory.readByte(END));
    assertThrows(MemoryAccessException.class, () -> memory.writeByte(END, (byte) 1));
  }

  @Test
  void the_logical_size_comes_back_after_pages_beyond_it_were_written() {
    // given
    memory.grow(12);
    memory.fill(0, (byte) 0xEE, 16 * PAGE);
    // when
    memory.restore();
    // then
    Memories.assertPristine(memory, image);
    assertThrows(MemoryAccessException.class, () -> memory.readByte(END));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, BLOCK, 3 * BLOCK, PAGE + 5, END - 1})
  void the_first_byte_that_differs_is_told_with_both_values(int address) {
    // given
    int pristine = memory.readByte(address) & 0xFF;
    memory.writeByte(END - 1, (byte) 0xEE);
    memory.writeByte(address, (byte) ~pristine);
    // when
    String difference = memory.difference();
    // then
    assertEquals(
        "the byte at address %d is 0x%02x, the image has 0x%02x"
            .formatted(address, ~pristine & 0xFF, pristine),
        difference);
  }

  @Test
  void another_size_is_a_difference() {
    // given
    memory.grow(1);
    // then
    assertEquals("the size is 5 pages, the image has 4", memory.difference());
  }

  @Test
  void nothing_can_be_restored_before_the_first_capture() {
    // given
    FlatMemory fresh = new FlatMemory(1, 1);
    // then
    assertThrows(IllegalStateException.class, fresh::restore);
    assertThrows(IllegalStateException.class, fresh::difference);
  }
}
