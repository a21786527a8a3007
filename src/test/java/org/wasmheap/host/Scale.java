package org.wasmheap.host;

import java.io.ByteArrayOutputStream;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Encodes in SCALE what the tests hand to host functions. */
final class Scale {
  private Scale() {}

  static byte[] vectors(List<byte[]> vectors) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(compact(vectors.size()));
    vectors.forEach(each -> put(out, each));
    return out.toByteArray();
  }

  static byte[] pairs(Collection<Map.Entry<byte[], byte[]>> pairs) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(compact(pairs.size()));
    for (Map.Entry<byte[], byte[]> pair : pairs) {
      put(out, pair.getKey());
      put(out, pair.getValue());
    }
    return out.toByteArray();
  }

  /** The numbers from 0 up, as text. */
  static byte[] numbers(int count) {
    return vectors(
        IntStream.range(0, count).mapToObj(i -> Roots.bytes(Integer.toString(i))).toList());
  }

  private static void put(ByteArrayOutputStream out, byte[] bytes) {
    out.writeBytes(compact(bytes.length));
    out.writeBytes(bytes);
  }

  private static byte[] compact(int number) {
    if (number >= 1 << 14) {
      throw new IllegalArgumentException("no test needs " + number);
    }
    return number < 1 << 6
        ? new byte[] {(byte) (number << 2)}
        : new byte[] {(byte) (number << 2 | 1), (byte) (number >>> 6)};
  }
}
