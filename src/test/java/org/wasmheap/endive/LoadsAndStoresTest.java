package org.wasmheap.endive;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.wasmheap.pool.CallOptions;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.testkit.Guests;

@Timeout(60)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LoadsAndStoresTest {
  private static final CallOptions CALL = CallOptions.named("call");

  /** Aligned, not aligned, across a block, across a page, at the end of memory. */
  private static final int[] ADDRESSES = {0, 1, 4095, 4089, 65_535, 65_533, 131_064};

  private final HeapExecutor<EndiveGuest> executor =
      Guests.onOneWorker(Guests.load("loads_and_stores"));

  @AfterAll
  void shutDown() {
    executor.close();
  }

  private static byte[] littleEndian(long value) {
    return ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array();
  }

  /** Load, what lies in memory, and what must come of it. */
  static Stream<Arguments> loads() {
    long high = 0xF1E2_D3C4_B5A6_9788L;
    long low = 0x0102_0304_0506_0708L;
    return Stream.of(
            Arguments.of("i32.load8_s", high, 0xFFFF_FF88L),
            Arguments.of("i32.load8_s", low, 0x08L),
            Arguments.of("i32.load8_u", high, 0x88L),
            Arguments.of("i32.load16_s", high, 0xFFFF_9788L),
            Arguments.of("i32.load16_s", low, 0x0708L),
            Arguments.of("i32.load16_u", high, 0x9788L),
            Arguments.of("i32.load", high, 0xB5A6_9788L),
            Arguments.of("i32.load", low, 0x0506_0708L),
            Arguments.of("i64.load8_s", high, 0xFFFF_FFFF_FFFF_FF88L),
            Arguments.of("i64.load8_s", low, 0x08L),
            Arguments.of("i64.load8_u", high, 0x88L),
            Arguments.of("i64.load16_s", high, 0xFFFF_FFFF_FFFF_9788L),
            Arguments.of("i64.load16_s", low, 0x0708L),
            Arguments.of("i64.load16_u", high, 0x9788L),
            Arguments.of("i64.load32_s", high, 0xFFFF_FFFF_B5A6_9788L),
            Arguments.of("i64.load32_s", low, 0x0506_0708L),
            Arguments.of("i64.load32_u", high, 0xB5A6_9788L),
            Arguments.of("i64.load", high, high),
            Arguments.of("i64.load", low, low))
        .flatMap(
            each ->
                IntStream.of(ADDRESSES)
                    .mapToObj(
                        address ->
                            Arguments.of(each.get()[0], address, each.get()[1], each.get()[2])));
  }

  static Stream<Arguments> stores() {
    return Stream.of(
            Arguments.of("i32.store8", 1),
            Arguments.of("i32.store16", 2),
            Arguments.of("i32.store", 4),
            Arguments.of("i64.store8", 1),
            Arguments.of("i64.store16", 2),
            Arguments.of("i64.store32", 4),
            Arguments.of("i64.store", 8))
        .flatMap(
            each ->
                IntStream.of(ADDRESSES)
                    .mapToObj(address -> Arguments.of(each.get()[0], address, each.get()[1])));
  }

  /** An i32 is in the low half; what the high half holds does not count. */
  private static long valueOf(String export, long result) {
    return export.startsWith("i32") ? result & 0xFFFF_FFFFL : result;
  }

  @ParameterizedTest
  @MethodSource("loads")
  void a_load_extends_what_it_reads_as_its_name_says(
      String load, int address, long inMemory, long expected) throws Exception {
    // when
    long[] loaded =
        executor.call(
            CALL,
            guest -> {
              guest.heap().write(address, littleEndian(inMemory));
              return guest.call(load, address);
            });
    // then
    assertEquals(expected, valueOf(load, loaded[0]));
  }

  @ParameterizedTest
  @MethodSource("stores")
  void a_store_writes_its_width_and_no_more(String store, int address, int width) throws Exception {
    // given
    long value = 0xF1E2_D3C4_B5A6_9788L;
    byte[] expected = Arrays.copyOf(Arrays.copyOf(littleEndian(value), width), Long.BYTES);
    // when
    byte[] stored =
        executor.call(
            CALL,
            guest -> {
              guest.call(store, address, store.startsWith("i32") ? (int) value : value);
              return guest.heap().read(address, Long.BYTES);
            });
    // then
    assertArrayEquals(expected, stored);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 4090, 131_064})
  void an_offset_is_added_to_the_address(int address) throws Exception {
    // when
    executor.call(
        CALL,
        guest -> {
          guest.call("i32.store+4", address, 0x0403_0201);
          // then
          assertArrayEquals(new byte[] {1, 2, 3, 4}, guest.heap().read(address + 4, 4));
          assertEquals(0x0403_0201, guest.call("i32.load+4", address)[0]);
          assertEquals(0x0403_0201, guest.call("i32.load", address + 4)[0]);
          return true;
        });
  }

  /** Zeros, infinities, quiet and signalling NaNs with payloads, and ordinary numbers. */
  @ParameterizedTest
  @ValueSource(
      ints = {
        0, 0x8000_0000, 0x3F80_0000, 0x7F80_0000, 0xFF80_0000, 0x7FC0_0000, 0xFFC0_0000,
        0x7FC0_0001, 0x7FFF_FFFF, 0xFFFF_FFFF, 0x7F80_0001, 0x7FA0_0000, 0xFFBF_FFFF, 1
      })
  void the_bits_of_an_f32_survive(int bits) throws Exception {
    // when
    executor.call(
        CALL,
        guest -> {
          guest.call("i32.store", 4094, bits);
          guest.call("move_f32", 200, 4094);
          guest.call("f32_to_memory", 300, bits);
          // then
          assertEquals(bits, (int) guest.call("i32.load", 200)[0]);
          assertEquals(bits, (int) guest.call("i32.load", 300)[0]);
          assertEquals(bits, (int) guest.call("f32_from_memory", 4094)[0]);
          return true;
        });
  }

  @ParameterizedTest
  @ValueSource(
      longs = {
        0,
        0x8000_0000_0000_0000L,
        0x3FF0_0000_0000_0000L,
        0x7FF0_0000_0000_0000L,
        0x7FF8_0000_0000_0000L,
        0xFFF8_0000_0000_0001L,
        0x7FFF_FFFF_FFFF_FFFFL,
        0xFFFF_FFFF_FFFF_FFFFL,
        0x7FF0_0000_0000_0001L,
        0xFFF7_FFFF_FFFF_FFFFL,
        1
      })
  void the_bits_of_an_f64_survive(long bits) throws Exception {
    // when
    executor.call(
        CALL,
        guest -> {
          guest.call("i64.store", 4090, bits);
          guest.call("move_f64", 200, 4090);
          guest.call("f64_to_memory", 300, bits);
          // then
          assertEquals(bits, guest.call("i64.load", 200)[0]);
          assertEquals(bits, guest.call("i64.load", 300)[0]);
          assertEquals(bits, guest.call("f64_from_memory", 4090)[0]);
          return true;
        });
  }
}
