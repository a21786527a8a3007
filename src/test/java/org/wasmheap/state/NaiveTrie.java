package org.wasmheap.state;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.NavigableMap;
import java.util.SortedMap;
import java.util.TreeMap;
import org.bouncycastle.crypto.digests.Blake2bDigest;

/**
 * A trie's root, computed whole from a sorted map, as the specification says it and with no thought
 * for speed. A key is a string of hexadecimal digits here, one for each nibble. It shares no code
 * with what it checks.
 */
final class NaiveTrie {
  private NaiveTrie() {}

  /** A value, and whether its hash stands for it. */
  record Kinded(String hex, boolean hashed) {
    static Kinded of(String hex, StateVersion version) {
      return new Kinded(hex, version == StateVersion.V1 && hex.length() / 2 > 32);
    }
  }

  static String root(SortedMap<String, Kinded> entries) {
    byte[] encoding = entries.isEmpty() ? new byte[1] : node(new TreeMap<>(entries), 0);
    return HexFormat.of().formatHex(blake2(encoding));
  }

  private static byte[] node(NavigableMap<String, Kinded> entries, int depth) {
    String first = entries.firstKey();
    String last = entries.lastKey();
    int end = depth;
    while (end < first.length() && end < last.length() && first.charAt(end) == last.charAt(end)) {
      end++;
    }
    Kinded value = first.length() == end ? entries.get(first) : null;
    boolean leaf = entries.size() == 1;
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    header(out, value, leaf, end - depth);
    partialKey(out, first.substring(depth, end));
    ByteArrayOutputStream children = new ByteArrayOutputStream();
    if (!leaf) {
      int bitmap = children(entries, first.substring(0, end), children);
      out.write(bitmap & 0xFF);
      out.write(bitmap >> 8);
    }
    if (value != null) {
      byte[] bytes = HexFormat.of().parseHex(value.hex());
      if (value.hashed()) {
        out.writeBytes(blake2(bytes));
      } else {
        compact(out, bytes.length);
        out.writeBytes(bytes);
      }
    }
    out.writeBytes(children.toByteArray());
    return out.toByteArray();
  }

  private static int children(
      NavigableMap<String, Kinded> entries, String prefix, ByteArrayOutputStream out) {
    int bitmap = 0;
    for (int nibble = 0; nibble < 16; nibble++) {
      String begin = prefix + Character.forDigit(nibble, 16);
      NavigableMap<String, Kinded> below = new TreeMap<>();
      for (Map.Entry<String, Kinded> entry : entries.entrySet()) {
        if (entry.getKey().startsWith(begin)) {
          below.put(entry.getKey(), entry.getValue());
        }
      }
      if (!below.isEmpty()) {
        bitmap |= 1 << nibble;
        byte[] encoding = node(below, begin.length());
        byte[] reference = encoding.length < 32 ? encoding : blake2(encoding);
        compact(out, reference.length);
        out.writeBytes(reference);
      }
    }
    return bitmap;
  }

  private static void header(ByteArrayOutputStream out, Kinded value, boolean leaf, int nibbles) {
    boolean hashed = value != null && value.hashed();
    int kind;
    int full;
    if (hashed) {
      kind = leaf ? 0b0010_0000 : 0b0001_0000;
      full = leaf ? 0b1_1111 : 0b1111;
    } else {
      kind = leaf ? 0b0100_0000 : value == null ? 0b1000_0000 : 0b1100_0000;
      full = 0b11_1111;
    }
    if (nibbles < full) {
      out.write(kind | nibbles);
      return;
    }
    out.write(kind | full);
    int rest = nibbles - full;
    while (rest >= 255) {
      out.write(255);
      rest -= 255;
    }
    out.write(rest);
  }

  private static void partialKey(ByteArrayOutputStream out, String nibbles) {
    String even = nibbles.length() % 2 == 0 ? nibbles : "0" + nibbles;
    out.writeBytes(HexFormat.of().parseHex(even));
  }

  private static void compact(ByteArrayOutputStream out, int length) {
    if (length < 64) {
      out.write(length << 2);
    } else if (length < 16_384) {
      out.write(((length & 0x3F) << 2) | 1);
      out.write(length >> 6);
    } else {
      int all = (length << 2) | 2;
      for (int shift = 0; shift < 32; shift += 8) {
        out.write(all >> shift);
      }
    }
  }

  static byte[] blake2(byte[] bytes) {
    Blake2bDigest digest = new Blake2bDigest(256);
    digest.update(bytes, 0, bytes.length);
    byte[] hash = new byte[32];
    digest.doFinal(hash, 0);
    return Arrays.copyOf(hash, 32);
  }
}
