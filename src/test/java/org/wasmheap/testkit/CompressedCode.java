package org.wasmheap.testkit;

import com.github.luben.zstd.ZstdOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;

/** Code as chains store it, good and bad. */
public final class CompressedCode {
  /** The shortest module: magic and version. */
  public static final byte[] TINY_WASM = HexFormat.of().parseHex("0061736d01000000");

  /** The prefix of all compressed blobs, less its last byte. */
  private static final byte[] PREFIX = HexFormat.of().parseHex("52bc537646db8e");

  private static final int ANY_BLOB = 5;
  private static final int ZSTD_MAGIC = 0xFD2FB528;
  private static final int CHECKSUM = 0b100;
  private static final int SINGLE_SEGMENT = 0b10_0000;
  private static final int MIN_HEADER = 6;
  private static final int MAX_HEADER = 13;
  private static final int RLE_BLOCK = 1;

  private CompressedCode() {}

  /** Content in a zstd frame, behind the prefix that says nothing of its kind. */
  public static byte[] compressed(byte[] content) {
    return blob(ANY_BLOB, frame(content));
  }

  /** A frame behind a prefix that ends in {@code kind}. */
  public static byte[] blob(int kind, byte[] frame) {
    return ByteBuffer.allocate(PREFIX.length + 1 + frame.length)
        .put(PREFIX)
        .put((byte) kind)
        .put(frame)
        .array();
  }

  /** Content in a zstd frame with a checksum; the header does not say its size. */
  public static byte[] frame(byte[] content) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (ZstdOutputStream zstd = new ZstdOutputStream(out)) {
      zstd.setChecksum(true).write(content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  /**
   * The frame with a header that says so many bytes of content, whether or not that is true, and
   * nothing of a window: a decoder has to keep all of it.
   */
  public static byte[] claiming(long size, byte[] frame) {
    int blocks = headerBytes(frame);
    return ByteBuffer.allocate(MAX_HEADER + frame.length - blocks)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(ZSTD_MAGIC)
        .put((byte) (0b1110_0000 | (frame[4] & CHECKSUM)))
        .putLong(size)
        .put(frame, blocks, frame.length - blocks)
        .array();
  }

  /** The frame with a header that says a window of so many bytes, and no size. */
  public static byte[] withWindow(int logOfBytes, byte[] frame) {
    int blocks = headerBytes(frame);
    return ByteBuffer.allocate(MIN_HEADER + frame.length - blocks)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(ZSTD_MAGIC)
        .put((byte) (frame[4] & CHECKSUM))
        .put((byte) ((logOfBytes - 10) << 3))
        .put(frame, blocks, frame.length - blocks)
        .array();
  }

  private static int headerBytes(byte[] frame) {
    int window = (frame[4] & SINGLE_SEGMENT) == 0 ? 1 : 0;
    return switch ((frame[4] & 0xFF) >>> 6) {
      case 0 -> 6;
      case 1 -> 7 + window;
      case 2 -> 9 + window;
      default -> 13 + window;
    };
  }

  /** A frame of zeros, four bytes for each 128 KiB of content. */
  public static byte[] frameOfZeros(int blocks) {
    ByteBuffer out = ByteBuffer.allocate(MIN_HEADER + 4 * blocks).order(ByteOrder.LITTLE_ENDIAN);
    out.putInt(ZSTD_MAGIC).put((byte) 0).put((byte) 0x38);
    for (int i = 1; i <= blocks; i++) {
      int last = i == blocks ? 1 : 0;
      out.putInt((128 << 10) << 3 | RLE_BLOCK << 1 | last);
    }
    return out.array();
  }
}
