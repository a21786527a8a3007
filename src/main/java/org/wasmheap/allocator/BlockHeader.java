package org.wasmheap.allocator;

/**
 * The header of a block: the 8 bytes before it, a little-endian u64 in guest memory.
 *
 * <pre>
 *   bit      63 ... 33   32         31 ... 0
 *   in use   0           1          the block's order
 *   free     0           0          address of the next free header of that order, or NIL
 * </pre>
 *
 * <p>Bits 33 to 63 are ignored when read and written as 0. The pointer that is handed out is the
 * header's address + 8. A block of order <i>n</i> holds 8 &lt;&lt; <i>n</i> bytes.
 *
 * <p>Headers are plain longs here and addresses are u32, in an int where they are stored and in a
 * long where they are counted with: what is done for each malloc and free makes no objects. Source:
 * the headers of the reference allocator ({@code sc-allocator}).
 */
final class BlockHeader {
  /** What a header takes, and what header addresses are multiples of. */
  static final int BYTES = 8;

  /** In place of a link. No header can begin here: it would reach beyond 2^32. */
  static final int NIL = 0xFFFF_FFFF;

  /** Bytes that a block of order 0 holds. */
  static final int SMALLEST_BLOCK = 8;

  private static final long OCCUPIED = 1L << 32;

  private BlockHeader() {}

  /** The header of a block in use. */
  static long occupied(int order) {
    return OCCUPIED | order;
  }

  /** The header of a free block; {@code next} is an address or {@link #NIL}. */
  static long free(int next) {
    return Integer.toUnsignedLong(next);
  }

  static boolean isOccupied(long word) {
    return (word & OCCUPIED) != 0;
  }

  /** Whether bits are set that the allocator writes as 0. */
  static boolean hasStrayBits(long word) {
    return word >>> 33 != 0;
  }

  /** The order that the header of a block in use holds, u32: a guest may have written any. */
  static int order(long word) {
    return (int) word;
  }

  /** The link that the header of a free block holds, u32: a guest may have written any. */
  static int link(long word) {
    return (int) word;
  }

  /** The address of the header of a block; negative if the pointer has no room for one before. */
  static long beforePointer(int pointer) {
    return Integer.toUnsignedLong(pointer) - BYTES;
  }

  /** The pointer to the block behind a header. */
  static int pointerBehind(long header) {
    return (int) header + BYTES;
  }

  /** Bytes from a block's header to the next one. */
  static long blockBytes(int order) {
    return ((long) SMALLEST_BLOCK << order) + BYTES;
  }
}
