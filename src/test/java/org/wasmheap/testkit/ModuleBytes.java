package org.wasmheap.testkit;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Collections;

/** Modules of WebAssembly put together from their bytes, well-formed or not. */
public final class ModuleBytes {
  public static final int I32 = 0x7F;
  public static final int I64 = 0x7E;
  public static final int F32 = 0x7D;
  public static final int F64 = 0x7C;

  /** A memory of one page. */
  public static final byte[] MEMORY = section(5, bytes(1, 0, 1));

  /** The start of the heap, at 64. */
  public static final byte[] HEAP_BASE = section(6, bytes(1, I32, 0, 0x41, 0xC0, 0, 0x0B));

  public static final byte[] EXPORTED_HEAP_BASE = join(name("__heap_base"), bytes(3, 0));

  /** Exports the start of the heap, and nothing else. */
  public static final byte[] EXPORT = section(7, vector(EXPORTED_HEAP_BASE));

  private static final byte[] HEAD = bytes(0x00, 'a', 's', 'm', 1, 0, 0, 0);

  private ModuleBytes() {}

  public static byte[] module(byte[]... sections) {
    return join(HEAD, join(sections));
  }

  /** A section with its size. */
  public static byte[] section(int id, byte[]... content) {
    return join(bytes(id), sized(content));
  }

  /** A function's body with its size: locals as they are given, instructions, an end. */
  public static byte[] body(byte[] locals, byte[]... instructions) {
    return sized(locals, join(instructions), bytes(0x0B));
  }

  /** The module of one function without parameters and results, exported as {@code f}. */
  public static byte[] withFunction(byte[] locals, byte[]... instructions) {
    return withResults(bytes(0), locals, instructions);
  }

  /** The same with results: their vector. */
  public static byte[] withResults(byte[] results, byte[] locals, byte[]... instructions) {
    return module(
        section(1, vector(join(bytes(0x60, 0), results))),
        section(3, bytes(1, 0)),
        MEMORY,
        HEAP_BASE,
        section(7, vector(EXPORTED_HEAP_BASE, join(name("f"), bytes(0, 0)))),
        section(10, vector(body(locals, instructions))));
  }

  public static byte[] sized(byte[]... content) {
    byte[] joined = join(content);
    return join(u32(joined.length), joined);
  }

  public static byte[] vector(byte[]... items) {
    return join(u32(items.length), join(items));
  }

  /** A vector of so many equal items. */
  public static byte[] vectorOf(int count, byte[] item) {
    return join(u32(count), times(count, item));
  }

  public static byte[] times(int count, byte[] item) {
    return join(Collections.nCopies(count, item).toArray(new byte[0][]));
  }

  public static byte[] name(String text) {
    return sized(text.getBytes(StandardCharsets.UTF_8));
  }

  /** A LEB128 number without a sign. */
  public static byte[] u32(long value) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    long rest = value;
    while (rest >= 0x80) {
      out.write((int) ((rest & 0x7F) | 0x80));
      rest >>>= 7;
    }
    out.write((int) rest);
    return out.toByteArray();
  }

  /** A LEB128 number with a sign. */
  public static byte[] signed(long value) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    long rest = value;
    while (rest < -64 || rest > 63) {
      out.write((int) ((rest & 0x7F) | 0x80));
      rest >>= 7;
    }
    out.write((int) (rest & 0x7F));
    return out.toByteArray();
  }

  public static byte[] bytes(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return bytes;
  }

  public static byte[] join(byte[]... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }
}
