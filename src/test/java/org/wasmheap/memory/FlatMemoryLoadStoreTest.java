package org.wasmheap.memory;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.wasmheap.memory.Memories.BLOCK;
import static org.wasmheap.memory.Memories.PAGE;

import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class FlatMemoryLoadStoreTest {
  private static final int PAGES = 2;
  private static final int END = PAGES * PAGE;

  /** What {@link #memory} holds from the beginning: the materialised edge. */
  private static final int HELD = 2 * BLOCK;

  private final FlatMemory memory = Memories.zeros(PAGES, PAGES, HELD);

  /** Each width at each address from which it reaches, or just misses, a border. */
  static Stream<Arguments> borders() {
    return Stream.of(BLOCK, HELD, PAGE)
        .flatMap(
            border ->
                Stream.of(Width.values())
                    .flatMap(
                        width ->
                            IntStream.rangeClosed(border - width.bytes(), border)
                                .mapToObj(address -> Arguments.of(width, address))));
  }

  /** Each width at each address at which some byte of it, or all, lies beyond the end. */
  static Stream<Arguments> beyondTheEnd() {
    return Stream.of(Width.values())
        .flatMap(
            width ->
                IntStream.concat(
                        IntStream.rangeClosed(END - width.bytes() + 1, END + 1),
                        IntStream.of(
                            END + BLOCK,
                            Integer.MAX_VALUE,
                            Integer.MIN_VALUE,
                            Integer.MIN_VALUE + 1,
                            -BLOCK,
                            -8,
                            -1))
                    .mapToObj(address -> Arguments.of(width, address)));
  }

  @ParameterizedTest
  @EnumSource
  void an_untouched_byte_reads_as_zero(Width width) {
    // when
    long held = width.load(memory, 0);
    long notMaterialised = width.load(memory, PAGE);
    // then
    assertEquals(0, held);
    assertEquals(0, notMaterialised);
  }

  @ParameterizedTest
  @MethodSource("borders")
  void a_store_at_a_border_writes_its_bytes_and_no_other(Width width, int address) {
    // given
    byte[] expected = new byte[END];
    width.storeInto(expected, address, width.pattern());
    // when
    width.store(memory, address, width.pattern());
    // then
    assertArrayEquals(expected, Memories.contentOf(memory));
  }

  @ParameterizedTest
  @MethodSource("borders")
  void a_load_at_a_border_is_little_endian(Width width, int address) {
    // given
    byte[] bytes = new byte[width.bytes()];
    width.storeInto(bytes, 0, width.pattern());
    memory.write(address, bytes, 0, bytes.length);
    // when
    long loaded = width.load(memory, address);
    // then
    assertEquals(width.pattern(), loaded);
  }

  @ParameterizedTest
  @EnumSource
  void a_load_across_the_materialised_edge_sees_what_lies_below_it(Width width) {
    // given
    memory.writeByte(HELD - 1, (byte) 0xFE);
    // when
    long loaded = width.load(memory, HELD - 1);
    // then
    assertEquals(0xFE, loaded);
  }

  @ParameterizedTest
  @EnumSource
  void the_last_bytes_can_be_stored_and_loaded(Width width) {
    // given
    int last = END - width.bytes();
    // when
    width.store(memory, last, width.pattern());
    // then
    assertEquals(width.pattern(), width.load(memory, last));
  }

  @ParameterizedTest
  @MethodSource("beyondTheEnd")
  void a_load_that_leaves_the_memory_is_refused(Width width, int address) {
    // when
    MemoryAccessException refusal =
        assertThrows(MemoryAccessException.class, () -> width.load(memory, address));
    // then
    assertTrue(refusal.isDeterministic());
    assertEquals(
        "out of bounds memory access: %d bytes at address %s, memory size is %d bytes"
            .formatted(width.bytes(), Integer.toUnsignedString(address), END),
        refusal.getMessage());
  }

  @ParameterizedTest
  @MethodSource("beyondTheEnd")
  void a_store_that_leaves_the_memory_changes_nothing(Width width, int address) {
    // given
    long bytes = memory.materialisedBytes();
    // when
    assertThrows(MemoryAccessException.class, () -> width.store(memory, address, width.pattern()));
    // then
    assertArrayEquals(new byte[END], Memories.contentOf(memory));
    assertEquals(bytes, memory.materialisedBytes());
  }

  @ParameterizedTest
  @MethodSource("beyondTheEnd")
  void the_end_is_as_sharp_when_all_is_materialised(Width width, int address) {
    // given
    memory.writeByte(END - 1, (byte) 1);
    byte[] before = Memories.contentOf(memory);
    // when
    assertThrows(MemoryAccessException.class, () -> width.store(memory, address, width.pattern()));
    // then
    assertArrayEquals(before, Memories.contentOf(memory));
    assertThrows(MemoryAccessException.class, () -> width.load(memory, address));
  }

  @ParameterizedTest
  @EnumSource
  void a_memory_of_no_pages_holds_no_byte(Width width) {
    // given
    FlatMemory empty = new FlatMemory(0, 1);
    // then
    assertThrows(MemoryAccessException.class, () -> width.load(empty, 0));
    assertThrows(MemoryAccessException.class, () -> width.store(empty, 0, 1));
  }

  @ParameterizedTest
  @EnumSource
  void the_largest_memory_ends_below_two_gibibytes(Width width) {
    // given
    int pages = FlatMemory.ADDRESSABLE_PAGES;
    FlatMemory largest = new FlatMemory(pages, LinearMemory.MAX_PAGES);
    int last = (int) (largest.sizeInBytes() - width.bytes());
    // when
    long loaded = width.load(largest, last);
    // then
    assertEquals(0, loaded);
    assertThrows(MemoryAccessException.class, () -> width.load(largest, last + 1));
    assertThrows(MemoryAccessException.class, () -> width.load(largest, Integer.MAX_VALUE));
    assertThrows(MemoryAccessException.class, () -> width.load(largest, Integer.MIN_VALUE));
    assertEquals(0, largest.materialisedBytes());
  }

  @Test
  void many_loads_beyond_the_materialised_edge_stay_right() {
    // given
    memory.writeByte(HELD - 1, (byte) 7);
    // when
    long sum = IntStream.range(0, 1000).mapToLong(i -> memory.readLong(HELD - 1 + i)).sum();
    // then
    assertEquals(7, sum);
    assertEquals(7, memory.readByte(HELD - 1));
  }

  @Test
  void sizes_out_of_range_are_refused() {
    assertThrows(IllegalArgumentException.class, () -> new FlatMemory(-1, 1));
    assertThrows(IllegalArgumentException.class, () -> new FlatMemory(2, 1));
    assertThrows(IllegalArgumentException.class, () -> new FlatMemory(0, 65_537));
    assertThrows(IllegalArgumentException.class, () -> new FlatMemory(32_768, 65_536));
  }
}
