package org.wasmheap.block;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;

/** Compact numbers of SCALE: the low two bits of the first byte say how many bytes there are. */
final class Compact {
  private static final int BITS_OF_MODE = 2;
  private static final int FOUR_BYTES = 2;
  private static final int MANY_BYTES = 3;

  /** Bytes of the shortest number of many bytes. */
  private static final int LEAST_BYTES = 4;

  private static final int MOST_BYTES = Long.BYTES;

  private Compact() {}

  /** Writes a number of at most 30 bits. */
  static void write(ByteArrayOutputStream out, int number) {
    if (number < 0 || number >= 1 << 30) {
      throw new IllegalArgumentException(number + " has more than 30 bits");
    }
    int bytes = number < 1 << 6 ? 1 : number < 1 << 14 ? 2 : 4;
    int mode = bytes == 4 ? FOUR_BYTES : bytes - 1;
    int value = (number << BITS_OF_MODE) | mode;
    for (int i = 0; i < bytes; i++) {
      out.write(value >>> (Byte.SIZE * i));
    }
  }

  /**
   * Reads a number.
   *
   * @param in little-endian; moves on behind the number
   * @return 0 to 2^62
   * @throws IllegalArgumentException if it is larger, or takes more bytes than it needs
   * @throws java.nio.BufferUnderflowException if the bytes end too early
   */
  static long read(ByteBuffer in, String field) {
    int first = Byte.toUnsignedInt(in.get());
    int mode = first & 3;
    int bytes = mode == MANY_BYTES ? (first >>> BITS_OF_MODE) + LEAST_BYTES : 1 << mode;
    if (bytes > MOST_BYTES) {
      throw new IllegalArgumentException(field + ": a number of " + bytes + " bytes");
    }
    long value = 0;
    if (mode != MANY_BYTES) {
      value = (long) first >>> BITS_OF_MODE;
      for (int i = 1; i < bytes; i++) {
        value |= Byte.toUnsignedLong(in.get()) << (Byte.SIZE * i - BITS_OF_MODE);
      }
    } else {
      for (int i = 0; i < bytes; i++) {
        value |= Byte.toUnsignedLong(in.get()) << (Byte.SIZE * i);
      }
    }
    return requireShortest(value, mode, bytes, field);
  }

  private static long requireShortest(long value, int mode, int bytes, String field) {
    long least =
        switch (mode) {
          case 0 -> 0;
          case 1 -> 1L << 6;
          case FOUR_BYTES -> 1L << 14;
          default -> Math.max(1L << 30, 1L << (Byte.SIZE * (bytes - 1)));
        };
    if (value < 0 || value > 1L << 62) {
      throw new IllegalArgumentException(field + ": a number beyond 2^62");
    }
    if (value < least) {
      throw new IllegalArgumentException(field + ": a number in more bytes than it takes");
    }
    return value;
  }
}
