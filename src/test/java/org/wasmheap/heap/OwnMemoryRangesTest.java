package org.wasmheap.heap;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.wasmheap.allocator.AllocatorException;
import org.wasmheap.allocator.AllocatorFault;
import org.wasmheap.allocator.BlockLimit;
import org.wasmheap.memory.LinearMemory;
import org.wasmheap.memory.MemoryAccessException;
import org.wasmheap.testkit.ByteBufferMemory;
import org.wasmheap.testkit.ForwardingMemory;

/** Ranges outside an embedder's memory, which refuses them by exceptions of its own. */
class OwnMemoryRangesTest {
  private static final int END = LinearMemory.PAGE_SIZE;

  /** Refuses a negative index as a buffer's position does: by an argument's exception. */
  private record Positioned(LinearMemory inner) implements ForwardingMemory {
    private void seek(int address) {
      if (address < 0 || address > inner.sizeInBytes()) {
        throw new IllegalArgumentException("newPosition: " + address);
      }
    }

    @Override
    public long readLong(int address) {
      seek(address);
      return inner.readLong(address);
    }

    @Override
    public void read(int address, byte[] destination, int offset, int length) {
      seek(address);
      inner.read(address, destination, offset, length);
    }

    @Override
    public void write(int address, byte[] source, int offset, int length) {
      seek(address);
      inner.write(address, source, offset, length);
    }
  }

  private final LinearMemory memory = new Positioned(new ByteBufferMemory(1, 4));
  private final Heap heap =
      new Heap(
          "test",
          "test/1",
          memory,
          1024,
          BlockLimit.ON_CHAIN,
          GrowthPolicy.ALLOW_ALL,
          HeapListener.NONE);

  private HeapHandle call;

  @BeforeEach
  void begin() {
    heap.claim();
    call = heap.begin(1, "call");
  }

  @ParameterizedTest
  @CsvSource({"-5, 5", "-5, 1", "2147483647, 2", "65535, 2", "65536, 1", "65537, 0", "-1, 0"})
  void a_range_outside_is_the_guests_trap_and_nothing_is_written(int address, int length) {
    // then
    assertTrue(
        assertThrows(MemoryAccessException.class, () -> call.write(address, new byte[length]))
            .isDeterministic());
    assertThrows(MemoryAccessException.class, () -> call.read(address, length));
    assertThrows(
        MemoryAccessException.class, () -> call.read(address, new byte[length + 3], 3, length));
    assertArrayEquals(new byte[END], call.read(0, END));
  }

  @Test
  void ranges_inside_are_written_and_read() {
    // when
    call.write(END - 3, new byte[] {1, 2, 3});
    call.write(END, new byte[0]);
    byte[] read = new byte[5];
    call.read(END - 3, read, 1, 3);
    // then
    assertArrayEquals(new byte[] {0, 1, 2, 3, 0}, read);
  }

  @Test
  void a_header_outside_is_the_allocators_fault_by_whatever_exception() {
    // when a pointer from 2 GiB up is freed
    AllocatorException fault = assertThrows(AllocatorException.class, () -> call.free(0x8000_0000));
    // then
    assertEquals(AllocatorFault.READ_OUT_OF_BOUNDS, fault.fault());
  }
}
