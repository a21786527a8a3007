package org.wasmheap.runtime;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One frame of zstd (RFC 8878) from an untrusted source.
 *
 * <p>The frame's outline is read here: header, then the header of each block, which bounds what the
 * block can unpack to. Memory is taken by that bound and the caller's limit, never by the size that
 * the header claims. What the header claims is then held against the outcome.
 *
 * <p>A decoder that has the whole output before it needs no window, so what the header says of one
 * must not matter: Substrate's build tools compress at level 22 and so write 128 MiB into the
 * header of a runtime of 2. The decoder is given a header of our own, without a claim of size, and
 * reports what it found. It is native code, which gets the two arrays with their bounds and sets
 * aside a fixed amount for itself.
 */
final class ZstdFrame {
  private static final int MAGIC = 0xFD2FB528;
  private static final int MAX_BLOCK_BYTES = 128 << 10;
  private static final int CHECKSUM_BYTES = 4;
  private static final long UNKNOWN = -1;

  private static final int DICTIONARY_FLAGS = 0b11;
  private static final int CHECKSUM_FLAG = 0b100;
  private static final int RESERVED_FLAG = 0b1000;
  private static final int SINGLE_SEGMENT_FLAG = 0b10_0000;
  private static final int CONTENT_SIZE_SHIFT = 6;

  /** The shortest header: magic, descriptor, window. Every header has room for it. */
  private static final int SHORT_HEADER_BYTES = 6;

  /** 8 MiB, as a header says it: every decoder takes that, and blocks of any size fit. */
  private static final byte WINDOW = (23 - 10) << 3;

  private final String origin;
  private final int limit;

  /** The frame, of which the outline reads; the header is overwritten in the end. */
  private final ByteBuffer in;

  private ZstdFrame(String origin, byte[] frame, int limit) {
    this.origin = origin;
    this.limit = limit;
    this.in = ByteBuffer.wrap(frame).order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * Unpacks a frame.
   *
   * @param origin for messages
   * @param bytes what contains the frame; not changed
   * @param offset where it begins; it must end where {@code bytes} end
   * @param limit most bytes that it may unpack to; no more are set aside
   * @return the content
   * @throws RuntimeLoadException if the frame is cut off or corrupt, or its content too large
   */
  static byte[] unpack(String origin, byte[] bytes, int offset, int limit) {
    byte[] frame = Arrays.copyOfRange(bytes, offset, bytes.length);
    try {
      return new ZstdFrame(origin, frame, limit).unpack();
    } catch (BufferUnderflowException e) {
      throw new RuntimeLoadException(origin, "compressed code is cut off", e);
    }
  }

  private byte[] unpack() {
    if (in.getInt() != MAGIC) {
      throw corrupt("no zstd frame after the prefix", null);
    }
    int descriptor = Byte.toUnsignedInt(in.get());
    if ((descriptor & (RESERVED_FLAG | DICTIONARY_FLAGS)) != 0) {
      throw corrupt("reserved flag set or dictionary required", null);
    }
    long claimed = readContentSize(descriptor);
    if (claimed > limit) {
      throw tooLarge();
    }
    int blocks = in.position();
    long bound = boundBlocks();
    int checksum = descriptor & CHECKSUM_FLAG;
    if (checksum != 0) {
      skip(CHECKSUM_BYTES);
    }
    if (in.hasRemaining()) {
      throw corrupt(in.remaining() + " bytes follow the frame", null);
    }
    int start = blocks - SHORT_HEADER_BYTES;
    in.putInt(start, MAGIC).put(start + 4, (byte) checksum).put(start + 5, WINDOW);
    byte[] content = decode(start, bound);
    if (claimed != UNKNOWN && claimed != content.length) {
      throw corrupt("header claims " + claimed + " bytes, content is " + content.length, null);
    }
    return content;
  }

  /** The content's size as the header claims it, if it does; moves on to the first block. */
  private long readContentSize(int descriptor) {
    boolean single = (descriptor & SINGLE_SEGMENT_FLAG) != 0;
    if (!single) {
      in.get();
    }
    return switch (descriptor >>> CONTENT_SIZE_SHIFT) {
      case 0 -> single ? Byte.toUnsignedLong(in.get()) : UNKNOWN;
      case 1 -> Short.toUnsignedLong(in.getShort()) + 256;
      case 2 -> Integer.toUnsignedLong(in.getInt());
      default -> {
        long size = in.getLong();
        yield size < 0 ? Long.MAX_VALUE : size;
      }
    };
  }

  /** The most that the blocks can unpack to; moves on behind the last. */
  private long boundBlocks() {
    long bound = 0;
    boolean last;
    do {
      int header = Short.toUnsignedInt(in.getShort()) | Byte.toUnsignedInt(in.get()) << 16;
      last = (header & 1) != 0;
      int size = header >>> 3;
      switch (header >>> 1 & 3) {
        case 0 -> { // as it is
          skip(size);
          bound += size;
        }
        case 1 -> { // one byte, repeated
          skip(1);
          bound += size;
        }
        case 2 -> { // compressed
          skip(size);
          bound += MAX_BLOCK_BYTES;
        }
        default -> throw corrupt("block of a reserved kind", null);
      }
    } while (!last);
    return bound;
  }

  private byte[] decode(int start, long bound) {
    byte[] content = new byte[(int) Math.min(bound, limit)];
    byte[] frame = in.array();
    try {
      int length =
          (int)
              Zstd.decompressByteArray(
                  content, 0, content.length, frame, start, frame.length - start);
      return length == content.length ? content : Arrays.copyOf(content, length);
    } catch (ZstdException e) {
      boolean full = e.getErrorCode() == Zstd.errDstSizeTooSmall();
      throw full && bound > limit ? tooLarge() : corrupt("not decodable", e);
    }
  }

  private void skip(int bytes) {
    if (bytes > in.remaining()) {
      throw new BufferUnderflowException();
    }
    in.position(in.position() + bytes);
  }

  private RuntimeLoadException tooLarge() {
    return new RuntimeLoadException(
        origin, "compressed code unpacks to more than " + limit + " bytes");
  }

  private RuntimeLoadException corrupt(String why, @Nullable RuntimeException cause) {
    return new RuntimeLoadException(origin, "compressed code is corrupt: " + why, cause);
  }
}
