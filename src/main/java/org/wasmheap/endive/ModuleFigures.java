package org.wasmheap.endive;

import com.google.common.primitives.ImmutableIntArray;
import java.util.EnumMap;
import org.wasmheap.endive.ModuleRefusedException.Reason;

/** What a module has of each thing that is limited: a sum, or the largest. One thread's own. */
final class ModuleFigures {
  private final EnumMap<ModuleLimit, Long> figures = new EnumMap<>(ModuleLimit.class);
  private final ImmutableIntArray.Builder functions = ImmutableIntArray.builder();

  long of(ModuleLimit limit) {
    return figures.getOrDefault(limit, 0L);
  }

  /**
   * Counts more of what is limited as a sum.
   *
   * @throws ModuleRefusedException if it is more than is allowed
   */
  void add(ModuleLimit limit, long more, WasmReader at) {
    set(limit, of(limit) + more, at);
  }

  /**
   * Notes one of what is limited each by itself.
   *
   * @throws ModuleRefusedException if it is more than is allowed
   */
  void note(ModuleLimit limit, long value, WasmReader at) {
    if (value > of(limit)) {
      set(limit, value, at);
    }
  }

  /**
   * Counts the code of the module's next own function: a target of a {@code br_table} takes the
   * engine as much memory as an instruction.
   */
  void addFunction(int instructions, int targets, WasmReader at) {
    add(ModuleLimit.INSTRUCTIONS, instructions, at);
    functions.add(instructions + targets);
  }

  /** How many instructions each of the module's own functions has, with targets of branches. */
  ImmutableIntArray functions() {
    return functions.build();
  }

  private void set(ModuleLimit limit, long value, WasmReader at) {
    if (value > limit.most()) {
      throw at.refused(Reason.TOO_LARGE, limit.exceededBy(value));
    }
    figures.put(limit, value);
  }
}
