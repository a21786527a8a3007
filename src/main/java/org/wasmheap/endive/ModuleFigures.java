package org.wasmheap.endive;

import java.util.EnumMap;
import org.wasmheap.endive.ModuleRefusedException.Reason;

/** What a module has of each thing that is limited: a sum, or the largest. One thread's own. */
final class ModuleFigures {
  private final EnumMap<ModuleLimit, Long> figures = new EnumMap<>(ModuleLimit.class);

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

  private void set(ModuleLimit limit, long value, WasmReader at) {
    if (value > limit.most()) {
      throw at.refused(Reason.TOO_LARGE, limit.exceededBy(value));
    }
    figures.put(limit, value);
  }
}
