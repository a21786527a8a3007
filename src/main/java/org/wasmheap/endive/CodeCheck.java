package org.wasmheap.endive;

import org.jspecify.annotations.Nullable;
import org.wasmheap.endive.ModuleRefusedException.Reason;

/**
 * The pass over instructions: finds where each ends, how deep blocks lie in each other, how much is
 * claimed; and refuses what must not be in a module. Whether types fit is the engine's to find.
 *
 * <p>One thread's own.
 */
final class CodeCheck {
  private static final int EMPTY_BLOCK = 0x40;

  /** The engine reads the index of a block's type as one of these if it has the same number. */
  private static final long[] MISREAD_BLOCK_TYPES = {
    EMPTY_BLOCK,
    99,
    100,
    105,
    106,
    107,
    108,
    109,
    110,
    111,
    112,
    113,
    114,
    115,
    123,
    124,
    125,
    126,
    127
  };

  private static final int FUNCTION_REFERENCE = 0x70;
  private static final int HOST_REFERENCE = 0x6F;

  /** Below are indices of types. */
  private static final int FIRST_TYPE_CODE = 0x40;

  private static final String TYPED_REFERENCES = "it uses typed references to functions";
  private static final int CALL_INDIRECT = 0x11;
  private static final int GLOBAL_GET = 0x23;
  private static final int MULTI_MEMORY = 0x40;

  private final WasmReader in;
  private final ModuleFigures figures;
  private final boolean floatArithmetic;
  private final ModuleTypes types;
  private final StackHeights stack;
  private final @Nullable SteadyFloats floats;

  /** Of all {@code br_table} in the function so far. */
  private int targets;

  /**
   * Checks code.
   *
   * @param floats told of what is to be rewritten, {@code null} if nothing is
   */
  CodeCheck(
      WasmReader in,
      ModuleFigures figures,
      ModuleTypes types,
      boolean floatArithmetic,
      @Nullable SteadyFloats floats) {
    this.in = in;
    this.figures = figures;
    this.floatArithmetic = floatArithmetic;
    this.types = types;
    this.stack = new StackHeights(figures, in);
    this.floats = floats;
  }

  /** The body of the module's next own function with its size before it. */
  void body() {
    int sizeAt = in.at();
    int size = in.count("bytes of a function's body", 1);
    figures.note(ModuleLimit.BODY_BYTES, size, in);
    int stop = in.left() - size;
    int groups = in.count("groups of locals", 2);
    int groupsAt = in.at();
    int locals = types.nextParameters() + locals(groups);
    stack.begin(locals);
    if (floats != null) {
      floats.body(sizeAt, groupsAt, groups, locals);
    }
    instructions(stop);
    if (floats != null) {
      floats.endOfBody();
    }
  }

  /** Instructions up to the end of the body, where so many bytes are left. */
  private void instructions(int stop) {
    int depth = 0;
    int instructions = 0;
    targets = 0;
    while (depth >= 0) {
      if (in.left() <= stop) {
        throw in.malformed("a function's body has no end");
      }
      switch (instruction()) {
        case InstructionSet.BLOCK -> figures.note(ModuleLimit.NESTING, ++depth, in);
        case InstructionSet.END -> depth--;
        default -> {
          // Changes no depth.
        }
      }
      instructions++;
    }
    figures.addFunction(instructions, targets, in);
    stack.end();
    if (in.left() != stop) {
      throw in.malformed("a function's body does not end where it says");
    }
  }

  private int locals(int groups) {
    long locals = 0;
    for (int i = 0; i < groups; i++) {
      locals += in.u32();
      valueType();
      figures.note(ModuleLimit.LOCALS, locals, in);
    }
    figures.add(ModuleLimit.LOCALS_IN_ALL, locals, in);
    return (int) locals;
  }

  /** An expression that is computed at instantiation; its value if it is one i32, else null. */
  @Nullable Integer constant() {
    Integer value = null;
    for (int count = 1; ; count++) {
      figures.add(ModuleLimit.INSTRUCTIONS, 1, in);
      int opcode = in.u8();
      switch (InstructionSet.follows(opcode)) {
        case InstructionSet.END -> {
          return count == 2 ? value : null;
        }
        case InstructionSet.SIGNED_32 -> value = (int) in.signed(Integer.SIZE);
        case InstructionSet.SIGNED_64 -> in.signed(Long.SIZE);
        case InstructionSet.FOUR_BYTES -> in.skip(Float.BYTES);
        case InstructionSet.EIGHT_BYTES -> in.skip(Double.BYTES);
        case InstructionSet.HEAP_TYPE -> heapType();
        default -> notNumber(opcode);
      }
    }
  }

  private void notNumber(int opcode) {
    boolean index = opcode == GLOBAL_GET || opcode == 0xD2;
    // Sums and products, which a proposal adds: what they may be made of is the engine's to check.
    boolean sum = (opcode >= 0x6A && opcode <= 0x6C) || (opcode >= 0x7C && opcode <= 0x7E);
    if (index) {
      in.u32();
    } else if (!sum) {
      int prefix = InstructionSet.isPrefix(opcode) ? opcode : 0;
      long number = prefix == 0 ? opcode : in.u32();
      if (InstructionSet.refusal(prefix, number) != null) {
        throw refused(prefix, number);
      }
      throw in.malformed(
          "a value that must be constant is computed by " + InstructionSet.name(prefix, number));
    }
  }

  /** Goes over one instruction; tells what it was, which matters for blocks and their ends. */
  private byte instruction() {
    int opcode = in.u8();
    byte follows = InstructionSet.follows(opcode);
    switch (follows) {
      case InstructionSet.NOTHING -> stack.plain(opcode);
      case InstructionSet.FLOAT -> {
        requireFloatArithmetic(opcode);
        if (floats != null) {
          floats.arithmetic(opcode);
        }
        stack.plain(opcode);
      }
      case InstructionSet.WRONG -> {
        if (floats != null) {
          floats.wrong(opcode);
        }
        stack.plain(opcode);
      }
      case InstructionSet.BLOCK -> block(opcode);
      case InstructionSet.ELSE -> stack.other();
      case InstructionSet.END -> stack.close();
      case InstructionSet.BRANCH_TABLE -> branchTable();
      case InstructionSet.CALL -> call(opcode);
      case InstructionSet.REFUSED, InstructionSet.PREFIX -> prefixed(opcode);
      default -> {
        operands(follows);
        stack.plain(opcode);
      }
    }
    return follows;
  }

  private void call(int opcode) {
    int index = (int) in.u32();
    int type = opcode == CALL_INDIRECT ? index : types.ofFunction(index);
    if (opcode == CALL_INDIRECT) {
      in.u32();
    }
    stack.call(opcode, types.parameters(type), types.results(type));
  }

  private void operands(byte follows) {
    switch (follows) {
      case InstructionSet.INDEX -> in.u32();
      case InstructionSet.TWO_INDICES -> {
        in.u32();
        in.u32();
      }
      case InstructionSet.TYPES -> {
        int count = in.count("types of a select", 1);
        for (int i = 0; i < count; i++) {
          valueType();
        }
      }
      case InstructionSet.MEMORY_ARGUMENT -> memoryArgument();
      case InstructionSet.SIGNED_32 -> in.signed(Integer.SIZE);
      case InstructionSet.SIGNED_64 -> in.signed(Long.SIZE);
      case InstructionSet.FOUR_BYTES -> in.skip(Float.BYTES);
      case InstructionSet.EIGHT_BYTES -> in.skip(Double.BYTES);
      case InstructionSet.HEAP_TYPE -> heapType();
      default -> {
        // Nothing follows.
      }
    }
  }

  private void requireFloatArithmetic(int opcode) {
    if (!floatArithmetic) {
      throw in.refused(
          Reason.UNSUPPORTED,
          "it computes with floating-point numbers ("
              + InstructionSet.name(0, opcode)
              + "), which the options do not allow");
    }
  }

  private void prefixed(int opcode) {
    if (!InstructionSet.isPrefix(opcode)) {
      throw refused(0, opcode);
    }
    long number = in.u32();
    byte follows =
        opcode == InstructionSet.NUMERIC_PREFIX
            ? InstructionSet.followsNumeric(number)
            : InstructionSet.REFUSED;
    if (follows == InstructionSet.REFUSED) {
      throw refused(opcode, number);
    }
    operands(follows);
    stack.numeric(number);
  }

  private ModuleRefusedException refused(int prefix, long opcode) {
    String reason = InstructionSet.refusal(prefix, opcode);
    String name = InstructionSet.name(prefix, opcode);
    return reason == null
        ? in.malformed("there is no instruction " + name)
        : in.refused(Reason.UNSUPPORTED, reason + " (" + name + ")");
  }

  private void branchTable() {
    int count = in.count("targets of a br_table", 1);
    figures.note(ModuleLimit.BRANCH_TARGETS, count, in);
    targets += count;
    for (int i = 0; i <= count; i++) {
      in.u32();
    }
    stack.branchTable(count);
  }

  private void memoryArgument() {
    long alignment = in.u32();
    if (alignment >= 2 * MULTI_MEMORY) {
      throw in.malformed("an alignment of 2 to the power of " + alignment);
    }
    if (alignment >= MULTI_MEMORY) {
      throw in.refused(Reason.UNSUPPORTED, "it names a memory, as if it had more than one");
    }
    in.u32();
  }

  private void block(int opcode) {
    int first = in.peek();
    if (first == EMPTY_BLOCK) {
      in.u8();
      stack.open(opcode, 0, 0);
    } else if (first > EMPTY_BLOCK && first < 0x80) {
      valueType();
      stack.open(opcode, 0, 1);
    } else {
      int type = blockType();
      stack.open(opcode, types.parameters(type), types.results(type));
    }
  }

  private int blockType() {
    long index = in.signed(33);
    if (index < 0) {
      throw in.malformed("a block's type is " + index);
    }
    for (long misread : MISREAD_BLOCK_TYPES) {
      if (index == misread) {
        throw in.refused(
            Reason.UNSUPPORTED,
            "a block has the type with index "
                + index
                + ", which the engine takes for something else");
      }
    }
    return (int) index;
  }

  /** One byte; refuses types whose values no reset could put back. */
  void valueType() {
    int type = in.u8();
    switch (type) {
      case 0x7F, 0x7E, 0x7D, 0x7C, FUNCTION_REFERENCE, HOST_REFERENCE -> {
        // Numbers, and references to functions or to objects of the host.
      }
      case 0x7B -> throw in.refused(Reason.UNSUPPORTED, "it uses SIMD (V128)");
      default -> throw refusedType(type);
    }
  }

  private void heapType() {
    int type = in.u8();
    if (type < FIRST_TYPE_CODE || type >= 0x80) {
      throw in.refused(Reason.UNSUPPORTED, TYPED_REFERENCES);
    }
    if (type != FUNCTION_REFERENCE && type != HOST_REFERENCE) {
      throw refusedType(type);
    }
  }

  private ModuleRefusedException refusedType(int type) {
    return switch (type) {
      case 0x69, 0x74 -> in.refused(Reason.UNSUPPORTED, "it uses exception handling");
      case 0x63, 0x64 -> in.refused(Reason.UNSUPPORTED, TYPED_REFERENCES);
      case 0x6A, 0x6B, 0x6C, 0x6D, 0x6E, 0x71, 0x72, 0x73 ->
          in.refused(Reason.UNSUPPORTED, "it uses garbage-collected objects");
      default -> in.malformed("0x" + Integer.toHexString(type) + " is no type of a value");
    };
  }
}
