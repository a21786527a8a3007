package org.wasmheap.endive;

import java.util.Arrays;

/** Bytes of a module that is being written; they grow as they come. One thread's own. */
final class WasmWriter {
  private static final int LEAST = 64;

  private byte[] bytes;
  private int size;

  /** Empty, with room for as many bytes as will probably come. */
  WasmWriter(int expected) {
    this.bytes = new byte[Math.max(LEAST, expected)];
  }

  int size() {
    return size;
  }

  /** Empty again. */
  void reset() {
    size = 0;
  }

  void put(int oneByte) {
    makeRoom(1);
    bytes[size++] = (byte) oneByte;
  }

  /** Bytes from an index to another, the last one left out. */
  void put(byte[] from, int begin, int end) {
    int count = end - begin;
    makeRoom(count);
    System.arraycopy(from, begin, bytes, size, count);
    size += count;
  }

  void append(WasmWriter other) {
    put(other.bytes, 0, other.size);
  }

  /** A LEB128 number without a sign. */
  void u32(int value) {
    int rest = value;
    while (rest >>> 7 != 0) {
      put((rest & 0x7F) | 0x80);
      rest >>>= 7;
    }
    put(rest);
  }

  byte[] toByteArray() {
    return Arrays.copyOf(bytes, size);
  }

  /** A module has at most 128 MiB, and what is written is checked against that. */
  private void makeRoom(int count) {
    int needed = Math.addExact(size, count);
    if (needed > bytes.length) {
      bytes = Arrays.copyOf(bytes, (int) Math.max(needed, Math.min(2L * bytes.length, 1 << 30)));
    }
  }
}
