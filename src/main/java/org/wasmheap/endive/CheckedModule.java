package org.wasmheap.endive;

import com.google.common.primitives.ImmutableIntArray;

/**
 * A module that {@link ModuleCheck} let through: what the engine is to see, and how much code each
 * of its functions has. Immutable, as nobody writes to the array.
 */
final class CheckedModule {
  private final byte[] wasm;
  private final ImmutableIntArray instructions;

  CheckedModule(byte[] wasm, ImmutableIntArray instructions) {
    this.wasm = wasm;
    this.instructions = instructions;
  }

  /** Its bytes. */
  byte[] wasm() {
    return wasm;
  }

  /** How many instructions each of its own functions has, with targets of branches. */
  ImmutableIntArray instructions() {
    return instructions;
  }
}
