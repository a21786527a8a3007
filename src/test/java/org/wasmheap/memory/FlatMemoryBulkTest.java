package org.wasmheap.memory;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.wasmheap.memory.Memories.BLOCK;
import static org.wasmheap.memory.Memories.PAGE;

import java.util.Arrays;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class FlatMemoryBulkTest {
  private static final int PAGES = 2;
  private static final int END = PAGES * PAGE;

  /** The materialised edge; what lies below is random. */
  private static final int HELD = 2 * BLOCK;

  private final FlatMemory memory = Memories.random(PAGES, PAGES, HELD, HELD);
  private final byte[] model = Arrays.copyOf(Memories.randomBytes(HELD), END);

  /** Ranges of the memory: address and length. */
  static Stream<Arguments> ranges() {
    return Stream.of(
        Arguments.of(0, 0),
        Arguments.of(0, 1),
        Arguments.of(BLOCK - 1, 2),
        Arguments.of(BLOCK - 3, 2 * BLOCK),
        Arguments.of(HELD - 1, 1),
        Arguments.of(HELD - 100, 200),
        Arguments.of(HELD, 1),
        Arguments.of(HELD, 0),
        Arguments.of(PAGE - 5, 10),
        Arguments.of(END - 1, 1),
        Arguments.of(END - BLOCK, BLOCK),
        Arguments.of(END, 0),
        Arguments.of(0, END));
  }

  /** Ranges that leave the memory; both values are u32. */
  static Stream<Arguments> outside() {
    return Stream.of(
        Arguments.of(END, 1),
        Arguments.of(END - 1, 2),
        Arguments.of(0, END + 1),
        Arguments.of(END + 1, 0),
        Arguments.of(0, Integer.MAX_VALUE),
        Arguments.of(0, Integer.MIN_VALUE),
        Arguments.of(0, -1),
        Arguments.of(HELD - 1, -1),
        Arguments.of(-1, 0),
        Arguments.of(-1, 1),
        Arguments.of(-1, 2),
        Arguments.of(-8, 16),
        Arguments.of(-1, -1),
        Arguments.of(Integer.MIN_VALUE, Integer.MIN_VALUE),
        Arguments.of(Integer.MIN_VALUE, 1));
  }

  /** Destination, source and length: apart, overlapping both ways, across the edges. */
  static Stream<Arguments> copies() {
    return Stream.of(
        Arguments.of(0, BLOCK, 100),
        Arguments.of(BLOCK, 0, BLOCK),
        Arguments.of(10, 3, BLOCK),
        Arguments.of(3, 10, BLOCK),
        Arguments.of(5, 5, BLOCK),
        Arguments.of(1, 0, HELD),
        Arguments.of(0, 1, HELD),
        Arguments.of(HELD - 10, 0, 20),
        Arguments.of(0, HELD - 10, 20),
        Arguments.of(HELD - 20, HELD - 10, 30),
        Arguments.of(HELD - 10, HELD - 20, 30),
        Arguments.of(HELD, 0, HELD),
        Arguments.of(0, HELD, HELD),
        Arguments.of(END - 100, 7, 100),
        Arguments.of(7, END - 100, 100),
        Arguments.of(BLOCK, 0, END - BLOCK),
        Arguments.of(0, BLOCK, END - BLOCK),
        Arguments.of(PAGE, PAGE + 1, 1000),
        Arguments.of(END, 0, 0),
        Arguments.of(0, END, 0));
  }

  @ParameterizedTest
  @MethodSource("ranges")
  void a_range_reads_as_it_is(int address, int length) {
    // given
    byte[] destination = new byte[length + 2];
    Arrays.fill(destination, (byte) 0x55);
    // when
    memory.read(address, destination, 1, length);
    // then
    assertArrayEquals(
        Arrays.copyOfRange(model, address, address + length),
        Arrays.copyOfRange(destination, 1, 1 + length));
    assertEquals(0x55, destination[0]);
    assertEquals(0x55, destination[length + 1]);
  }

  @ParameterizedTest
  @MethodSource("ranges")
  void a_read_materialises_nothing(int address, int length) {
    // given
    long bytes = memory.materialisedBytes();
    // when
    memory.read(address, new byte[length], 0, length);
    // then
    assertEquals(bytes, memory.materialisedBytes());
  }

  @ParameterizedTest
  @MethodSource("ranges")
  void a_write_writes_its_range_and_no_other_byte(int address, int length) {
    // given
    byte[] source = Memories.randomBytes(length + 2);
    System.arraycopy(source, 1, model, address, length);
    // when
    memory.write(address, source, 1, length);
    // then
    assertArrayEquals(model, Memories.contentOf(memory));
  }

  @ParameterizedTest
  @MethodSource("ranges")
  void a_fill_fills_its_range_and_no_other_byte(int address, int length) {
    // given
    Arrays.fill(model, address, address + length, (byte) 0xC3);
    // when
    memory.fill(address, (byte) 0xC3, length);
    // then
    assertArrayEquals(model, Memories.contentOf(memory));
  }

  @ParameterizedTest
  @MethodSource("ranges")
  void a_fill_with_zero_materialises_nothing(int address, int length) {
    // given
    long bytes = memory.materialisedBytes();
    Arrays.fill(model, address, address + length, (byte) 0);
    // when
    memory.fill(address, (byte) 0, length);
    // then
    assertArrayEquals(model, Memories.contentOf(memory));
    assertEquals(bytes, memory.materialisedBytes());
  }

  @ParameterizedTest
  @MethodSource("copies")
  void a_copy_behaves_as_if_through_a_buffer(int destination, int source, int length) {
    // given
    System.arraycopy(model, source, model, destination, length);
    // when
    memory.copy(destination, source, length);
    // then
    assertArrayEquals(model, Memories.contentOf(memory));
  }

  @ParameterizedTest
  @MethodSource("copies")
  void a_copy_is_taken_back(int destination, int source, int length) {
    // when
    memory.copy(destination, source, length);
    memory.restore();
    // then
    assertArrayEquals(model, Memories.contentOf(memory));
  }

  @ParameterizedTest
  @MethodSource("outside")
  void a_read_that_leaves_the_memory_copies_nothing(int address, int length) {
    // given
    byte[] destination = new byte[64];
    // when
    assertThrows(MemoryAccessException.class, () -> memory.read(address, destination, 0, length));
    // then
    assertArrayEquals(new byte[64], destination);
  }

  @ParameterizedTest
  @MethodSource("outside")
  void a_write_that_leaves_the_memory_changes_nothing(int address, int length) {
    unchangedBy(m -> m.write(address, new byte[64], 0, length));
  }

  @ParameterizedTest
  @MethodSource("outside")
  void a_fill_that_leaves_the_memory_changes_nothing(int address, int length) {
    unchangedBy(m -> m.fill(address, (byte) 1, length));
    unchangedBy(m -> m.fill(address, (byte) 0, length));
  }

  @ParameterizedTest
  @MethodSource("outside")
  void a_copy_that_leaves_the_memory_changes_nothing(int address, int length) {
    unchangedBy(m -> m.copy(address, 0, length));
    unchangedBy(m -> m.copy(0, address, length));
  }

  private void unchangedBy(Consumer<FlatMemory> access) {
    // given
    long bytes = memory.materialisedBytes();
    // when
    assertThrows(MemoryAccessException.class, () -> access.accept(memory));
    // then
    assertArrayEquals(model, Memories.contentOf(memory));
    assertEquals(bytes, memory.materialisedBytes());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 8, BLOCK - 1, BLOCK, BLOCK + 1})
  void bulk_writes_of_any_alignment_are_taken_back(int length) {
    // given
    byte[] source = Memories.randomBytes(length);
    // when
    IntStream.range(BLOCK - 9, BLOCK + 9)
        .forEach(
            address -> {
              memory.write(address, source, 0, length);
              memory.restore();
              // then
              assertArrayEquals(model, Memories.contentOf(memory));
            });
  }

  @Test
  void an_array_that_is_too_short_is_the_callers_mistake_and_changes_nothing() {
    // when
    assertThrows(IndexOutOfBoundsException.class, () -> memory.write(0, new byte[4], 2, 3));
    // then
    assertArrayEquals(model, Memories.contentOf(memory));
  }
}
