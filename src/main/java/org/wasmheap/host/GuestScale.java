package org.wasmheap.host;

import java.util.AbstractMap.SimpleImmutableEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.wasmheap.endive.PointerSize;
import org.wasmheap.guest.CallException;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.memory.MemoryAccessException;

/**
 * Reads a value in SCALE, Substrate's codec, out of a guest's memory.
 *
 * <p>What is not the encoding of such a value is the guest's trap. No claim is believed before the
 * bytes are there that it takes, and what the value would hold is bounded: more is the host's
 * shortage. Bytes behind the value are let be, as the reference does.
 *
 * <p>For the thread and the length of one call of a host function. Source: {@code
 * PassFatPointerAndDecode} of {@code sp_runtime_interface} in the Polkadot SDK.
 */
final class GuestScale {
  /** Most bytes that a value may take, with what the JVM adds to each of its elements. */
  static final long MOST_HELD = 512 << 20;

  /** What the JVM adds to an element: the headers of its arrays, and of its node in a trie. */
  private static final int ELEMENT_BYTES = 400;

  private static final byte[] EMPTY = {};

  private final HeapHandle heap;
  private final long end;
  private final byte[] few = new byte[Integer.BYTES];

  /** Address of the next byte. */
  private long next;

  /** What the value takes so far. */
  private long held;

  /**
   * Checks the range; nothing is read yet.
   *
   * @throws MemoryAccessException if it leaves the memory
   */
  GuestScale(HeapHandle heap, PointerSize range) {
    GuestMemory.requireInside(heap, range);
    this.heap = heap;
    this.next = Integer.toUnsignedLong(range.pointer());
    this.end = range.end();
  }

  /** An {@code Option<u32>}. */
  OptionalLong optionalNumber() {
    int tag = (int) u8();
    return switch (tag) {
      case 0 -> OptionalLong.empty();
      case 1 -> OptionalLong.of(u32());
      default -> throw bad("an option begins with 0 or 1, not " + tag);
    };
  }

  /** A {@code Vec<Vec<u8>>}. */
  List<byte[]> byteVectors() {
    int count = count(1);
    List<byte[]> vectors = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      vectors.add(byteVector());
    }
    return vectors;
  }

  /** A {@code Vec<(Vec<u8>, Vec<u8>)>}. */
  List<Map.Entry<byte[], byte[]>> pairs() {
    int count = count(2);
    List<Map.Entry<byte[], byte[]>> pairs = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      byte[] key = byteVector();
      pairs.add(new SimpleImmutableEntry<>(key, byteVector()));
    }
    return pairs;
  }

  private byte[] byteVector() {
    long length = compact();
    require(length);
    if (length == 0) {
      return EMPTY;
    }
    hold(length);
    byte[] bytes = new byte[(int) length];
    heap.read((int) next, bytes, 0, bytes.length);
    next += length;
    return bytes;
  }

  /**
   * How many elements a vector has.
   *
   * @param leastBytes that the encoding of an element takes
   */
  private int count(int leastBytes) {
    long count = compact();
    require(count * leastBytes);
    hold(count * ELEMENT_BYTES);
    return (int) count;
  }

  /** Counts what the value will take, before any of it is set aside. */
  private void hold(long bytes) {
    held += bytes;
    if (held > MOST_HELD) {
      throw new IllegalStateException(
          "a SCALE value takes more bytes than this host sets aside for one, which is "
              + MOST_HELD);
    }
  }

  /** A compact u32: the low two bits of the first byte say how many bytes hold it. */
  private long compact() {
    long first = u8();
    int mode = (int) first & 3;
    if (mode == 0) {
      return first >> 2;
    }
    if (mode == 3) {
      if (first != 3) {
        throw bad("a length of more than 32 bits");
      }
      return shortest(u32(), 1 << 30);
    }
    next--;
    int bytes = 1 << mode;
    return shortest(number(bytes) >>> 2, mode == 1 ? 1 << 6 : 1 << 14);
  }

  /** The codec has one encoding for each number, and refuses longer ones. */
  private static long shortest(long value, long least) {
    if (value < least) {
      throw bad("a length in more bytes than it takes");
    }
    return value;
  }

  private long u8() {
    return number(1);
  }

  private long u32() {
    return number(Integer.BYTES);
  }

  private long number(int bytes) {
    require(bytes);
    heap.read((int) next, few, 0, bytes);
    next += bytes;
    long number = 0;
    for (int i = bytes - 1; i >= 0; i--) {
      number = (number << Byte.SIZE) | Byte.toUnsignedInt(few[i]);
    }
    return number;
  }

  private void require(long bytes) {
    if (bytes > end - next) {
      throw bad(bytes + " bytes wanted, " + (end - next) + " left");
    }
  }

  private static CallException bad(String why) {
    return CallException.trap("a host function was given no SCALE value: " + why);
  }
}
