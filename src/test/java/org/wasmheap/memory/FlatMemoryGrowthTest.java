package org.wasmheap.memory;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.wasmheap.memory.Memories.PAGE;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FlatMemoryGrowthTest {
  @Test
  void growth_adds_exactly_the_pages_asked_for() {
    // given
    FlatMemory memory = Memories.zeros(1, 10, 0);
    // when
    boolean grown = memory.grow(2);
    // then
    assertTrue(grown);
    assertEquals(3, memory.pages());
    assertEquals(3L * PAGE, memory.sizeInBytes());
    assertEquals(10, memory.maximumPages());
    assertEquals(0, memory.readByte(3 * PAGE - 1));
    assertThrows(MemoryAccessException.class, () -> memory.readByte(3 * PAGE));
  }

  @Test
  void growth_costs_no_memory() {
    // given
    FlatMemory memory = Memories.zeros(1, 20_000, PAGE);
    long bytes = memory.materialisedBytes();
    // when
    memory.grow(19_999);
    // then
    assertEquals(20_000, memory.pages());
    assertEquals(bytes, memory.materialisedBytes());
  }

  @Test
  void growth_up_to_the_maximum_is_allowed() {
    // given
    FlatMemory memory = Memories.zeros(1, 4, 0);
    // then
    assertTrue(memory.grow(3));
    assertEquals(4, memory.pages());
    assertTrue(memory.grow(0));
    assertEquals(4, memory.pages());
  }

  @ParameterizedTest
  @ValueSource(ints = {4, 65_536, Integer.MAX_VALUE, -1, Integer.MIN_VALUE})
  void growth_beyond_the_maximum_changes_nothing(int deltaPages) {
    // given
    FlatMemory memory = Memories.zeros(1, 4, 0);
    // when
    boolean grown = memory.grow(deltaPages);
    // then
    assertFalse(grown);
    assertEquals(1, memory.pages());
  }

  @ParameterizedTest
  @ValueSource(ints = {32_767, 65_535})
  void growth_that_the_maximum_allows_and_an_array_does_not_is_the_hosts_refusal(int deltaPages) {
    // given
    FlatMemory memory = Memories.zeros(1, LinearMemory.MAX_PAGES, 0);
    // when
    GrowthRefusedException refusal =
        assertThrows(GrowthRefusedException.class, () -> memory.grow(deltaPages));
    // then
    assertFalse(refusal.isDeterministic());
    assertEquals(1, memory.pages());
  }

  @Test
  void growth_to_the_most_addressable_pages_is_allowed() {
    // given
    FlatMemory memory = Memories.zeros(1, LinearMemory.MAX_PAGES, 0);
    // then
    assertTrue(memory.grow(FlatMemory.ADDRESSABLE_PAGES - 1));
    assertEquals(FlatMemory.ADDRESSABLE_PAGES, memory.pages());
    assertEquals(0, memory.readLong((int) (memory.sizeInBytes() - Long.BYTES)));
  }

  @Test
  void growth_keeps_what_was_written() {
    // given
    FlatMemory memory = Memories.random(1, 8, PAGE, PAGE);
    byte[] expected = new byte[8 * PAGE];
    memory.read(0, expected, 0, PAGE);
    memory.writeByte(77, (byte) 1);
    expected[77] = 1;
    // when
    memory.grow(7);
    memory.writeByte(8 * PAGE - 1, (byte) 2);
    expected[8 * PAGE - 1] = 2;
    // then
    assertArrayEquals(expected, Memories.contentOf(memory));
  }

  @Test
  void a_memory_grows_before_its_first_capture_too() {
    // given
    FlatMemory memory = new FlatMemory(1, 3);
    memory.writeByte(PAGE - 1, (byte) 1);
    // when
    memory.grow(2);
    memory.writeByte(3 * PAGE - 1, (byte) 2);
    MemoryImage image = memory.capture(0);
    // then
    assertEquals(3, image.pages());
    assertEquals(1, new FlatMemory(image).readByte(PAGE - 1));
    assertEquals(2, new FlatMemory(image).readByte(3 * PAGE - 1));
  }

  @Test
  void pages_grown_again_after_a_restore_are_zero() {
    // given
    FlatMemory memory = Memories.zeros(1, 2, 0);
    memory.grow(1);
    memory.fill(PAGE, (byte) 9, PAGE);
    memory.restore();
    // when
    memory.grow(1);
    memory.writeByte(PAGE, (byte) 1);
    // then
    byte[] expected = new byte[2 * PAGE];
    expected[PAGE] = 1;
    assertArrayEquals(expected, Memories.contentOf(memory));
  }
}
