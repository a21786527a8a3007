package org.wasmheap.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.wasmheap.memory.Memories.BLOCK;

import org.junit.jupiter.api.Test;

class SpareArraysTest {
  private final SpareArrays spares = new SpareArrays();

  private TrackedArray put(int length) {
    TrackedArray array = new TrackedArray(length);
    spares.put(array);
    return array;
  }

  @Test
  void an_array_that_was_put_is_taken_once() {
    // given
    TrackedArray array = put(2 * BLOCK);
    // then
    assertSame(array, spares.take(BLOCK, 2 * BLOCK));
    assertNull(spares.take(BLOCK, 2 * BLOCK));
  }

  @Test
  void the_longest_that_fits_is_taken() {
    // given
    put(2 * BLOCK);
    TrackedArray longer = put(4 * BLOCK);
    put(8 * BLOCK);
    // then
    assertSame(longer, spares.take(BLOCK, 7 * BLOCK));
  }

  @Test
  void an_array_that_is_too_long_or_too_short_stays() {
    // given
    TrackedArray array = put(5 * BLOCK);
    // then
    assertNull(spares.take(4 * BLOCK, 5 * BLOCK - 1));
    assertNull(spares.take(5 * BLOCK + 1, 7 * BLOCK));
    assertSame(array, spares.take(5 * BLOCK, 5 * BLOCK));
  }

  @Test
  void clearing_gives_up_all_and_says_how_much() {
    // given
    long bytes = put(2 * BLOCK).bytes() + put(64 * BLOCK).bytes();
    assertEquals(bytes, spares.bytes());
    // when
    long cleared = spares.clear(0);
    // then
    assertEquals(bytes, cleared);
    assertEquals(0, spares.bytes());
    assertNull(spares.take(BLOCK, 64 * BLOCK));
  }

  @Test
  void a_spare_that_is_not_pristine_shows() {
    // given
    PristineContent zeros = PristineContent.of(new byte[0]);
    put(2 * BLOCK);
    TrackedArray changed = put(8 * BLOCK);
    assertNull(spares.difference(zeros));
    // when
    changed.buffer()[5 * BLOCK + 1] = 1;
    // then
    assertEquals("the byte at address 20481 is 0x01, the image has 0x00", spares.difference(zeros));
  }
}
