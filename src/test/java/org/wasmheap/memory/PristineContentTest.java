package org.wasmheap.memory;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.wasmheap.memory.Memories.BLOCK;
import static org.wasmheap.memory.Memories.PAGE;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PristineContentTest {
  /** Cut at the end of its second block. */
  private final byte[] source = Arrays.copyOf(Memories.randomBytes(BLOCK + 3), 2 * PAGE);

  private final PristineContent content = PristineContent.of(source);

  @ParameterizedTest
  @CsvSource({"0, 0", "1, 4096", "4096, 4096", "4097, 8192"})
  void it_is_cut_after_the_last_block_that_is_not_zero(int used, int stored) {
    // given
    byte[] bytes = new byte[PAGE];
    Arrays.fill(bytes, 0, used, (byte) 1);
    // then
    assertEquals(stored, PristineContent.of(bytes).length());
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "5, 4096", "0, 8192", "8000, 9000", "8192, 9000", "65536, 131072"})
  void a_range_is_copied_and_zero_beyond_the_cut(int from, int to) {
    // given
    byte[] written = new byte[2 * PAGE];
    Arrays.fill(written, (byte) 7);
    byte[] expected = written.clone();
    System.arraycopy(source, from, expected, from, to - from);
    // when
    content.copyTo(written, from, to);
    // then
    assertArrayEquals(expected, written);
  }

  @Test
  void it_is_not_changed_with_its_source() {
    // given
    byte[] before = source.clone();
    // when
    source[0]++;
    // then
    assertNull(content.difference(before));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, BLOCK + 2, BLOCK + 3, 2 * BLOCK - 1, 2 * BLOCK, 2 * PAGE - 1})
  void a_byte_that_differs_shows_on_either_side_of_the_cut(int address) {
    // given
    byte[] changed = source.clone();
    changed[address] ^= 0x40;
    // then
    String expected =
        "the byte at address %d is 0x%02x, the image has 0x%02x"
            .formatted(address, changed[address] & 0xFF, source[address] & 0xFF);
    assertEquals(expected, content.difference(changed));
  }

  @Test
  void an_array_shorter_than_the_content_is_compared_as_far_as_it_goes() {
    assertNull(content.difference(Arrays.copyOf(source, BLOCK)));
  }
}
