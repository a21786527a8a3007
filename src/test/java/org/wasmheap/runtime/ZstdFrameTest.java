package org.wasmheap.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.wasmheap.testkit.CompressedCode.claiming;
import static org.wasmheap.testkit.CompressedCode.frame;
import static org.wasmheap.testkit.CompressedCode.frameOfZeros;
import static org.wasmheap.testkit.CompressedCode.withWindow;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.wasmheap.testkit.ThreadAllocation;

class ZstdFrameTest {
  private static final int LIMIT = 1 << 20;

  /** Position in a frame with a window: descriptor, then the window. */
  private static final int DESCRIPTOR = 4;

  private static final int WINDOW = 5;

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 255, 256, 100_000, 131_072, 131_073, 500_000})
  void content_comes_back_whole(int size) {
    // given
    byte[] content = compressible(size);
    // when
    byte[] unpacked = unpack(frame(content));
    // then
    assertArrayEquals(content, unpacked);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 255, 256, 100_000, 131_072, 131_073, 500_000})
  void content_comes_back_whole_where_its_size_is_known(int size) {
    // given
    byte[] content = compressible(size);
    // when
    byte[] unpacked = unpack(claiming(size, frame(content)));
    // then
    assertArrayEquals(content, unpacked);
  }

  @Test
  void the_frame_may_begin_within_an_array_which_stays_as_it_was() {
    // given
    byte[] content = compressible(1000);
    byte[] frame = frame(content);
    byte[] bytes = new byte[frame.length + 3];
    System.arraycopy(frame, 0, bytes, 3, frame.length);
    byte[] before = bytes.clone();
    // when
    byte[] unpacked = ZstdFrame.unpack("x", bytes, 3, LIMIT);
    // then
    assertArrayEquals(content, unpacked);
    assertArrayEquals(before, bytes);
  }

  /**
   * The resource is {@code zstd --ultra -22 --no-check} of a stream: 8 bytes of wasm header, 64 of
   * noise, 9 MiB of zeros, the same 64 again, which refer back 9 MiB in a window of 128.
   */
  @Test
  void strongly_compressed_content_reaches_back_beyond_the_decoders_window() throws IOException {
    // given
    byte[] frame;
    try (InputStream in = ZstdFrameTest.class.getResourceAsStream("level-22.zst")) {
      frame = in.readAllBytes();
    }
    // when
    byte[] content = ZstdFrame.unpack("x", frame, 0, 16 << 20);
    // then
    assertEquals(8 + 64 + (9 << 20) + 64, content.length);
    assertArrayEquals(
        Arrays.copyOfRange(content, 8, 8 + 64),
        Arrays.copyOfRange(content, content.length - 64, content.length));
  }

  @Test
  void a_known_size_beyond_the_decoders_window_is_no_obstacle() {
    // given
    byte[] content = compressible(9 << 20);
    // when
    byte[] unpacked = ZstdFrame.unpack("x", claiming(9 << 20, frame(content)), 0, 9 << 20);
    // then
    assertArrayEquals(content, unpacked);
  }

  @ParameterizedTest
  @ValueSource(ints = {10, 17, 23, 24, 27, 41})
  void the_window_that_the_header_asks_for_is_no_matter(int log) {
    // given
    byte[] content = compressible(500_000);
    // when
    byte[] unpacked = unpack(withWindow(log, frame(content)));
    // then
    assertArrayEquals(content, unpacked);
  }

  // Limits.

  @Test
  void content_of_exactly_the_limit_is_unpacked() {
    // given
    byte[] content = compressible(LIMIT);
    // when
    byte[] unpacked = unpack(frame(content));
    // then
    assertArrayEquals(content, unpacked);
  }

  @Test
  void content_of_one_byte_more_than_the_limit_is_refused() {
    assertRefused(frame(compressible(LIMIT + 1)), "unpacks to more than 1048576 bytes");
  }

  @Test
  void content_of_the_limit_is_unpacked_also_where_its_blocks_could_hold_more() {
    // given seven blocks of 128 KiB, of which the last is not full
    byte[] frame = frame(compressible(900_000));
    // when
    byte[] unpacked = ZstdFrame.unpack("x", frame, 0, 900_000);
    // then
    assertEquals(900_000, unpacked.length);
  }

  @Test
  void a_bomb_is_refused_with_no_more_memory_than_the_limit() {
    // given 64 KB that unpack to 2 GiB
    byte[] bomb = frameOfZeros(16_384);
    // when
    long bytes =
        ThreadAllocation.bytesOf(() -> assertRefused(bomb, "unpacks to more than 1048576 bytes"));
    // then
    assertTrue(bytes < LIMIT + (1 << 20), () -> bytes + " bytes allocated");
  }

  @ParameterizedTest
  @ValueSource(longs = {LIMIT + 1L, Integer.MAX_VALUE, 1L << 32, Long.MAX_VALUE, -2, -1})
  void a_header_that_claims_too_much_is_refused_without_memory(long claimed) {
    // given
    byte[] frame = claiming(claimed, frame(compressible(1000)));
    // when
    long bytes =
        ThreadAllocation.bytesOf(() -> assertRefused(frame, "unpacks to more than 1048576 bytes"));
    // then
    assertTrue(bytes < LIMIT / 2, () -> bytes + " bytes allocated");
  }

  @Test
  void a_header_that_claims_much_within_the_limit_gets_no_memory_for_it() {
    // given
    byte[] frame = claiming(50 << 20, frame(compressible(1000)));
    // when
    long bytes =
        ThreadAllocation.bytesOf(
            () ->
                assertThrows(
                    RuntimeLoadException.class, () -> ZstdFrame.unpack("x", frame, 0, 50 << 20)));
    // then
    assertTrue(bytes < 2 << 20, () -> bytes + " bytes allocated");
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 999, 1001})
  void a_header_that_lies_about_the_size_is_refused(long claimed) {
    assertRefused(
        claiming(claimed, frame(compressible(1000))),
        "is corrupt: header claims " + claimed + " bytes, content is 1000");
  }

  // Damage.

  @Test
  void a_frame_cut_anywhere_is_refused_as_cut() {
    // given two blocks
    byte[] frame = frame(compressible(140_000));
    for (int length = 0; length < frame.length; length++) {
      // when, then
      assertRefused(Arrays.copyOf(frame, length), "is cut off");
    }
  }

  @Test
  void bytes_behind_the_frame_are_refused() {
    // given
    byte[] frame = frame(compressible(1000));
    // when, then
    assertRefused(Arrays.copyOf(frame, frame.length + 2), "is corrupt: 2 bytes follow the frame");
  }

  @Test
  void what_is_no_frame_is_refused() {
    assertRefused(new byte[100], "is corrupt: no zstd frame after the prefix");
  }

  @ParameterizedTest
  @ValueSource(ints = {0b1, 0b10, 0b1000})
  void a_reserved_flag_or_a_dictionary_is_refused(int flag) {
    // given
    byte[] frame = frame(compressible(1000));
    frame[DESCRIPTOR] |= (byte) flag;
    // when, then
    assertRefused(frame, "is corrupt: reserved flag set or dictionary required");
  }

  @Test
  void a_block_of_a_reserved_kind_is_refused() {
    // given
    byte[] frame = frameOfZeros(1);
    frame[WINDOW + 1] |= 0b110;
    // when, then
    assertRefused(frame, "is corrupt: block of a reserved kind");
  }

  @Test
  void a_wrong_checksum_is_refused() {
    // given
    byte[] frame = frame(compressible(1000));
    frame[frame.length - 1] ^= 1;
    // when, then
    assertRefused(frame, "is corrupt: not decodable");
  }

  @Test
  void a_flipped_bit_is_refused_or_changes_nothing() {
    // given
    byte[] content = compressible(2000);
    byte[] frame = frame(content);
    for (int bit = 0; bit < frame.length * 8; bit++) {
      byte[] damaged = frame.clone();
      damaged[bit / 8] ^= (byte) (1 << bit % 8);
      // when
      byte[] unpacked;
      try {
        unpacked = unpack(damaged);
      } catch (RuntimeLoadException expected) {
        continue;
      }
      // then
      assertArrayEquals(content, unpacked, "bit " + bit);
    }
  }

  private static byte[] unpack(byte[] frame) {
    return ZstdFrame.unpack("x", frame, 0, LIMIT);
  }

  private static void assertRefused(byte[] frame, String reason) {
    var refusal = assertThrows(RuntimeLoadException.class, () -> unpack(frame));
    assertEquals("x: compressed code " + reason, refusal.getMessage());
  }

  /** The same bytes for the same size; some 2 bits of noise in each. */
  private static byte[] compressible(int size) {
    Random random = new Random(size);
    byte[] bytes = new byte[size];
    for (int i = 0; i < size; i++) {
      bytes[i] = (byte) "wasm".charAt(random.nextInt(4));
    }
    return bytes;
  }
}
