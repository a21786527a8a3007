package org.wasmheap.endive;

import com.google.common.collect.ImmutableMap;
import java.util.function.Function;
import run.endive.runtime.Instance;
import run.endive.runtime.Machine;
import run.endive.wasm.WasmModule;

/**
 * What the pool makes of a module, for instances on a memory of the engine's own: its classes,
 * large switches split, and the compilers told what the pool tells them. {@link EndiveMemory} is
 * not loaded, so that the engine's memory is the only one that the JVM knows.
 *
 * @param module to be instantiated
 * @param machines what runs it
 */
public record PoolsCode(WasmModule module, Function<Instance, Machine> machines) {
  /**
   * Loads a module as the pool does, without an instance.
   *
   * @param wasm the binary
   * @param options how, with a store for what is compiled
   */
  public static PoolsCode load(byte[] wasm, LoadOptions options) {
    CompilerDirectives.apply();
    LinkedModule linked = ModuleLoader.load(wasm, ImmutableMap.of(), options);
    return new PoolsCode(linked.wasm(), linked.machines());
  }
}
