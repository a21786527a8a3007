package org.wasmheap.conformance;

import java.util.Arrays;
import java.util.Locale;
import java.util.function.IntPredicate;
import org.wasmheap.memory.LinearMemory;

/**
 * The digest of a whole memory that vectors hold: FNV-1a of 64 bits over all bytes, and the same
 * over the chunks that hold a byte other than zero, each after its index.
 *
 * <p>The memory is read through its bulk reads, a chunk at a time.
 */
final class MemoryDigest {
  static final int CHUNK_BYTES = 65_536;

  /** Over the whole memory the digest is told up to this size only. */
  static final long LARGEST_WHOLE = 64L << 20;

  private static final int CHUNK_SHIFT = 16;
  private static final long OFFSET_BASIS = 0xcbf29ce484222325L;
  private static final long PRIME = 0x100000001b3L;

  private static final byte[] ZEROS = new byte[CHUNK_BYTES];

  private final byte[] chunk = new byte[CHUNK_BYTES];
  private long whole = OFFSET_BASIS;
  private long sparse = OFFSET_BASIS;

  private MemoryDigest() {}

  /**
   * Digests a memory.
   *
   * @param memory what to read
   * @param mayHoldData {@code false} for chunks that are known to be zero; asked only where the
   *     memory is too large to be read whole
   * @return the digest as it stands in a file
   */
  static String lineOf(LinearMemory memory, IntPredicate mayHoldData) {
    MemoryDigest digest = new MemoryDigest();
    long size = memory.sizeInBytes();
    boolean readsAll = size <= LARGEST_WHOLE;
    int chunks = (int) ((size + CHUNK_BYTES - 1) >>> CHUNK_SHIFT);
    for (int index = 0; index < chunks; index++) {
      if (readsAll || mayHoldData.test(index)) {
        long start = (long) index << CHUNK_SHIFT;
        digest.add(memory, index, (int) Math.min(CHUNK_BYTES, size - start));
      }
    }
    String first = readsAll ? hex(digest.whole) : "-";
    return "H size=" + size + " fnv=" + first + " sparse=" + hex(digest.sparse);
  }

  private void add(LinearMemory memory, int index, int length) {
    memory.read(index << CHUNK_SHIFT, chunk, 0, length);
    if (Arrays.equals(chunk, 0, length, ZEROS, 0, length)) {
      whole *= power(length);
      return;
    }
    long all = whole;
    long some = sparse;
    for (int shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) {
      some = (some ^ (index >>> shift & 0xFF)) * PRIME;
    }
    for (int i = 0; i < length; i++) {
      int value = chunk[i] & 0xFF;
      all = (all ^ value) * PRIME;
      some = (some ^ value) * PRIME;
    }
    whole = all;
    sparse = some;
  }

  /** A byte of zero multiplies by the prime and no more, so a run of them by a power of it. */
  private static long power(int exponent) {
    long result = 1;
    long square = PRIME;
    for (int rest = exponent; rest > 0; rest >>= 1) {
      if ((rest & 1) != 0) {
        result *= square;
      }
      square *= square;
    }
    return result;
  }

  private static String hex(long digest) {
    return String.format(Locale.ROOT, "%016x", digest);
  }
}
