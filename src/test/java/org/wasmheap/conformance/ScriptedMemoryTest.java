package org.wasmheap.conformance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.wasmheap.memory.LinearMemory.PAGE_SIZE;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.wasmheap.memory.LinearMemory;
import org.wasmheap.memory.MemoryAccessException;

class ScriptedMemoryTest {
  private static final long VALUE = 0x1122_3344_5566_7788L;

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 8, 65_535, 65_536, 65_537, 0xFFFF_FFFFL, 0x1_0000_0000L})
  void a_size_in_bytes_is_that_size_and_the_maximum_too(long bytes) {
    // given
    ScriptedMemory memory = ScriptedMemory.ofBytes(LinearMemory::sparse, bytes);
    // then
    assertEquals(bytes, memory.sizeInBytes());
    assertEquals(bytes / PAGE_SIZE, memory.pages());
    assertEquals(memory.pages(), memory.maximumPages());
    assertFalse(memory.grow(1));
  }

  @Test
  void the_last_bytes_of_a_size_in_bytes_can_be_used_and_no_more() {
    // given
    LinearMemory memory = ScriptedMemory.ofBytes(LinearMemory::sparse, 13);
    // when
    memory.writeLong(5, VALUE);
    // then
    assertEquals(VALUE, memory.readLong(5));
    assertThrows(MemoryAccessException.class, () -> memory.writeLong(6, VALUE));
    assertThrows(MemoryAccessException.class, () -> memory.readLong(6));
    assertThrows(MemoryAccessException.class, () -> memory.read(10, new byte[4], 0, 4));
    assertThrows(MemoryAccessException.class, () -> memory.write(10, new byte[4], 0, 4));
  }

  @Test
  void what_was_cut_off_reads_as_zero_when_the_memory_is_extended_again() {
    // given
    ScriptedMemory memory = ScriptedMemory.ofBytes(LinearMemory::sparse, 2 * PAGE_SIZE);
    byte[] bytes = new byte[24];
    memory.writeLong(0, VALUE);
    memory.writeLong(8, VALUE);
    memory.writeLong(PAGE_SIZE, VALUE);
    // when
    memory.resize(12);
    memory.resize(3 * PAGE_SIZE);
    // then
    assertEquals(3 * PAGE_SIZE, memory.sizeInBytes());
    memory.read(0, bytes, 0, bytes.length);
    assertArrayEquals(
        new byte[] {
          -0x78, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11, -0x78, 0x77, 0x66, 0x55, 0, 0, 0, 0, 0,
          0, 0, 0, 0, 0, 0, 0
        },
        bytes);
    assertEquals(0, memory.readLong(PAGE_SIZE));
  }

  @Test
  void pages_may_be_over_the_maximum_which_still_holds() {
    // given
    ScriptedMemory memory = ScriptedMemory.ofPages(LinearMemory::sparse, PAGE_SIZE, 2);
    // when
    memory.resize(5 * PAGE_SIZE);
    // then
    assertEquals(5, memory.pages());
    assertEquals(2, memory.maximumPages());
    assertFalse(memory.grow(1));
    // when
    memory.resize(0);
    // then
    assertTrue(memory.grow(2));
    assertFalse(memory.grow(1));
    assertEquals(2, memory.pages());
  }

  @Test
  void the_maximum_is_the_one_that_the_memory_under_test_tells() {
    // given
    ScriptedMemory memory =
        ScriptedMemory.ofPages((initial, maximum) -> LinearMemory.sparse(initial, 3), PAGE_SIZE, 9);
    // then
    assertEquals(3, memory.maximumPages());
  }

  @Test
  void a_chunk_may_hold_data_if_it_or_a_neighbour_in_one_bit_was_written() {
    // given
    ScriptedMemory memory = ScriptedMemory.ofPages(LinearMemory::sparse, 1L << 32, 65_536);
    // when
    memory.writeLong(0x8003_FFFC, VALUE);
    memory.write(0, new byte[0], 0, 0);
    // then
    assertTrue(memory.mayHoldData(0x8003));
    assertTrue(memory.mayHoldData(0x8004));
    assertTrue(memory.mayHoldData(0x0003));
    assertTrue(memory.mayHoldData(0x8002));
    assertFalse(memory.mayHoldData(0x0001));
    assertFalse(memory.mayHoldData(0x7FFF));
  }
}
