package org.wasmheap.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.wasmheap.testkit.CompressedCode.claiming;
import static org.wasmheap.testkit.CompressedCode.frame;
import static org.wasmheap.testkit.CompressedCode.frameOfZeros;
import static org.wasmheap.testkit.CompressedCode.withWindow;

import com.google.common.primitives.Bytes;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.wasmheap.testkit.ThreadAllocation;

class ZstdFramesTest {
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
    byte[] unpacked = ZstdFrames.unpack("x", bytes, 3, LIMIT);
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
    try (InputStream in = ZstdFramesTest.class.getResourceAsStream("level-22.zst")) {
      frame = in.readAllBytes();
    }
    // when
    byte[] content = ZstdFrames.unpack("x", frame, 0, 16 << 20);
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
    byte[] unpacked = ZstdFrames.unpack("x", claiming(9 << 20, frame(content)), 0, 9 << 20);
    // then
    assertArrayEquals(content, unpacked);
  }

  @ParameterizedTest
  @ValueSource(ints = {17, 23, 24, 27})
  void the_window_that_the_header_asks_for_is_no_matter_up_to_128_mib(int log) {
    // given
    byte[] content = compressible(500_000);
    // when
    byte[] unpacked = unpack(withWindow(log, frame(content)));
    // then
    assertArrayEquals(content, unpacked);
  }

  @ParameterizedTest
  @ValueSource(ints = {28, 31, 41})
  void a_window_of_more_than_128_mib_is_refused_without_memory_as_on_a_node(int log) {
    // given
    byte[] frame = withWindow(log, frame(compressible(1000)));
    // when
    long bytes =
        ThreadAllocation.bytesOf(
            () ->
                assertRefused(
                    frame, "asks for a window of " + (1L << log) + " bytes, more than 134217728"));
    // then
    assertTrue(bytes < LIMIT / 2, () -> bytes + " bytes allocated");
  }

  @Test
  void a_window_of_a_little_more_than_128_mib_is_refused() {
    // given an eighth more
    byte[] frame = withWindow(27, frame(compressible(1000)));
    frame[WINDOW] |= 1;
    // when, then
    assertRefused(frame, "asks for a window of 150994944 bytes, more than 134217728");
  }

  @Test
  void a_block_that_is_larger_than_its_window_is_refused_as_on_a_node() {
    // given blocks of 128 KiB in a window of 1
    byte[] frame = withWindow(10, frameOfZeros(2));
    // when, then
    assertRefused(frame, "is corrupt: block of 131072 bytes, more than 1024");
  }

  // Several frames.

  @Test
  void frames_one_after_the_other_are_joined() {
    // given
    byte[] content = compressible(200_000);
    byte[] first = frame(Arrays.copyOf(content, 150_000));
    byte[] second = claiming(50_000, frame(Arrays.copyOfRange(content, 150_000, 200_000)));
    // when
    byte[] unpacked = unpack(Bytes.concat(first, second));
    // then
    assertArrayEquals(content, unpacked);
  }

  @Test
  void skippable_frames_are_skipped_wherever_they_are() {
    // given
    byte[] content = compressible(2000);
    byte[] first = frame(Arrays.copyOf(content, 1000));
    byte[] second = frame(Arrays.copyOfRange(content, 1000, 2000));
    for (int kind = 0; kind < 16; kind++) {
      byte[] skippable = skippable(kind, 100 * kind);
      // when
      byte[] unpacked = unpack(Bytes.concat(skippable, first, skippable, second, skippable));
      // then
      assertArrayEquals(content, unpacked);
    }
  }

  @Test
  void frames_without_content_give_none() {
    // given
    byte[] empty = frame(new byte[0]);
    byte[] content = compressible(1000);
    // when, then
    assertEquals(0, unpack(Bytes.concat(empty, empty)).length);
    assertEquals(0, unpack(skippable(0, 10)).length);
    assertArrayEquals(content, unpack(Bytes.concat(empty, frame(content), empty)));
  }

  @Test
  void the_limit_holds_for_all_frames_together() {
    // given
    byte[] half = frame(compressible(LIMIT / 2));
    // when, then
    assertEquals(LIMIT, unpack(Bytes.concat(half, half)).length);
    assertRefused(
        Bytes.concat(half, half, frame(new byte[1])), "unpacks to more than 1048576 bytes");
    assertRefused(
        Bytes.concat(half, half, claiming(1, frame(new byte[1]))),
        "unpacks to more than 1048576 bytes");
  }

  @Test
  void a_bomb_of_many_frames_is_refused_with_no_more_memory_than_the_limit() {
    // given 256 frames of 8 MiB each
    byte[][] frames = new byte[256][];
    Arrays.fill(frames, frameOfZeros(64));
    byte[] bomb = Bytes.concat(frames);
    // when
    long bytes =
        ThreadAllocation.bytesOf(() -> assertRefused(bomb, "unpacks to more than 1048576 bytes"));
    // then
    assertTrue(bytes < LIMIT + (1 << 20), () -> bytes + " bytes allocated");
  }

  @Test
  void a_last_frame_that_is_cut_anywhere_is_refused() {
    // given
    byte[] first = frame(compressible(1000));
    for (byte[] last : List.of(frame(compressible(140_000)), skippable(3, 20))) {
      for (int length = 1; length < last.length; length++) {
        byte[] both = Bytes.concat(first, Arrays.copyOf(last, length));
        // when, then
        String reason =
            length < 4 ? "is corrupt: " + length + " bytes follow the last frame" : "is cut off";
        assertRefused(both, reason);
      }
    }
  }

  @Test
  void a_skippable_frame_that_claims_4_gib_is_cut_off() {
    // given
    byte[] skippable = skippable(0, 8);
    Arrays.fill(skippable, 4, 8, (byte) -1);
    // when, then
    assertRefused(skippable, "is cut off");
  }

  @Test
  void damage_in_a_later_frame_is_found() {
    // given
    byte[] frame = frame(compressible(1000));
    byte[] damaged = frame.clone();
    damaged[damaged.length - 1] ^= 1;
    // when, then
    assertRefused(Bytes.concat(frame, damaged), "is corrupt: not decodable");
    assertRefused(Bytes.concat(damaged, frame), "is corrupt: not decodable");
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
    byte[] unpacked = ZstdFrames.unpack("x", frame, 0, 900_000);
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
                    RuntimeLoadException.class, () -> ZstdFrames.unpack("x", frame, 0, 50 << 20)));
    // then
    assertTrue(bytes < 2 << 20, () -> bytes + " bytes allocated");
  }

  @ParameterizedTest
  @ValueSource(longs = {999, 1001, LIMIT})
  void a_header_that_lies_about_the_size_is_refused(long claimed) {
    // given
    byte[] lie = claiming(claimed, frame(compressible(1000)));
    // when, then
    assertRefused(lie, "is corrupt: not decodable");
    assertRefused(Bytes.concat(frame(new byte[1]), lie), "is corrupt: not decodable");
    assertRefused(Bytes.concat(lie, frame(new byte[1])), "is corrupt: not decodable");
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

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 4, 100})
  void bytes_behind_the_last_frame_are_refused(int count) {
    // given
    byte[] frame = frame(compressible(1000));
    // when, then
    assertRefused(
        Arrays.copyOf(frame, frame.length + count),
        "is corrupt: " + count + " bytes follow the last frame");
  }

  @Test
  void what_is_no_frame_is_refused() {
    assertRefused(new byte[100], "is corrupt: no zstd frame after the prefix");
  }

  @Test
  void a_reserved_flag_is_refused() {
    // given
    byte[] frame = frame(compressible(1000));
    frame[DESCRIPTOR] |= 0b1000;
    // when, then
    assertRefused(frame, "is corrupt: reserved flag set");
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "2, 2", "3, 4"})
  void a_dictionary_is_refused_but_not_number_0_which_says_that_there_is_none(int flag, int bytes) {
    // given
    byte[] content = compressible(1000);
    byte[] frame = withWindow(20, frame(content));
    frame[DESCRIPTOR] |= (byte) flag;
    byte[] start = Arrays.copyOf(frame, WINDOW + 1);
    byte[] blocks = Arrays.copyOfRange(frame, WINDOW + 1, frame.length);
    byte[] number = new byte[bytes];
    // when, then
    assertArrayEquals(content, unpack(Bytes.concat(start, number, blocks)));
    number[bytes - 1] = 1;
    assertRefused(Bytes.concat(start, number, blocks), "is corrupt: dictionary required");
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

  /** A frame that no decoder looks into. */
  private static byte[] skippable(int kind, int size) {
    return ByteBuffer.allocate(8 + size)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(0x184D2A50 + kind)
        .putInt(size)
        .array();
  }

  private static byte[] unpack(byte[] frame) {
    return ZstdFrames.unpack("x", frame, 0, LIMIT);
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
