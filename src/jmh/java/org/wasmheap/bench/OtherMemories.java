package org.wasmheap.bench;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.wasmheap.memory.LinearMemory;

/** Kinds of memory that an embedder might bring, beside the main one. */
final class OtherMemories {
  private OtherMemories() {}

  /** Over a buffer. */
  static final class Buffer implements LinearMemory {
    private final ByteBuffer buffer;

    Buffer(int pages) {
      buffer = ByteBuffer.allocate(pages * PAGE_SIZE).order(ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public long sizeInBytes() {
      return buffer.capacity();
    }

    @Override
    public int maximumPages() {
      return pages();
    }

    @Override
    public boolean grow(int deltaPages) {
      return false;
    }

    @Override
    public long readLong(int address) {
      return buffer.getLong(address);
    }

    @Override
    public void writeLong(int address, long value) {
      buffer.putLong(address, value);
    }

    @Override
    public void read(int address, byte[] destination, int offset, int length) {
      buffer.get(address, destination, offset, length);
    }

    @Override
    public void write(int address, byte[] source, int offset, int length) {
      buffer.put(address, source, offset, length);
    }
  }

  /** Over words; for headers alone. */
  static final class Words implements LinearMemory {
    private final long[] words;

    Words(int pages) {
      words = new long[pages * (PAGE_SIZE / Long.BYTES)];
    }

    @Override
    public long sizeInBytes() {
      return (long) words.length * Long.BYTES;
    }

    @Override
    public int maximumPages() {
      return pages();
    }

    @Override
    public boolean grow(int deltaPages) {
      return false;
    }

    @Override
    public long readLong(int address) {
      return words[address >>> 3];
    }

    @Override
    public void writeLong(int address, long value) {
      words[address >>> 3] = value;
    }

    @Override
    public void read(int address, byte[] destination, int offset, int length) {
      throw new UnsupportedOperationException("headers only");
    }

    @Override
    public void write(int address, byte[] source, int offset, int length) {
      throw new UnsupportedOperationException("headers only");
    }
  }
}
