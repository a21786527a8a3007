package org.wasmheap.endive;

import org.jspecify.annotations.Nullable;
import org.wasmheap.text.Printable;
import run.endive.wasm.WasmModule;
import run.endive.wasm.types.ExternalType;
import run.endive.wasm.types.Import;
import run.endive.wasm.types.MemoryImport;
import run.endive.wasm.types.MemoryLimits;

/**
 * What of a module matters to the pool, and the refusals of what could not be put back.
 *
 * @param memoryImport where the memory is imported from, {@code null} if the module defines it
 * @param initialPages declared initial size
 * @param maximumPages declared maximum, 65,536 if none is declared
 * @param hasStart whether instantiation runs guest code
 */
record ModuleShape(
    @Nullable MemoryImport memoryImport, int initialPages, int maximumPages, boolean hasStart) {

  /** Reads the shape of a module, or refuses it. */
  static ModuleShape of(WasmModule module) {
    MemoryImport imported = refuseImports(module);
    int defined = module.memorySection().map(section -> section.memoryCount()).orElse(0);
    if (defined + (imported == null ? 0 : 1) != 1) {
      throw refused(
          "it has " + (defined + (imported == null ? 0 : 1)) + " memories, must have one");
    }
    MemoryLimits limits =
        imported != null
            ? imported.limits()
            : module.memorySection().orElseThrow().getMemory(0).limits();
    if (limits.shared()) {
      throw refused("its memory is shared between threads");
    }
    if (module.tagSection().map(section -> section.tagCount()).orElse(0) > 0) {
      throw refused("it uses exception handling");
    }
    refuseObjects(module);
    return new ModuleShape(
        imported, limits.initialPages(), limits.maximumPages(), module.startSection().isPresent());
  }

  private static @Nullable MemoryImport refuseImports(WasmModule module) {
    MemoryImport memory = null;
    for (int i = 0; i < module.importSection().importCount(); i++) {
      Import each = module.importSection().getImport(i);
      if (each instanceof MemoryImport found) {
        if (memory != null) {
          throw refused("it imports more than one memory");
        }
        memory = found;
      } else if (each.importType() != ExternalType.FUNCTION) {
        throw refused(
            "it imports the "
                + each.importType().name().toLowerCase(java.util.Locale.ROOT)
                + " "
                + Printable.name(each.module())
                + "."
                + Printable.name(each.name())
                + ", and only functions and a memory can be provided");
      }
    }
    return memory;
  }

  /** Refuses places for references to objects, which an image of numbers cannot hold. */
  private static void refuseObjects(WasmModule module) {
    for (int i = 0; i < module.globalSection().globalCount(); i++) {
      if (module.globalSection().getGlobal(i).valueType().isObjectRef()) {
        throw refused("it has a global that refers to an object of the host or of GC");
      }
    }
    for (int i = 0; i < module.tableSection().tableCount(); i++) {
      if (module.tableSection().getTable(i).elementType().isObjectRef()) {
        throw refused("it has a table of references to objects of the host or of GC");
      }
    }
  }

  private static ModuleRefusedException refused(String why) {
    return new ModuleRefusedException(
        ModuleRefusedException.Reason.UNSUPPORTED, "module refused: " + why, null);
  }
}
