package org.wasmheap.runtime;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Writes values in SCALE, Substrate's codec, one behind the other. All methods throw {@link
 * IllegalArgumentException} naming the field, if a value is out of its range.
 */
final class ScaleWriter {
  private static final long U32_END = 1L << 32;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  /** A u8. */
  void writeU8(long value, String field) {
    writeNumber(value, 1, field);
  }

  /** A u32 of four bytes. */
  void writeU32(long value, String field) {
    writeNumber(value, Integer.BYTES, field);
  }

  /** A compact u32, in as few bytes as can hold it. */
  void writeCompactU32(long value, String field) {
    if (value < 0 || value >= U32_END) {
      throw outOfRange(value, field);
    } else if (value < 1L << 6) {
      writeNumber(value << 2, 1, field);
    } else if (value < 1L << 14) {
      writeNumber(value << 2 | 1, Short.BYTES, field);
    } else if (value < 1L << 30) {
      writeNumber(value << 2 | 2, Integer.BYTES, field);
    } else {
      out.write(3);
      writeNumber(value, Integer.BYTES, field);
    }
  }

  /** Bytes whose number both sides know. */
  void writeBytes(byte[] bytes) {
    out.writeBytes(bytes);
  }

  /** UTF-8 after its length in bytes. */
  void writeString(String text, String field) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    writeCompactU32(utf8.length, field);
    out.writeBytes(utf8);
  }

  /** What was written. */
  byte[] bytes() {
    return out.toByteArray();
  }

  private void writeNumber(long value, int bytes, String field) {
    // A negative one has its highest bits set.
    if (value >>> (bytes * Byte.SIZE) != 0) {
      throw outOfRange(value, field);
    }
    for (int i = 0; i < bytes; i++) {
      out.write((int) (value >>> (i * Byte.SIZE)));
    }
  }

  private static IllegalArgumentException outOfRange(long value, String field) {
    return new IllegalArgumentException(field + ": " + value + " is out of range");
  }
}
