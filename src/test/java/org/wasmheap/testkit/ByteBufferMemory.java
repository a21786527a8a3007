package org.wasmheap.testkit;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.wasmheap.memory.GrowthRefusedException;
import org.wasmheap.memory.LinearMemory;

/**
 * A memory as an embedder would write it: over a {@link ByteBuffer}, whose own exceptions it leaves
 * as they are.
 */
public final class ByteBufferMemory implements LinearMemory {
  /** All that this kind holds: enough for every vector file that is not called big. */
  public static final int MOST_PAGES = 1100;

  private final int maximumPages;
  private ByteBuffer bytes;

  public ByteBufferMemory(int initialPages, int maximumPages) {
    if (initialPages < 0 || initialPages > MOST_PAGES || maximumPages < initialPages) {
      throw new IllegalArgumentException(initialPages + " pages of at most " + maximumPages);
    }
    this.maximumPages = maximumPages;
    this.bytes = allocate(initialPages);
  }

  private static ByteBuffer allocate(int pages) {
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
    if (deltaPages < 0 || grown > maximumPages) {
      return false;
    }
    if (grown > MOST_PAGES) {
      throw new GrowthRefusedException("no buffer of " + grown + " pages", null);
    }
    bytes = allocate(grown).put(0, bytes, 0, bytes.capacity());
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
    bytes.put(address, source, offset, length);
  }
}
