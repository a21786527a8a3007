package org.wasmheap.endive;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.wasmheap.memory.FlatMemory;
import org.wasmheap.memory.MemoryAccessException;
import org.wasmheap.testkit.ThreadAllocation;
import run.endive.runtime.Memory;
import run.endive.runtime.WasmInterruptedException;
import run.endive.wasm.types.DataSegment;
import run.endive.wasm.types.PassiveDataSegment;

/** The engine's view by itself: where memory ends, and what long instructions do. */
class EndiveMemoryTest {
  private static final int PAGE = 65_536;
  private static final int END = 5 * PAGE;

  /** Of the array that goes on beyond the memory's end. */
  private static final int ARRAY_END = 8 * PAGE;

  /** What the guest's instructions do with a memory, by their width. */
  enum Access {
    READ(1, (memory, address) -> memory.read(address)),
    READ_SHORT(2, (memory, address) -> memory.readShort(address)),
    READ_U16(2, (memory, address) -> memory.readU16(address)),
    READ_INT(4, (memory, address) -> memory.readInt(address)),
    READ_LONG(8, (memory, address) -> memory.readLong(address)),
    READ_F32(4, (memory, address) -> memory.readF32(address)),
    READ_F64(8, (memory, address) -> memory.readF64(address)),
    READ_FLOAT(4, (memory, address) -> memory.readFloat(address)),
    READ_DOUBLE(8, (memory, address) -> memory.readDouble(address)),
    READ_BYTES(5, (memory, address) -> memory.readBytes(address, 5)),
    WRITE_BYTE(1, (memory, address) -> memory.writeByte(address, (byte) -1)),
    WRITE_SHORT(2, (memory, address) -> memory.writeShort(address, (short) -1)),
    WRITE_I32(4, (memory, address) -> memory.writeI32(address, -1)),
    WRITE_LONG(8, (memory, address) -> memory.writeLong(address, -1)),
    WRITE_F32(4, (memory, address) -> memory.writeF32(address, -1)),
    WRITE_F64(8, (memory, address) -> memory.writeF64(address, -1)),
    WRITE_BYTES(5, (memory, address) -> memory.write(address, new byte[5])),
    FILL(5, (memory, address) -> memory.fill((byte) -1, address, address + 5)),
    FILL_LONG(9000, (memory, address) -> memory.fill((byte) -1, address, address + 9000)),
    COPY_FROM(5, (memory, address) -> memory.copy(0, address, 5)),
    COPY_TO(5, (memory, address) -> memory.copy(address, 0, 5)),
    COPY_LONG_TO(9000, (memory, address) -> memory.copy(address, 0, 9000)),
    COPY_LONG_FROM(9000, (memory, address) -> memory.copy(0, address, 9000)),
    INIT(5, (memory, address) -> memory.initPassiveSegment(0, address, 0, 5)),
    INIT_LONG(9000, (memory, address) -> memory.initPassiveSegment(0, address, 0, 9000));

    final int width;

    @SuppressWarnings("ImmutableEnumChecker") // No lambda holds anything.
    private final BiConsumer<Memory, Integer> act;

    Access(int width, BiConsumer<Memory, Integer> act) {
      this.width = width;
      this.act = act;
    }

    void at(Memory memory, int address) {
      act.accept(memory, address);
    }
  }

  /** How much of the five pages the array holds, or how far it goes beyond them. */
  enum Shape {
    UNTOUCHED,
    WHOLE,
    WITH_ROOM;

    FlatMemory memory() {
      FlatMemory memory = new FlatMemory(this == WITH_ROOM ? 4 : 5, 64);
      memory.capture(this == WHOLE ? END : 4 * PAGE);
      if (this == WITH_ROOM) {
        memory.grow(1);
        memory.writeByte(END - 1, (byte) 0);
        assertEquals((4 + 8) * (PAGE + PAGE / FlatMemory.BLOCK_SIZE), memory.materialisedBytes());
      }
      return memory;
    }
  }

  @AfterEach
  void clearInterrupt() {
    Thread.interrupted();
  }

  private static Memory viewOf(FlatMemory memory) {
    Memory view = EndiveMemory.over(memory);
    view.initialize(null, new DataSegment[] {new PassiveDataSegment(new byte[9000])});
    return view;
  }

  private static byte[] contentOf(FlatMemory memory) {
    byte[] content = new byte[(int) memory.sizeInBytes()];
    memory.read(0, content, 0, content.length);
    return content;
  }

  static Stream<Arguments> accesses() {
    return Stream.of(Shape.values())
        .flatMap(shape -> Stream.of(Access.values()).map(access -> Arguments.of(shape, access)));
  }

  @ParameterizedTest
  @MethodSource("accesses")
  void memory_ends_at_its_logical_size_whatever_the_array_holds(Shape shape, Access access) {
    // given
    FlatMemory memory = shape.memory();
    Memory view = viewOf(memory);
    int last = END - access.width;
    IntStream beyond =
        IntStream.concat(
            access.width > 8
                ? IntStream.of(last + 1, END - 1, END, END + 1)
                : IntStream.rangeClosed(last + 1, END + 1),
            IntStream.of(
                ARRAY_END - access.width, ARRAY_END, 0x7FFF_FFFF, 0x8000_0000, -access.width, -1));
    // then
    beyond.forEach(
        address ->
            assertThrows(
                MemoryAccessException.class,
                () -> access.at(view, address),
                () -> Integer.toUnsignedString(address)));
    assertArrayEquals(new byte[END], contentOf(memory));
    memory.grow((ARRAY_END - END) / PAGE);
    assertEquals(0, memory.readLong(END));
    access.at(view, last + 1);
    access.at(view, ARRAY_END - access.width);
    assertThrows(MemoryAccessException.class, () -> access.at(view, ARRAY_END - access.width + 1));
    memory.restore();
    int restored = (int) memory.sizeInBytes();
    assertThrows(MemoryAccessException.class, () -> access.at(view, restored - access.width + 1));
    access.at(view, restored - access.width);
  }

  @ParameterizedTest
  @EnumSource
  void a_memory_of_no_pages_holds_no_byte(Access access) {
    // given
    Memory view = viewOf(new FlatMemory(0, 1));
    // then
    assertThrows(MemoryAccessException.class, () -> access.at(view, 0));
    assertThrows(MemoryAccessException.class, () -> access.at(view, -access.width));
  }

  @ParameterizedTest
  @CsvSource({
    "0, 2000000, 2100000",
    "2000000, 0, 2100000",
    "0, 1, 4194303",
    "1, 0, 4194303",
    "0, 1048577, 3145727",
    "1048575, 0, 3145729",
    "0, 4096, 4096",
    "0, 0, 4194304"
  })
  void a_copy_of_many_pieces_is_one_copy(int destination, int source, int size) {
    // given
    FlatMemory memory = new FlatMemory(64, 64);
    byte[] content = new byte[64 * PAGE];
    new Random(size).nextBytes(content);
    memory.write(0, content, 0, content.length);
    // when
    viewOf(memory).copy(destination, source, size);
    // then
    System.arraycopy(content, source, content, destination, size);
    assertArrayEquals(content, contentOf(memory));
  }

  @ParameterizedTest
  @CsvSource({"1, 4194303", "4090, 1048577", "1048576, 3145728", "3, 4096", "3, 4095"})
  void a_fill_of_many_pieces_fills_all(int address, int size) {
    // given
    FlatMemory memory = new FlatMemory(64, 64);
    Memory view = viewOf(memory);
    byte[] expected = new byte[64 * PAGE];
    Arrays.fill(expected, address, address + size, (byte) 0x55);
    // when
    view.fill((byte) 0x55, address, address + size);
    // then
    assertArrayEquals(expected, contentOf(memory));
    view.fill((byte) 0, address, address + size);
    assertArrayEquals(new byte[64 * PAGE], contentOf(memory));
  }

  @ParameterizedTest
  @EnumSource(names = {"FILL_LONG", "COPY_LONG_TO", "COPY_LONG_FROM", "INIT_LONG"})
  void an_interrupt_ends_a_long_instruction_and_stays_set(Access access) {
    // given
    FlatMemory memory = new FlatMemory(1, 1);
    memory.fill(0, (byte) 0x55, PAGE);
    byte[] before = contentOf(memory);
    Memory view = viewOf(memory);
    Thread.currentThread().interrupt();
    // then
    assertThrows(WasmInterruptedException.class, () -> access.at(view, 10_000));
    assertTrue(Thread.currentThread().isInterrupted());
    assertArrayEquals(before, contentOf(memory));
  }

  @ParameterizedTest
  @EnumSource(names = {"FILL_LONG", "COPY_LONG_TO", "COPY_LONG_FROM", "INIT_LONG"})
  void a_range_outside_is_the_guests_trap_also_when_it_is_interrupted(Access access) {
    // given
    Memory view = viewOf(new FlatMemory(1, 1));
    Thread.currentThread().interrupt();
    // then
    assertThrows(MemoryAccessException.class, () -> access.at(view, PAGE - 1));
  }

  @Test
  void an_interrupt_ends_a_copy_between_two_pieces() {
    // given an interrupt that comes when a memory takes a longer array
    int piece = 1 << 20;
    FlatMemory written = new FlatMemory(512, 512);
    Memory view = viewOf(written);
    written.fill(0, (byte) 0x55, 3 * piece);
    written.capture(0);
    written.showTo((buffer, cards) -> Thread.currentThread().interrupt());
    Thread.interrupted();
    // when a copy towards higher addresses begins at its end, and that is beyond the array
    assertThrows(WasmInterruptedException.class, () -> view.copy(8 * piece, 0, 3 * piece));
    // then
    assertEquals(0x55, written.readByte(10 * piece));
    assertEquals(0, written.readByte(9 * piece));
    assertEquals(0, written.readByte(8 * piece));
  }

  @Test
  void a_byte_of_a_long_segment_costs_no_copy_of_it() {
    // given
    FlatMemory memory = new FlatMemory(1, 1);
    memory.capture(PAGE);
    Memory view = EndiveMemory.over(memory);
    byte[] bytes = new byte[1 << 20];
    bytes[77] = 7;
    view.initialize(null, new DataSegment[] {new PassiveDataSegment(bytes)});
    view.initPassiveSegment(0, 0, 0, 1);
    // when
    long allocated =
        ThreadAllocation.bytesOf(
            () -> {
              for (int i = 0; i < 100; i++) {
                view.initPassiveSegment(0, i, 77, 1);
              }
            });
    // then
    assertTrue(allocated < bytes.length, () -> allocated + " bytes");
    assertEquals(7, memory.readByte(99));
    view.drop(0);
    assertThrows(MemoryAccessException.class, () -> view.initPassiveSegment(0, 0, 0, 1));
  }
}
