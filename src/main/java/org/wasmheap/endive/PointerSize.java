package org.wasmheap.endive;

/**
 * A range of guest memory, as Substrate's guests and hosts hand it to each other: one i64 with the
 * size in its high half and the pointer in its low half. Every i64 is one; whether it lies inside
 * the memory, whoever uses it must check.
 *
 * <p>Immutable. Source: {@code unpack_ptr_and_len} in {@code sp_runtime_interface} of the Polkadot
 * SDK.
 *
 * @param pointer address of the first byte, u32
 * @param size bytes, 0 to 2^32 - 1
 */
public record PointerSize(int pointer, long size) {
  /**
   * Checks the size.
   *
   * @param pointer address of the first byte, u32
   * @param size bytes
   * @throws IllegalArgumentException if the size does not fit a u32
   */
  public PointerSize {
    if (size >>> Integer.SIZE != 0) {
      throw new IllegalArgumentException("size is " + size + ", must be 0 to 2^32 - 1");
    }
  }

  /**
   * Takes a packed value apart.
   *
   * @param packed pointer in the low half, size in the high half
   * @return the range, which may lie outside the memory
   */
  public static PointerSize of(long packed) {
    return new PointerSize((int) packed, packed >>> Integer.SIZE);
  }

  /**
   * Puts pointer and size together.
   *
   * @return pointer in the low half, size in the high half
   */
  public long packed() {
    return size << Integer.SIZE | Integer.toUnsignedLong(pointer);
  }

  /**
   * Where the range ends.
   *
   * @return address behind the last byte, 0 to 2^33 - 2: a range may reach beyond all addresses
   */
  public long end() {
    return Integer.toUnsignedLong(pointer) + size;
  }
}
