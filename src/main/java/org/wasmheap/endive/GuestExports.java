package org.wasmheap.endive;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import run.endive.runtime.ExportFunction;
import run.endive.runtime.Instance;
import run.endive.wasm.types.FunctionType;

/** The functions that an instance exports, each looked up once. One thread's own. */
final class GuestExports {
  private final LinkedModule code;
  private final Instance engine;
  private final Map<String, ExportFunction> functions = new HashMap<>();

  GuestExports(LinkedModule code, Instance engine) {
    this.code = code;
    this.engine = engine;
  }

  /** The type of a function; {@code null} if the module exports none of that name. */
  @Nullable FunctionType type(String name) {
    return code.exportType(name);
  }

  /** An exported function; the same object each time. */
  ExportFunction function(String name) {
    ExportFunction known = functions.get(name);
    if (known == null) {
      known = engine.export(name);
      functions.put(name, known);
    }
    return known;
  }

  boolean isOf(LinkedModule module) {
    return code == module;
  }
}
