package org.wasmheap.bench;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Guest memory as the plain port sees it: behind an interface, with a buffer under it. */
interface PlainMemory {
  long size();

  long getLong(int address);

  void putLong(int address, long value);

  /** The usual kind. */
  final class Heap implements PlainMemory {
    private final ByteBuffer buffer;

    Heap(int bytes) {
      buffer = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public long size() {
      return buffer.capacity();
    }

    @Override
    public long getLong(int address) {
      return buffer.getLong(address);
    }

    @Override
    public void putLong(int address, long value) {
      buffer.putLong(address, value);
    }
  }

  /** Another kind, outside the Java heap. */
  final class Direct implements PlainMemory {
    private final ByteBuffer buffer;

    Direct(int bytes) {
      buffer = ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public long size() {
      return buffer.capacity();
    }

    @Override
    public long getLong(int address) {
      return buffer.getLong(address);
    }

    @Override
    public void putLong(int address, long value) {
      buffer.putLong(address, value);
    }
  }

  /** A third, over words. */
  final class Words implements PlainMemory {
    private final long[] words;

    Words(int bytes) {
      words = new long[bytes / Long.BYTES];
    }

    @Override
    public long size() {
      return (long) words.length * Long.BYTES;
    }

    @Override
    public long getLong(int address) {
      return words[address >>> 3];
    }

    @Override
    public void putLong(int address, long value) {
      words[address >>> 3] = value;
    }
  }
}
