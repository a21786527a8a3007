package org.wasmheap.endive;

import java.util.Arrays;

/**
 * How many values lie on the operand stack at each place of a function, as far as that can be told
 * without their types, and how many the stack maps of its compiled method hold together.
 *
 * <p>Why: the JVM keeps a map of all locals and all values on the stack for each place that a
 * branch leads to. Where that takes more than 16 MiB for one method, which a valid module of 50 KB
 * can bring about, HotSpot does not throw but ends the process.
 *
 * <p>One thread's own.
 */
final class StackHeights {
  private static final int IF = 0x04;
  private static final int REF_IS_NULL = 0xD1;
  private static final int BR_IF = 0x0D;
  private static final int CALL_INDIRECT = 0x11;
  private static final byte[] CHANGES = new byte[0xC5];

  static {
    change(1, 0x20, 0x20, 0x23, 0x23, 0x3F, 0x3F, 0x41, 0x44); // get, memory.size, constants
    change(-1, 0x04, 0x04, 0x0D, 0x0E, 0x11, 0x11, 0x1A, 0x1A); // conditions, drop
    change(-1, 0x21, 0x21, 0x24, 0x24); // set
    change(-2, 0x1B, 0x1C, 0x26, 0x26, 0x36, 0x3E); // select, table.set, stores
    change(-1, 0x46, 0x4F, 0x51, 0x66); // comparisons
    change(-1, 0x6A, 0x78, 0x7C, 0x8A, 0x92, 0x98, 0xA0, 0xA6); // of two operands
  }

  private final ModuleFigures figures;
  private final WasmReader in;

  /** Height at the beginning of each open block, without its parameters; its type's arities. */
  private int[] bases = new int[64];

  private int[] parameters = new int[64];
  private int[] results = new int[64];
  private int depth;
  private int height;
  private int highest;
  private int locals;
  private long mapped;

  StackHeights(ModuleFigures figures, WasmReader in) {
    this.figures = figures;
    this.in = in;
  }

  private static void change(int by, int... ranges) {
    for (int i = 0; i < ranges.length; i += 2) {
      Arrays.fill(CHANGES, ranges[i], ranges[i + 1] + 1, (byte) by);
    }
  }

  /** Begins a function with so many locals, its parameters among them. */
  void begin(int localsOfFunction) {
    locals = localsOfFunction;
    depth = 0;
    height = 0;
    highest = 0;
    mapped = 0;
    bases[0] = 0;
    parameters[0] = 0;
    results[0] = 0;
  }

  /**
   * Ends the function.
   *
   * @throws ModuleRefusedException if it has more of either than is allowed
   */
  void end() {
    figures.note(ModuleLimit.STACK, highest, in);
    figures.note(ModuleLimit.STACK_MAPS, mapped, in);
  }

  /** An instruction without operands on the stack that its type decides. */
  void plain(int opcode) {
    move(opcode < CHANGES.length ? CHANGES[opcode] : opcode == REF_IS_NULL ? 0 : 1);
    if (opcode == BR_IF || opcode == 0x1B || opcode == 0x1C) {
      map(1);
    } else if (opcode == 0x00 || opcode == 0x0C || opcode == 0x0F) {
      height = bases[depth];
    }
  }

  /** An instruction with the prefix 0xFC. */
  void numeric(long opcode) {
    boolean three = opcode >= 8 && opcode != 9 && opcode != 13 && opcode != 16;
    move(three ? -3 : opcode == 16 ? 1 : 0);
  }

  /** A call of a function with so many parameters and results. */
  void call(int opcode, int pops, int pushes) {
    if (opcode == CALL_INDIRECT) {
      move(-1);
      map(1);
    }
    move(-pops);
    move(pushes);
  }

  void branchTable(int targets) {
    move(-1);
    map(targets + 1L);
    height = bases[depth];
  }

  /** Opens a block, a loop or an if. */
  void open(int opcode, int pops, int pushes) {
    move(opcode == IF ? -1 : 0);
    map(1);
    depth++;
    if (depth == bases.length) {
      bases = Arrays.copyOf(bases, depth * 2);
      parameters = Arrays.copyOf(parameters, depth * 2);
      results = Arrays.copyOf(results, depth * 2);
    }
    bases[depth] = Math.max(bases[depth - 1], height - pops);
    parameters[depth] = pops;
    results[depth] = pushes;
    height = bases[depth] + pops;
  }

  /** The other branch of an if. */
  void other() {
    height = bases[depth] + parameters[depth];
    map(1);
  }

  /** Closes a block, or the function. */
  void close() {
    height = bases[depth] + results[depth];
    depth = Math.max(0, depth - 1);
    map(1);
  }

  private void move(int by) {
    // Code that is never reached may pop what is not there.
    height = Math.max(bases[depth], height + by);
    highest = Math.max(highest, height);
  }

  private void map(long times) {
    mapped += times * (locals + height);
  }
}
