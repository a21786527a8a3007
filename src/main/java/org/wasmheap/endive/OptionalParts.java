package org.wasmheap.endive;

/** The engine, which an embedder may have left out. */
final class OptionalParts {
  private OptionalParts() {}

  /**
   * Looks for its three parts, without initialising anything.
   *
   * @throws IllegalStateException if one is missing, with a sentence that names the artifacts
   */
  static void require() {
    require("run.endive.wasm.Parser");
    require("run.endive.runtime.Instance");
    require("run.endive.compiler.MachineFactoryCompiler");
  }

  private static void require(String type) {
    try {
      Class.forName(type, false, OptionalParts.class.getClassLoader());
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(
          "the Endive engine is missing: add run.endive:runtime, run.endive:wasm and"
              + " run.endive:compiler 1.0.0"
              + (OptionalParts.class.getModule().isNamed()
                  ? "; on the module path, require run.endive.runtime, run.endive.wasm and"
                      + " run.endive.compiler, or name them with --add-modules"
                  : ""),
          e);
    }
  }
}
