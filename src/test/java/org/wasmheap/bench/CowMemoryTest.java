package org.wasmheap.bench;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import run.endive.runtime.ByteArrayMemory;
import run.endive.runtime.Memory;
import run.endive.wasm.types.MemoryLimits;

/** A peer that is measured must do what it is there for: else its figure says nothing. */
class CowMemoryTest {
  private static final int PAGE = 4096;
  private static final MemoryLimits LIMITS = new MemoryLimits(2, 4);
  private static final int BYTES = 2 * Memory.PAGE_SIZE;

  @Test
  void every_access_does_what_it_does_on_the_engines_own_memory() {
    // given
    CowMemory cow = new CowMemory(LIMITS);
    ByteArrayMemory model = new ByteArrayMemory(LIMITS);
    SplittableRandom random = new SplittableRandom(18);

    for (int i = 0; i < 20_000; i++) {
      // when: half of the accesses lie where two pages meet
      int address =
          random.nextBoolean()
              ? random.nextInt(BYTES - PAGE)
              : random.nextInt(1, BYTES / PAGE) * PAGE - random.nextInt(8);
      write(cow, i, address);
      write(model, i, address);

      // then
      assertEquals(read(model, i, address), read(cow, i, address), "access " + i);
    }
    assertArrayEquals(model.readBytes(0, BYTES), cow.readBytes(0, BYTES));
  }

  private static void write(Memory memory, int value, int address) {
    switch (value % 8) {
      case 0 -> memory.writeByte(address, (byte) value);
      case 1 -> memory.writeShort(address, (short) -value);
      case 2 -> memory.writeI32(address, -value);
      case 3 -> memory.writeLong(address, -value * 1_000_003L);
      case 4 -> memory.writeF32(address, value / 3f);
      case 5 -> memory.writeF64(address, value / 3d);
      case 6 -> memory.fill((byte) value, address, address + value % PAGE);
      default -> memory.copy(address, (address + PAGE / 2) % (BYTES - PAGE), value % PAGE);
    }
  }

  private static Object read(Memory memory, int value, int address) {
    return switch (value % 7) {
      case 0 -> memory.read(address);
      case 1 -> memory.readShort(address);
      case 2 -> memory.readInt(address);
      case 3 -> memory.readLong(address);
      case 4 -> memory.readF32(address);
      case 5 -> memory.readF64(address);
      default -> memory.readU16(address);
    };
  }

  @Test
  void reset_puts_content_and_size_back_to_the_shared_pages() {
    // given
    CowMemory first = new CowMemory(LIMITS);
    first.writeI32(PAGE - 2, 0x01020304);
    byte[][] golden = first.share();
    CowMemory cow = new CowMemory(LIMITS, golden);

    for (boolean grows : new boolean[] {false, true}) {
      // when
      cow.writeLong(PAGE - 4, -1);
      cow.writeByte(BYTES - 1, (byte) 1);
      if (grows) {
        assertEquals(2, cow.grow(1));
        cow.writeByte(BYTES, (byte) 1);
      }
      cow.reset();

      // then
      assertEquals(2, cow.pages());
      assertEquals(0x01020304, cow.readInt(PAGE - 2));
      assertEquals(0, cow.read(BYTES - 1));
    }
  }

  @Test
  void what_one_memory_writes_no_other_one_sees() {
    // given
    byte[][] golden = new CowMemory(LIMITS).share();
    CowMemory one = new CowMemory(LIMITS, golden);
    CowMemory other = new CowMemory(LIMITS, golden);

    // when
    one.writeI32(8, 1);

    // then
    assertEquals(0, other.readInt(8));
    assertEquals(1, one.readInt(8));
  }

  @Test
  void accesses_outside_are_refused_and_change_nothing() {
    // given
    CowMemory cow = new CowMemory(LIMITS);

    // then
    assertThrows(IndexOutOfBoundsException.class, () -> cow.read(BYTES));
    assertThrows(IndexOutOfBoundsException.class, () -> cow.read(-1));
    assertThrows(IndexOutOfBoundsException.class, () -> cow.writeLong(BYTES - 4, -1));
    assertThrows(
        IndexOutOfBoundsException.class, () -> cow.write(BYTES - 4, new byte[] {1, 2, 3, 4, 5}));
    assertEquals(0, cow.readInt(BYTES - 4));
    assertThrows(IndexOutOfBoundsException.class, () -> cow.readBytes(BYTES - 4, 5));
    assertEquals(-1, cow.grow(3));
  }
}
