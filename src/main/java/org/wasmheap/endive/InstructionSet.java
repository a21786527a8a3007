package org.wasmheap.endive;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import run.endive.wasm.types.OpCode;

/**
 * The instructions of WebAssembly as the check of a module needs them: what follows each opcode,
 * which compute with floating-point numbers, and which are refused.
 */
final class InstructionSet {
  // What follows an opcode.
  static final byte NOTHING = 0;
  static final byte BLOCK = 1;
  static final byte ELSE = 2;
  static final byte END = 3;
  static final byte INDEX = 4;
  static final byte TWO_INDICES = 5;
  static final byte BRANCH_TABLE = 6;
  static final byte TYPES = 7;
  static final byte MEMORY_ARGUMENT = 8;
  static final byte SIGNED_32 = 9;
  static final byte SIGNED_64 = 10;
  static final byte FOUR_BYTES = 11;
  static final byte EIGHT_BYTES = 12;
  static final byte HEAP_TYPE = 13;
  static final byte PREFIX = 14;
  static final byte REFUSED = 15;

  /** Arithmetic whose result may be a NaN of other bits elsewhere, or later. */
  static final byte FLOAT = 16;

  static final byte CALL = 17;

  /** Computed wrong by the engine, so replaced by others before it sees them. */
  static final byte WRONG = 18;

  static final int NUMERIC_PREFIX = 0xFC;

  private static final int TRUNC_SAT_LAST = 7;
  private static final int TABLE_GROW = 15;

  // What the engine computes wrong. Runtimes that parse JSON hold the last one: of the numbers half
  // way between two, the engine rounds some down from 2^63 on.
  static final int F32_ABS = 0x8B;
  static final int F32_COPYSIGN = 0x98;
  static final int F32_CONVERT_I64_U = 0xB5;
  static final int F64_CONVERT_I64_U = 0xBA;

  private static final byte[] FOLLOWS = new byte[256];

  /** After the prefix 0xFC, from 8 on: memory.init to table.fill. */
  private static final byte[] BULK_FOLLOWS = {
    TWO_INDICES, INDEX, TWO_INDICES, INDEX, TWO_INDICES, INDEX, TWO_INDICES, REFUSED, INDEX, INDEX
  };

  static {
    Arrays.fill(FOLLOWS, REFUSED);
    fill(0x00, 0x01, NOTHING); // unreachable, nop
    fill(0x02, 0x04, BLOCK);
    fill(0x05, 0x05, ELSE);
    fill(0x0B, 0x0B, END);
    fill(0x0C, 0x0D, INDEX); // br, br_if
    fill(0x0E, 0x0E, BRANCH_TABLE);
    fill(0x0F, 0x0F, NOTHING); // return
    fill(0x10, 0x11, CALL); // call, call_indirect
    fill(0x1A, 0x1B, NOTHING); // drop, select
    fill(0x1C, 0x1C, TYPES); // select
    fill(0x20, 0x26, INDEX); // locals, globals, table.get, table.set
    fill(0x28, 0x3E, MEMORY_ARGUMENT);
    fill(0x3F, 0x40, INDEX); // memory.size, memory.grow
    fill(0x41, 0x41, SIGNED_32);
    fill(0x42, 0x42, SIGNED_64);
    fill(0x43, 0x43, FOUR_BYTES);
    fill(0x44, 0x44, EIGHT_BYTES);
    fill(0x45, 0xC4, NOTHING); // numbers
    fill(0x8D, 0x97, FLOAT); // f32: ceil to max
    fill(0x9B, 0xA5, FLOAT); // f64: ceil to max
    fill(0xB6, 0xB6, FLOAT); // f32.demote_f64
    fill(0xBB, 0xBB, FLOAT); // f64.promote_f32
    fill(F32_ABS, F32_ABS, WRONG);
    fill(F32_COPYSIGN, F32_COPYSIGN, WRONG);
    fill(F32_CONVERT_I64_U, F32_CONVERT_I64_U, WRONG);
    fill(F64_CONVERT_I64_U, F64_CONVERT_I64_U, WRONG);
    fill(0xD0, 0xD0, HEAP_TYPE);
    fill(0xD1, 0xD1, NOTHING); // ref.is_null
    fill(0xD2, 0xD2, INDEX); // ref.func
    fill(NUMERIC_PREFIX, NUMERIC_PREFIX, PREFIX);
  }

  private InstructionSet() {}

  private static void fill(int from, int to, byte what) {
    Arrays.fill(FOLLOWS, from, to + 1, what);
  }

  /** What follows an opcode of one byte. */
  static byte follows(int opcode) {
    return FOLLOWS[opcode];
  }

  /** What follows an opcode with the prefix 0xFC. */
  static byte followsNumeric(long opcode) {
    if (opcode <= TRUNC_SAT_LAST) {
      return NOTHING;
    }
    int index = (int) Math.min(opcode - TRUNC_SAT_LAST - 1, BULK_FOLLOWS.length);
    return index == BULK_FOLLOWS.length ? REFUSED : BULK_FOLLOWS[index];
  }

  /** Whether the byte begins an opcode of more than one. */
  static boolean isPrefix(int opcode) {
    return opcode >= 0xFB && opcode <= 0xFE;
  }

  /** Why an instruction is refused; {@code null} if WebAssembly has no such instruction. */
  static @Nullable String refusal(int prefix, long opcode) {
    return switch (prefix) {
      case 0xFB -> "it uses garbage-collected objects";
      case NUMERIC_PREFIX ->
          opcode == TABLE_GROW
              ? "it grows a table, which the engine shares between instances"
              : null;
      case 0xFD -> "it uses SIMD";
      case 0xFE -> "it uses threads";
      default -> plainRefusal((int) opcode);
    };
  }

  private static @Nullable String plainRefusal(int opcode) {
    return switch (opcode) {
      case 0x06, 0x07, 0x08, 0x09, 0x0A, 0x18, 0x19, 0x1F -> "it uses exception handling";
      case 0x12, 0x13, 0x15 -> "it uses tail calls";
      case 0x14, 0xD4, 0xD5, 0xD6 -> "it uses typed references to functions";
      case 0xD3 -> "it uses garbage-collected objects";
      default -> null;
    };
  }

  /** The engine's name of an instruction, or its number. */
  static String name(int prefix, long opcode) {
    for (OpCode known : OpCode.values()) {
      if (opcode >>> Byte.SIZE == 0 && known.opcode() == (prefix << Byte.SIZE | (int) opcode)) {
        return known.name();
      }
    }
    String number = "opcode 0x" + Long.toHexString(opcode);
    return prefix == 0 ? number : number + " after 0x" + Integer.toHexString(prefix);
  }
}
