package org.wasmheap.host;

/**
 * A range of guest memory, as guests hand it over: one i64 with the size in its high half and the
 * pointer in its low half.
 *
 * @param pointer address of the first byte, u32
 * @param size bytes, 0 to 2^32 - 1
 */
record PointerSize(int pointer, long size) {
  static PointerSize of(long packed) {
    return new PointerSize((int) packed, packed >>> Integer.SIZE);
  }

  /** Address behind the last byte, less than 2^33. */
  long end() {
    return Integer.toUnsignedLong(pointer) + size;
  }
}
