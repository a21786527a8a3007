package org.wasmheap.endive;

import org.wasmheap.endive.ModuleRefusedException.Reason;

/**
 * Rewrites the code of a module, before the engine sees it, so that floating-point numbers come out
 * the same on every machine and in every call.
 *
 * <ul>
 *   <li>After each instruction that can make a NaN follow instructions that put the canonical one
 *       in the place of any other. The JVM's interpreter and its compilers give NaNs of different
 *       bits.
 *   <li>Each instruction that the engine computes wrong becomes a sequence that is right.
 * </ul>
 *
 * <p>What it needs to keep values in are new locals behind the function's own. Bodies without such
 * instructions, and all else in the module, stay as they are; a module without any stays the same
 * array. The result is to be checked again: it is larger, in bytes, locals and values on the stack.
 *
 * <p>Told by {@link CodeCheck} of bodies and instructions in the order of their bytes. One thread's
 * own.
 *
 * <p>Source: what wasmtime does to canonicalise NaNs; the WebAssembly specification 2.0, numerics.
 */
final class SteadyFloats {
  // New locals, counted from the first.
  private static final int F32 = 0;
  private static final int F64 = 1;
  private static final int I32 = 2;
  private static final int I64 = 3;

  /** Groups of new locals: a count and a type each. */
  private static final int[] NEW_LOCALS = {1, 0x7D, 1, 0x7C, 1, 0x7F, 1, 0x7E};

  private static final int[] CANONICAL_F32 = {0x43, 0, 0, 0xC0, 0x7F};
  private static final int[] CANONICAL_F64 = {0x44, 0, 0, 0, 0, 0, 0, 0xF8, 0x7F};

  // Instructions.
  private static final int SELECT = 0x1B;
  private static final int LOCAL_GET = 0x20;
  private static final int LOCAL_SET = 0x21;
  private static final int LOCAL_TEE = 0x22;
  private static final int I32_CONST = 0x41;
  private static final int I64_CONST = 0x42;
  private static final int F32_EQ = 0x5B;
  private static final int F64_EQ = 0x61;
  private static final int I32_AND = 0x71;
  private static final int I32_OR = 0x72;
  private static final int I64_ADD = 0x7C;
  private static final int I64_AND = 0x83;
  private static final int I64_OR = 0x84;
  private static final int I64_SHR_U = 0x88;
  private static final int F32_MUL = 0x94;
  private static final int LAST_F32 = 0x97;
  private static final int F64_MUL = 0xA2;
  private static final int F32_CONVERT_I64_S = 0xB4;
  private static final int F32_DEMOTE_F64 = 0xB6;
  private static final int F64_CONVERT_I64_S = 0xB9;
  private static final int I32_REINTERPRET_F32 = 0xBC;
  private static final int F32_REINTERPRET_I32 = 0xBE;

  /** 0x7FFFFFFF and 0x80000000, as a signed LEB128 number has them. */
  private static final int[] ALL_BUT_SIGN = {I32_CONST, 0xFF, 0xFF, 0xFF, 0xFF, 0x07};

  private static final int[] SIGN = {I32_CONST, 0x80, 0x80, 0x80, 0x80, 0x78};

  /** In signed LEB128, 63 takes one byte, since it is below 64. */
  private static final int[] SHIFT_TO_SIGN = {I64_CONST, 63, I64_SHR_U};

  private final byte[] wasm;
  private final WasmReader in;

  /** The module as far as it was gone over, from the content of its code section on. */
  private final WasmWriter section = new WasmWriter(0);

  /** The instructions of the body, as far as {@link #copied}, if it is {@link #changed}. */
  private final WasmWriter code = new WasmWriter(0);

  /** Where the size of the code section lies, and where the section ends. */
  private int sectionSizeAt;

  private int sectionEnd;

  /** All before it was copied, to the section or to the code. */
  private int copied;

  private int bodyAt;
  private int groupsAt;
  private int groups;
  private int codeAt;
  private int firstNewLocal;
  private boolean changed;
  private boolean anyChanged;

  SteadyFloats(byte[] wasm, WasmReader in) {
    this.wasm = wasm;
    this.in = in;
  }

  /** The reader stands at the content of the code section, whose size lies at an index. */
  void section(int sizeAt) {
    sectionSizeAt = sizeAt;
    sectionEnd = in.at() + in.left();
    copied = in.at();
  }

  /**
   * The reader stands at the first instruction of a body.
   *
   * @param sizeAt index of the body's size
   * @param groupsOfLocalsAt index of its first group of locals
   * @param groupsOfLocals how many there are
   * @param locals parameters and locals
   */
  void body(int sizeAt, int groupsOfLocalsAt, int groupsOfLocals, int locals) {
    bodyAt = sizeAt;
    groupsAt = groupsOfLocalsAt;
    groups = groupsOfLocals;
    codeAt = in.at();
    firstNewLocal = locals;
    changed = false;
  }

  /** The reader has read an instruction whose result may be a NaN. */
  void arithmetic(int opcode) {
    copy(in.at());
    boolean single = opcode <= LAST_F32 || opcode == F32_DEMOTE_F64;
    int local = single ? F32 : F64;
    local(LOCAL_TEE, local);
    put(single ? CANONICAL_F32 : CANONICAL_F64);
    local(LOCAL_GET, local);
    local(LOCAL_GET, local);
    put(single ? F32_EQ : F64_EQ, SELECT);
  }

  /** The reader has read an instruction, of one byte, that the engine computes wrong. */
  void wrong(int opcode) {
    copy(in.at() - 1);
    copied = in.at();
    switch (opcode) {
      case InstructionSet.F32_ABS -> {
        put(I32_REINTERPRET_F32);
        put(ALL_BUT_SIGN);
        put(I32_AND, F32_REINTERPRET_I32);
      }
      case InstructionSet.F32_COPYSIGN -> {
        put(I32_REINTERPRET_F32);
        put(SIGN);
        put(I32_AND);
        local(LOCAL_SET, I32);
        put(I32_REINTERPRET_F32);
        put(ALL_BUT_SIGN);
        put(I32_AND);
        local(LOCAL_GET, I32);
        put(I32_OR, F32_REINTERPRET_I32);
      }
      case InstructionSet.F32_CONVERT_I64_U -> convertUnsigned(F32_CONVERT_I64_S, F32_MUL);
      case InstructionSet.F64_CONVERT_I64_U -> convertUnsigned(F64_CONVERT_I64_S, F64_MUL);
      default -> throw new IllegalArgumentException("opcode 0x" + Integer.toHexString(opcode));
    }
  }

  /**
   * With s, the highest bit of x: {@code ((x >>> s) | (x & s)) * (1 + s)}. From 2^63 on that
   * converts one half of x, whose lowest bit tells whether anything was cut off, so that it rounds
   * as x does; to double it is exact.
   */
  private void convertUnsigned(int convertSigned, int multiply) {
    local(LOCAL_TEE, I64);
    signOfLong();
    put(I64_SHR_U);
    local(LOCAL_GET, I64);
    signOfLong();
    put(I64_AND, I64_OR, convertSigned);
    signOfLong();
    put(I64_CONST, 1, I64_ADD, convertSigned, multiply);
  }

  private void signOfLong() {
    local(LOCAL_GET, I64);
    put(SHIFT_TO_SIGN);
  }

  /** Copies the body's instructions up to an index. */
  private void copy(int end) {
    if (!changed) {
      section.put(wasm, copied, bodyAt);
      code.reset();
      copied = codeAt;
      changed = true;
      anyChanged = true;
    }
    code.put(wasm, copied, end);
    copied = end;
  }

  private void local(int instruction, int number) {
    code.put(instruction);
    code.u32(firstNewLocal + number);
  }

  private void put(int... bytes) {
    for (int each : bytes) {
      code.put(each);
    }
  }

  /**
   * The reader stands at the end of the body.
   *
   * @throws ModuleRefusedException if the module has become larger than is allowed
   */
  void endOfBody() {
    if (!changed) {
      return;
    }
    copy(in.at());
    WasmWriter locals = new WasmWriter(0);
    locals.u32(groups + NEW_LOCALS.length / 2);
    locals.put(wasm, groupsAt, codeAt);
    for (int each : NEW_LOCALS) {
      locals.put(each);
    }
    long size = (long) locals.size() + code.size();
    requireAtMost(ModuleLimit.BODY_BYTES, size);
    requireAtMost(ModuleLimit.MODULE_BYTES, section.size() + size);
    section.u32((int) size);
    section.append(locals);
    section.append(code);
  }

  private void requireAtMost(ModuleLimit limit, long value) {
    if (value > limit.most()) {
      throw in.refused(Reason.TOO_LARGE, limit.exceededBy(value));
    }
  }

  /**
   * The module after all of it was gone over.
   *
   * @throws ModuleRefusedException if it has become larger than is allowed
   */
  byte[] module() {
    if (!anyChanged) {
      return wasm;
    }
    section.put(wasm, copied, sectionEnd);
    WasmWriter sectionSize = new WasmWriter(0);
    sectionSize.u32(section.size());
    int others = sectionSizeAt + wasm.length - sectionEnd;
    long size = (long) others + sectionSize.size() + section.size();
    requireAtMost(ModuleLimit.MODULE_BYTES, size);
    WasmWriter out = new WasmWriter((int) size);
    out.put(wasm, 0, sectionSizeAt);
    out.append(sectionSize);
    out.append(section);
    out.put(wasm, sectionEnd, wasm.length);
    return out.toByteArray();
  }
}
