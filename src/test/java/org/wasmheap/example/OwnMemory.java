package org.wasmheap.example;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;
import org.wasmheap.memory.GrowthRefusedException;
import org.wasmheap.memory.LinearMemory;
import org.wasmheap.memory.MemoryAccessException;

// example begins
/** A memory over a buffer, which goes back to zeros at its initial size. */
final class OwnMemory implements LinearMemory {
  private static final int MOST_PAGES = 1024;

  private final int initialPages;
  private final int maximumPages;
  private ByteBuffer bytes;

  OwnMemory(int initialPages, int maximumPages) {
    if (initialPages < 0 || initialPages > MOST_PAGES || maximumPages < initialPages) {
      throw new IllegalArgumentException(initialPages + " pages of at most " + maximumPages);
    }
    this.initialPages = initialPages;
    this.maximumPages = maximumPages;
    this.bytes = zeros(initialPages);
  }

  private static ByteBuffer zeros(int pages) {
    return ByteBuffer.allocate(pages * PAGE_SIZE).order(ByteOrder.LITTLE_ENDIAN);
  }

  @Override
  public long sizeInBytes() {
    return bytes.capacity();
  }

  @Override
  public int maximumPages() {
    return maximumPages;
  }

  @Override
  public boolean grow(int deltaPages) {
    int grown = pages() + deltaPages;
    if (grown > maximumPages) {
      return false; // The guest's maximum: the guest sees it, on every node.
    }
    if (grown > MOST_PAGES) {
      throw new GrowthRefusedException("no buffer of " + grown + " pages", null); // The host's.
    }
    bytes = zeros(grown).put(0, bytes, 0, bytes.capacity());
    return true;
  }

  @Override
  public long readLong(int address) {
    return bytes.getLong(address);
  }

  @Override
  public void writeLong(int address, long value) {
    bytes.putLong(address, value);
  }

  @Override
  public void read(int address, byte[] destination, int offset, int length) {
    bytes.get(address, destination, offset, length);
  }

  @Override
  public void write(int address, byte[] source, int offset, int length) {
    if (Integer.toUnsignedLong(address) + length > sizeInBytes()) {
      throw new MemoryAccessException(address, length, sizeInBytes()); // The guest's trap.
    }
    bytes.put(address, source, offset, length);
  }

  @Override
  public int restore() {
    bytes = zeros(initialPages);
    return 0; // Counts blocks; this memory has none.
  }

  @Override
  public @Nullable String difference() {
    int first = bytes.mismatch(zeros(initialPages));
    return first < 0 ? null : "byte " + first + " is not as it was";
  }
}
// example ends
