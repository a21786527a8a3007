package org.wasmheap.endive;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.Inflater;

/** The bytes of a class file, or of anything else: as they are, or deflated. Immutable. */
final class ClassBytes {
  private final int length;
  private final byte[] stored;
  private final boolean isDeflated;

  private ClassBytes(int length, byte[] stored, boolean isDeflated) {
    this.length = length;
    this.stored = stored;
    this.isDeflated = isDeflated;
  }

  /** Bytes that nobody changes any more. */
  static ClassBytes plain(byte[] bytes) {
    return new ClassBytes(bytes.length, bytes, false);
  }

  /** What {@link #stored} gave, with the {@link #length} that was deflated. */
  static ClassBytes ofStored(int length, byte[] stored) {
    return new ClassBytes(length, stored, true);
  }

  static ClassBytes deflated(byte[] bytes) {
    Deflater deflater = new Deflater(Deflater.BEST_SPEED);
    try (ByteArrayOutputStream out = new ByteArrayOutputStream(bytes.length / 2);
        DeflaterOutputStream deflating = new DeflaterOutputStream(out, deflater)) {
      deflating.write(bytes);
      deflating.finish();
      return new ClassBytes(bytes.length, out.toByteArray(), true);
    } catch (IOException e) {
      throw new UncheckedIOException("nothing is written to", e);
    } finally {
      deflater.end();
    }
  }

  /** How many bytes there are. */
  int length() {
    return length;
  }

  /** The bytes as they are kept. */
  byte[] stored() {
    return stored;
  }

  /**
   * The bytes.
   *
   * @throws IllegalStateException if they are not what was deflated
   */
  byte[] bytes() {
    if (!isDeflated) {
      return stored;
    }
    Inflater inflater = new Inflater();
    try {
      inflater.setInput(stored);
      byte[] bytes = new byte[length];
      int count = 0;
      int more = 1;
      while (count < length && more > 0) {
        more = inflater.inflate(bytes, count, length - count);
        count += more;
      }
      if (count < length || inflater.inflate(new byte[1]) > 0) {
        throw new IllegalStateException("not " + length + " bytes come out");
      }
      return bytes;
    } catch (DataFormatException e) {
      throw new IllegalStateException("bytes that were not deflated", e);
    } finally {
      inflater.end();
    }
  }
}
