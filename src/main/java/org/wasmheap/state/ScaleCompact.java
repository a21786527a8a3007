package org.wasmheap.state;

/**
 * Numbers as compacts of SCALE: the two low bits of the first byte say in how many bytes the rest
 * of it stands, little-endian. u32 only, which in Java is a long here.
 */
final class ScaleCompact {
  /** The largest number that there is. */
  static final long MAX = 0xFFFF_FFFFL;

  /** First byte of a number in the four bytes that follow. */
  private static final int FOUR_BYTES_FOLLOW = 3;

  private ScaleCompact() {}

  /** How many bytes a number takes. */
  static int length(long number) {
    if (number < 1 << 6) {
      return 1;
    }
    if (number < 1 << 14) {
      return 2;
    }
    return number < 1 << 30 ? 4 : 5;
  }

  /** A number from 0 to {@link #MAX}. */
  static byte[] encode(long number) {
    byte[] encoding = new byte[length(number)];
    put(number, encoding);
    return encoding;
  }

  /** Writes a number to the beginning of an array. */
  static void put(long number, byte[] target) {
    int length = length(number);
    int at = 0;
    long rest = number;
    if (length == 5) {
      target[at++] = FOUR_BYTES_FOLLOW;
    } else {
      // 1, 2 and 4 bytes are modes 0, 1 and 2.
      rest = (number << 2) | (length >> 1);
    }
    for (; at < length; at++) {
      target[at] = (byte) rest;
      rest >>>= Byte.SIZE;
    }
  }

  /**
   * The number at the beginning of bytes.
   *
   * @return the number; -1 if there is none, if it is beyond u32, or if fewer bytes would have done
   */
  static long decode(byte[] bytes) {
    if (bytes.length == 0) {
      return -1;
    }
    int mode = bytes[0] & 3;
    int length = mode == 3 ? 5 : 1 << mode;
    if (bytes.length < length || (mode == 3 && bytes[0] != FOUR_BYTES_FOLLOW)) {
      return -1;
    }
    long all = 0;
    for (int i = length - 1; i >= 0; i--) {
      all = (all << Byte.SIZE) | (bytes[i] & 0xFF);
    }
    long number = mode == 3 ? all >>> Byte.SIZE : all >>> 2;
    return length(number) == length ? number : -1;
  }
}
