package org.wasmheap.runtime;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * Reads values in SCALE, Substrate's codec, from the front of an array. All methods throw {@link
 * IllegalArgumentException} naming the field, if the bytes end too early or hold no such value.
 */
final class ScaleReader {
  private final ByteBuffer in;

  ScaleReader(byte[] bytes) {
    in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** A u8. */
  int readU8(String field) {
    require(1, field);
    return Byte.toUnsignedInt(in.get());
  }

  /** A u32 of four bytes. */
  long readU32(String field) {
    require(Integer.BYTES, field);
    return Integer.toUnsignedLong(in.getInt());
  }

  /** A compact u32: the low two bits of the first byte say how many bytes hold it. */
  long readCompactU32(String field) {
    require(1, field);
    int mode = in.get(in.position()) & 3;
    if (mode == 3) {
      int header = Byte.toUnsignedInt(in.get());
      if (header != 3) {
        throw bad(field, "a compact number of more than 32 bits");
      }
      return requireCanonical(readU32(field), 1L << 30, field);
    }
    require(1 << mode, field);
    return switch (mode) {
      case 0 -> Byte.toUnsignedLong(in.get()) >>> 2;
      case 1 -> requireCanonical(Short.toUnsignedLong(in.getShort()) >>> 2, 1L << 6, field);
      default -> requireCanonical(Integer.toUnsignedLong(in.getInt()) >>> 2, 1L << 14, field);
    };
  }

  /** Bytes whose number both sides know. */
  byte[] readBytes(int length, String field) {
    require(length, field);
    byte[] bytes = new byte[length];
    in.get(bytes);
    return bytes;
  }

  /**
   * The number of a vector's elements, each of {@code elementBytes}. All of them are there to be
   * read, so memory may be set aside for them.
   */
  int readCount(int elementBytes, String field) {
    long count = readCompactU32(field);
    require(count * elementBytes, field);
    return (int) count;
  }

  /** UTF-8 after its length in bytes. */
  String readString(String field) {
    long length = readCompactU32(field);
    require(length, field);
    ByteBuffer text = in.slice().limit((int) length);
    in.position(in.position() + (int) length);
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(text).toString();
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException(field + ": text that is not UTF-8", e);
    }
  }

  /** The codec has one encoding for each number, and refuses longer ones. */
  private static long requireCanonical(long value, long least, String field) {
    if (value < least) {
      throw bad(field, "a compact number in more bytes than it takes");
    }
    return value;
  }

  private void require(long bytes, String field) {
    if (bytes > in.remaining()) {
      throw bad(field, bytes + " bytes wanted, " + in.remaining() + " left");
    }
  }

  private static IllegalArgumentException bad(String field, String why) {
    return new IllegalArgumentException(field + ": " + why);
  }
}
