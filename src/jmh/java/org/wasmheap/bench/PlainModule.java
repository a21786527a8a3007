package org.wasmheap.bench;

import java.util.function.Function;
import run.endive.runtime.ByteArrayMemory;
import run.endive.runtime.Instance;
import run.endive.runtime.Machine;
import run.endive.runtime.Memory;
import run.endive.wasm.Parser;
import run.endive.wasm.WasmModule;
import run.endive.wasm.types.MemoryLimits;

/**
 * A module compiled by the engine alone, for instances without this library. Immutable; the engine
 * lets any number of threads make instances of it.
 */
final class PlainModule {
  private final WasmModule module;
  private final Function<Instance, Machine> machines;
  private final int maximumPages;

  private PlainModule(byte[] wasm, int maximumPages) {
    this.module = Parser.parse(wasm);
    this.machines = PlainInstance.compile(module);
    this.maximumPages = maximumPages;
  }

  /**
   * Compiles.
   *
   * @param maximumPages that memories may grow to
   */
  static PlainModule of(byte[] wasm, int maximumPages) {
    return new PlainModule(wasm, maximumPages);
  }

  /** Westend with the largest memory that the static strategy gives it. */
  static PlainModule westend() {
    return of(BenchRuntime.code().wasm(), 2069);
  }

  /** A fresh instance on the memory that the engine's makers recommend. */
  Guest fresh() {
    return on(ByteArrayMemory::new);
  }

  /** A fresh instance on a memory of another kind. */
  Guest on(Function<MemoryLimits, Memory> memories) {
    Memory[] made = new Memory[1];
    PlainInstance instance =
        PlainInstance.of(
            module, machines, maximumPages, limits -> made[0] = memories.apply(limits));
    return new Guest(instance, made[0]);
  }

  /** An instance with its memory; one thread's at a time. */
  record Guest(PlainInstance instance, Memory memory) {
    /** Calls an entry, and copies its result out as a pool does. */
    byte[] result(String entry) {
      long packed = instance.call(entry);
      return memory.readBytes((int) packed, (int) (packed >>> 32));
    }
  }
}
