package org.wasmheap.testkit;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * A guest whose function {@code attack} is one instruction over and over in a straight line,
 * without a call or a jump; {@code good} does nothing.
 */
public final class StraightLine {
  private static final int HEAP_BASE = 65_536;

  private final int pages;
  private final ByteArrayOutputStream line = new ByteArrayOutputStream();

  /** A guest with so many pages of memory. */
  private StraightLine(int pages) {
    this.pages = pages;
  }

  /** {@code memory.copy}, so many times. */
  public static byte[] ofCopies(int pages, int times, int destination, int source, int size) {
    return new StraightLine(pages).repeat(times, destination, source, size, 0x0A, 0, 0);
  }

  /** {@code memory.fill}, so many times. */
  public static byte[] ofFills(int pages, int times, int address, int value, int size) {
    return new StraightLine(pages).repeat(times, address, value, size, 0x0B, 0);
  }

  private byte[] repeat(int times, int first, int second, int third, int... code) {
    for (int i = 0; i < times; i++) {
      for (int operand : new int[] {first, second, third}) {
        line.write(0x41);
        signed(line, operand);
      }
      bytes(line, 0xFC);
      bytes(line, code);
    }
    return module();
  }

  private byte[] module() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    bytes(out, 0, 'a', 's', 'm', 1, 0, 0, 0);
    section(out, 1, content -> bytes(content, 1, 0x60, 0, 0));
    section(out, 3, content -> bytes(content, 2, 0, 0));
    section(
        out,
        5,
        content -> {
          bytes(content, 1, 0);
          unsigned(content, pages);
        });
    section(
        out,
        6,
        content -> {
          bytes(content, 1, 0x7F, 0, 0x41);
          signed(content, HEAP_BASE);
          bytes(content, 0x0B);
        });
    section(
        out,
        7,
        content -> {
          bytes(content, 4);
          export(content, "memory", 2, 0);
          export(content, "__heap_base", 3, 0);
          export(content, "good", 0, 0);
          export(content, "attack", 0, 1);
        });
    section(
        out,
        10,
        content -> {
          bytes(content, 2, 2, 0, 0x0B);
          unsigned(content, line.size() + 2);
          bytes(content, 0);
          content.writeBytes(line.toByteArray());
          bytes(content, 0x0B);
        });
    return out.toByteArray();
  }

  private interface Content {
    void writeTo(ByteArrayOutputStream out);
  }

  private static void section(ByteArrayOutputStream out, int id, Content content) {
    ByteArrayOutputStream inner = new ByteArrayOutputStream();
    content.writeTo(inner);
    out.write(id);
    unsigned(out, inner.size());
    out.writeBytes(inner.toByteArray());
  }

  private static void export(ByteArrayOutputStream out, String name, int kind, int index) {
    out.write(name.length());
    out.writeBytes(name.getBytes(StandardCharsets.US_ASCII));
    bytes(out, kind, index);
  }

  private static void bytes(ByteArrayOutputStream out, int... values) {
    for (int value : values) {
      out.write(value);
    }
  }

  private static void unsigned(ByteArrayOutputStream out, int value) {
    int rest = value;
    while (rest >>> 7 != 0) {
      out.write((rest & 0x7F) | 0x80);
      rest >>>= 7;
    }
    out.write(rest);
  }

  private static void signed(ByteArrayOutputStream out, int value) {
    int rest = value;
    while (rest < -64 || rest > 63) {
      out.write((rest & 0x7F) | 0x80);
      rest >>= 7;
    }
    out.write(rest & 0x7F);
  }
}
