package org.wasmheap.testkit;

import java.util.HashMap;
import java.util.Map;
import org.wasmheap.memory.LinearMemory;
import org.wasmheap.memory.MemoryAccessException;

/**
 * A memory of any size up to 4 GiB that holds only the bytes that were written, and that can do
 * what a wasm memory cannot: shrink, have a size that is no multiple of a page, refuse to grow,
 * report a size that is not its own.
 */
public final class HollowMemory implements LinearMemory {
  private final Map<Integer, Byte> content = new HashMap<>();
  private final int maximumPages;
  private long size;
  private long reportedSize;
  private boolean refusing;

  public HollowMemory(long size, int maximumPages) {
    this.maximumPages = maximumPages;
    resize(size);
  }

  public void resize(long bytes) {
    size = bytes;
    reportedSize = bytes;
    content.keySet().removeIf(address -> Integer.toUnsignedLong(address) >= bytes);
  }

  /** Says that it has this size, whatever it has. */
  public void report(long bytes) {
    reportedSize = bytes;
  }

  /** Answers no to each further growth. */
  public void refuseGrowth() {
    refusing = true;
  }

  /** Every byte that is not zero, by address. */
  public Map<Integer, Byte> content() {
    return Map.copyOf(content);
  }

  @Override
  public long sizeInBytes() {
    return reportedSize;
  }

  @Override
  public int maximumPages() {
    return maximumPages;
  }

  @Override
  public boolean grow(int deltaPages) {
    if (refusing || pages() + deltaPages > maximumPages) {
      return false;
    }
    resize(size + (long) deltaPages * PAGE_SIZE);
    return true;
  }

  @Override
  public long readLong(int address) {
    byte[] bytes = new byte[Long.BYTES];
    read(address, bytes, 0, bytes.length);
    long value = 0;
    for (int i = bytes.length - 1; i >= 0; i--) {
      value = (value << Byte.SIZE) | (bytes[i] & 0xFF);
    }
    return value;
  }

  @Override
  public void writeLong(int address, long value) {
    byte[] bytes = new byte[Long.BYTES];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (value >>> (i * Byte.SIZE));
    }
    write(address, bytes, 0, bytes.length);
  }

  @Override
  public void read(int address, byte[] destination, int offset, int length) {
    check(address, length);
    for (int i = 0; i < length; i++) {
      destination[offset + i] = content.getOrDefault(address + i, (byte) 0);
    }
  }

  @Override
  public void write(int address, byte[] source, int offset, int length) {
    check(address, length);
    for (int i = 0; i < length; i++) {
      if (source[offset + i] == 0) {
        content.remove(address + i);
      } else {
        content.put(address + i, source[offset + i]);
      }
    }
  }

  private void check(int address, int length) {
    if (Integer.toUnsignedLong(address) + length > size) {
      throw new MemoryAccessException(address, length, size);
    }
  }
}
