package org.wasmheap.endive;

import java.util.EnumMap;
import org.wasmheap.endive.ModuleRefusedException.Reason;

/** What a module has of each thing that is limited: a sum, or the largest. One thread's own. */
final class ModuleFigures {
  /** What the engine takes for one while it parses and compiles: measured, on JDK 17. */
  private static final int BYTES_OF_AN_INSTRUCTION = 110;

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

  /**
   * Holds what the engine takes for the code against the memory that the JVM may have. What is
   * beyond it would end in an error of the JVM, for whichever thread wants memory then.
   *
   * @param most bytes
   * @throws ModuleRefusedException if it is more
   */
  void requireMemory(long most) {
    long instructions = of(ModuleLimit.INSTRUCTIONS);
    long bytes = instructions * BYTES_OF_AN_INSTRUCTION;
    if (bytes > most) {
      throw new ModuleRefusedException(
          Reason.TOO_LARGE,
          "module refused: its "
              + instructions
              + " instructions take the engine some "
              + (bytes >> 20)
              + " MiB to parse and compile, and the JVM may have "
              + (most >> 20)
              + "; raise -Xmx",
          null);
    }
  }

  private void set(ModuleLimit limit, long value, WasmReader at) {
    if (value > limit.most()) {
      throw at.refused(Reason.TOO_LARGE, limit.exceededBy(value));
    }
    figures.put(limit, value);
  }
}
