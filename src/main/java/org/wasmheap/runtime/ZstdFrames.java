package org.wasmheap.runtime;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Frames of zstd (RFC 8878), one after the other, from an untrusted source.
 *
 * <p>Taken is what Substrate takes ({@code sp-maybe-compressed-blob}, which reads {@code
 * zstd::Decoder} to its end): one frame or more, among them skippable ones, up to the end of the
 * bytes; their contents are joined. A frame that asks for a window of more than 128 MiB, or for a
 * dictionary, is refused as there. Two things that no encoder writes are decided otherwise, since
 * the decoder here has the whole of input and output before it: a frame that refers back beyond its
 * own window is taken; one whose header lies about the size of its content is refused also where
 * its last block is empty.
 *
 * <p>The frames' outline is read first: headers, then the header of each block, which bounds what
 * the block can unpack to. Memory is taken by that bound and the caller's limit, never by the size
 * that a header claims. The decoder is native code, which gets the two arrays with their bounds and
 * sets aside a fixed amount for itself, whatever the window.
 */
final class ZstdFrames {
  private static final int MAGIC = 0xFD2FB528;
  private static final int SKIPPABLE_MAGIC = 0x184D2A50;
  private static final int SKIPPABLE_MASK = 0xFFFF_FFF0;

  /** What the streaming decoder allows where nobody tells it otherwise, as Substrate does not. */
  private static final long MAX_WINDOW_BYTES = 128 << 20;

  private static final int MIN_WINDOW_LOG = 10;
  private static final int MAX_BLOCK_BYTES = 128 << 10;
  private static final int CHECKSUM_BYTES = 4;
  private static final long UNKNOWN = -1;

  private static final int DICTIONARY_FLAGS = 0b11;
  private static final int CHECKSUM_FLAG = 0b100;
  private static final int RESERVED_FLAG = 0b1000;
  private static final int SINGLE_SEGMENT_FLAG = 0b10_0000;
  private static final int CONTENT_SIZE_SHIFT = 6;

  private final String origin;
  private final int limit;
  private final int offset;
  private final ByteBuffer in;

  private ZstdFrames(String origin, byte[] bytes, int offset, int limit) {
    this.origin = origin;
    this.limit = limit;
    this.offset = offset;
    this.in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).position(offset);
  }

  /**
   * Unpacks frames.
   *
   * @param origin for messages
   * @param bytes what contains the frames; not changed
   * @param offset where the first begins; the last must end where {@code bytes} end
   * @param limit most bytes that all together may unpack to; no more are set aside
   * @return the content of all, in their order
   * @throws RuntimeLoadException if there is no frame, one is cut off or corrupt, or the content is
   *     too large
   */
  static byte[] unpack(String origin, byte[] bytes, int offset, int limit) {
    ZstdFrames frames = new ZstdFrames(origin, bytes, offset, limit);
    try {
      return frames.decode(frames.bound());
    } catch (BufferUnderflowException e) {
      throw new RuntimeLoadException(origin, "compressed code is cut off", e);
    }
  }

  /** The most that all frames can unpack to. */
  private long bound() {
    long bound = 0;
    do {
      bound += boundFrame();
    } while (in.hasRemaining());
    return bound;
  }

  /** The most that a frame can unpack to; moves on behind it. */
  private long boundFrame() {
    int start = in.position();
    int left = in.remaining();
    if (left < Integer.BYTES && start > offset) {
      throw corrupt(left + " bytes follow the last frame", null);
    }
    int magic = in.getInt();
    if ((magic & SKIPPABLE_MASK) == SKIPPABLE_MAGIC) {
      skip(Integer.toUnsignedLong(in.getInt()));
      return 0;
    }
    if (magic != MAGIC) {
      throw corrupt(
          start == offset
              ? "no zstd frame after the prefix"
              : left + " bytes follow the last frame",
          null);
    }
    int descriptor = Byte.toUnsignedInt(in.get());
    if ((descriptor & RESERVED_FLAG) != 0) {
      throw corrupt("reserved flag set", null);
    }
    boolean single = (descriptor & SINGLE_SEGMENT_FLAG) != 0;
    long window = single ? 0 : readWindow();
    requireNoDictionary(descriptor & DICTIONARY_FLAGS);
    long claimed = readContentSize(descriptor >>> CONTENT_SIZE_SHIFT, single);
    if (claimed > limit) {
      throw tooLarge();
    }
    window = single ? claimed : window;
    if (window > MAX_WINDOW_BYTES) {
      throw new RuntimeLoadException(
          origin,
          "compressed code asks for a window of "
              + window
              + " bytes, more than "
              + MAX_WINDOW_BYTES);
    }
    long bound = boundBlocks((int) Math.min(window, MAX_BLOCK_BYTES));
    if ((descriptor & CHECKSUM_FLAG) != 0) {
      skip(CHECKSUM_BYTES);
    }
    return claimed == UNKNOWN ? bound : Math.min(claimed, bound);
  }

  private long readWindow() {
    int descriptor = Byte.toUnsignedInt(in.get());
    long base = 1L << (MIN_WINDOW_LOG + (descriptor >>> 3));
    return base + (base >>> 3) * (descriptor & 7);
  }

  private void requireNoDictionary(int flags) {
    long dictionary =
        switch (flags) {
          case 0 -> 0;
          case 1 -> in.get();
          case 2 -> in.getShort();
          default -> in.getInt();
        };
    if (dictionary != 0) {
      throw corrupt("dictionary required", null);
    }
  }

  /** The content's size as the header claims it, if it does; moves on to the first block. */
  private long readContentSize(int flags, boolean single) {
    return switch (flags) {
      case 0 -> single ? Byte.toUnsignedLong(in.get()) : UNKNOWN;
      case 1 -> Short.toUnsignedLong(in.getShort()) + 256;
      case 2 -> Integer.toUnsignedLong(in.getInt());
      default -> {
        long size = in.getLong();
        yield size < 0 ? Long.MAX_VALUE : size;
      }
    };
  }

  /** The most that a frame's blocks can unpack to; moves on behind the last. */
  private long boundBlocks(int largest) {
    long bound = 0;
    boolean last;
    do {
      int header = Short.toUnsignedInt(in.getShort()) | Byte.toUnsignedInt(in.get()) << 16;
      last = (header & 1) != 0;
      int size = header >>> 3;
      if (size > largest) {
        throw corrupt("block of " + size + " bytes, more than " + largest, null);
      }
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
          bound += largest;
        }
        default -> throw corrupt("block of a reserved kind", null);
      }
    } while (!last);
    return bound;
  }

  private byte[] decode(long bound) {
    byte[] content = new byte[(int) Math.min(bound, limit)];
    byte[] frames = in.array();
    try {
      int length =
          (int)
              Zstd.decompressByteArray(
                  content, 0, content.length, frames, offset, frames.length - offset);
      return length == content.length ? content : Arrays.copyOf(content, length);
    } catch (ZstdException e) {
      boolean full = e.getErrorCode() == Zstd.errDstSizeTooSmall();
      throw full && bound > limit ? tooLarge() : corrupt("not decodable", e);
    }
  }

  private void skip(long bytes) {
    if (bytes > in.remaining()) {
      throw new BufferUnderflowException();
    }
    in.position(in.position() + (int) bytes);
  }

  private RuntimeLoadException tooLarge() {
    return new RuntimeLoadException(
        origin, "compressed code unpacks to more than " + limit + " bytes");
  }

  private RuntimeLoadException corrupt(String why, @Nullable RuntimeException cause) {
    return new RuntimeLoadException(origin, "compressed code is corrupt: " + why, cause);
  }
}
