package org.wasmheap.endive;

import com.google.common.primitives.ImmutableIntArray;
import java.util.BitSet;
import run.endive.wasm.WasmModule;
import run.endive.wasm.types.FunctionBody;
import run.endive.wasm.types.Instruction;
import run.endive.wasm.types.OpCode;

/**
 * The segments that a module's code names in {@code data.drop} and {@code elem.drop}: no others can
 * change. Immutable, shared by all instances.
 *
 * @param data numbers of data segments, ascending
 * @param elements numbers of element segments, ascending
 */
record DroppableSegments(ImmutableIntArray data, ImmutableIntArray elements) {
  static final DroppableSegments NONE =
      new DroppableSegments(ImmutableIntArray.of(), ImmutableIntArray.of());

  /** Those of both. */
  DroppableSegments and(DroppableSegments other) {
    return new DroppableSegments(union(data, other.data), union(elements, other.elements));
  }

  private static ImmutableIntArray union(ImmutableIntArray one, ImmutableIntArray other) {
    BitSet all = new BitSet();
    one.forEach(all::set);
    other.forEach(all::set);
    return ImmutableIntArray.copyOf(all.stream());
  }

  /** Looks through the code of a module that the engine has found valid. */
  static DroppableSegments of(WasmModule wasm) {
    BitSet data = new BitSet();
    BitSet elements = new BitSet();
    for (FunctionBody body : wasm.codeSection().functionBodies()) {
      for (Instruction instruction : body.instructions()) {
        if (instruction.opcode() == OpCode.DATA_DROP) {
          data.set((int) instruction.operand(0));
        } else if (instruction.opcode() == OpCode.ELEM_DROP) {
          elements.set((int) instruction.operand(0));
        }
      }
    }
    return new DroppableSegments(
        ImmutableIntArray.copyOf(data.stream()), ImmutableIntArray.copyOf(elements.stream()));
  }
}
