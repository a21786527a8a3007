package org.wasmheap.endive;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Counts the methods of a class file that HotSpot does not compile for their size.
 *
 * <p>Source: the class file format of the Java Virtual Machine Specification, 17, chapter 4.
 */
final class MethodSizes {
  /** HotSpot's HugeMethodLimit, in bytes of bytecode: a method of more is not compiled. */
  static final int HUGE = 8_000;

  /** The most that a method may have. */
  static final int LIMIT = 65_535;

  /** What the engine calls the method of a function of the guest. */
  private static final String FUNCTION = "func_";

  private static final int MAGIC_AND_VERSION_BYTES = 8;

  private MethodSizes() {}

  /**
   * How many functions of a guest are huge.
   *
   * @param classFile a class that the engine's compiler has made
   */
  static int countHuge(byte[] classFile) {
    ByteBuffer in = ByteBuffer.wrap(classFile);
    in.position(MAGIC_AND_VERSION_BYTES);
    String[] texts = constants(in);
    skip(in, 6); // Its access flags, its name, and the name of its superclass.
    skip(in, 2 * u16(in)); // Its interfaces.
    members(in, texts); // Its fields.
    return members(in, texts);
  }

  /** Goes over the constants; gives the texts among them, by number. */
  private static String[] constants(ByteBuffer in) {
    String[] texts = new String[u16(in)];
    for (int i = 1; i < texts.length; i++) {
      int tag = in.get();
      switch (tag) {
        case 1 -> {
          byte[] text = new byte[u16(in)];
          in.get(text);
          texts[i] = new String(text, StandardCharsets.ISO_8859_1); // Its beginning is all we need.
        }
        case 5, 6 -> { // Long and double take two numbers.
          skip(in, 8);
          i++;
        }
        case 7, 8, 16, 19, 20 -> skip(in, 2);
        case 15 -> skip(in, 3);
        default -> skip(in, 4);
      }
    }
    return texts;
  }

  /** Goes over fields or methods; gives how many are functions of a guest, and huge. */
  private static int members(ByteBuffer in, String[] texts) {
    int huge = 0;
    for (int members = u16(in); members > 0; members--) {
      skip(in, 2);
      String name = texts[u16(in)];
      skip(in, 2);
      for (int attributes = u16(in); attributes > 0; attributes--) {
        String attribute = texts[u16(in)];
        int length = in.getInt();
        if (attribute.equals("Code") && name.startsWith(FUNCTION)) {
          huge += in.getInt(in.position() + 4) > HUGE ? 1 : 0;
        }
        skip(in, length);
      }
    }
    return huge;
  }

  private static int u16(ByteBuffer in) {
    return in.getShort() & 0xFFFF;
  }

  private static void skip(ByteBuffer in, int bytes) {
    in.position(in.position() + bytes);
  }
}
