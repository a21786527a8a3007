package org.wasmheap.host;

import org.wasmheap.endive.PointerSize;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.memory.MemoryAccessException;

/**
 * Copies out of a guest's memory, and into new blocks of its heap.
 *
 * <p>A range that leaves the memory is the guest's trap, whatever is done with it; one that lies
 * inside and is too long to be copied is the host's shortage, as another host may have room for it.
 */
final class GuestMemory {
  /** Most bytes that are copied at once: all the memory that a runtime usually has. */
  static final int MOST_COPIED = 128 << 20;

  private GuestMemory() {}

  /**
   * Checks a range.
   *
   * @throws MemoryAccessException if it leaves the memory
   */
  static void requireInside(HeapHandle heap, PointerSize range) {
    if (range.end() > heap.memoryBytes()) {
      throw new MemoryAccessException(range.pointer(), range.size(), heap.memoryBytes());
    }
  }

  /**
   * Copies a range, which is checked before memory is set aside for it.
   *
   * @throws MemoryAccessException if it leaves the memory
   * @throws IllegalStateException if it is longer than {@link #MOST_COPIED}
   */
  static byte[] copy(HeapHandle heap, PointerSize range) {
    requireInside(heap, range);
    if (range.size() > MOST_COPIED) {
      throw new IllegalStateException(
          "a range of "
              + range.size()
              + " bytes is more than this host copies, which is "
              + MOST_COPIED);
    }
    return heap.read(range.pointer(), (int) range.size());
  }

  /** Puts bytes into a new block of the guest's heap; gives its address. */
  static int put(HeapHandle heap, byte[] bytes) {
    int pointer = heap.malloc(bytes.length);
    heap.write(pointer, bytes);
    return pointer;
  }

  /** Puts bytes into a new block of the guest's heap; gives the range as one packed value. */
  static long putRange(HeapHandle heap, byte[] bytes) {
    return new PointerSize(put(heap, bytes), bytes.length).packed();
  }

  /** Puts two arrays, one behind the other, into one new block; the second may be a long one. */
  static long putRange(HeapHandle heap, byte[] head, byte[] tail) {
    long size = (long) head.length + tail.length;
    int pointer = heap.malloc((int) size);
    heap.write(pointer, head);
    heap.write(pointer + head.length, tail);
    return new PointerSize(pointer, size).packed();
  }
}
