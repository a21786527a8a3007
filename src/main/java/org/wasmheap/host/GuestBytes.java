package org.wasmheap.host;

import org.wasmheap.endive.PointerSize;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.memory.MemoryAccessException;

/**
 * A range of a guest's memory, read piece by piece through one buffer, however long it is.
 *
 * <p>A guest may name all of its memory at no cost of its own, so no range is copied whole. For the
 * thread and the length of one call of a host function.
 */
final class GuestBytes {
  /** Bytes in a piece at most. */
  static final int PIECE = 64 << 10;

  private final HeapHandle heap;
  private final PointerSize range;
  private final byte[] buffer;

  /**
   * Checks the range; nothing is read yet.
   *
   * @throws MemoryAccessException if it leaves the memory
   */
  GuestBytes(HeapHandle heap, PointerSize range) {
    GuestMemory.requireInside(heap, range);
    this.heap = heap;
    this.range = range;
    this.buffer = new byte[(int) Math.min(range.size(), PIECE)];
  }

  /** Bytes in the range, 0 to 2^32 - 1. */
  long size() {
    return range.size();
  }

  /** Whether {@link #feed} gives all bytes in one piece, or none because there are none. */
  boolean isOnePiece() {
    return range.size() <= PIECE;
  }

  /** Gives every piece, in order. */
  void feed(Sink sink) {
    for (long done = 0; done < range.size(); ) {
      int piece = (int) Math.min(range.size() - done, PIECE);
      heap.read(range.pointer() + (int) done, buffer, 0, piece);
      sink.update(buffer, 0, piece);
      done += piece;
    }
  }

  /** All bytes of a range that is one piece, in an array of just that length. */
  byte[] onePiece() {
    heap.read(range.pointer(), buffer, 0, buffer.length);
    return buffer;
  }

  /** Takes a piece, of which it keeps nothing. */
  @FunctionalInterface
  interface Sink {
    void update(byte[] bytes, int offset, int length);
  }
}
