package org.wasmheap.endive;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.wasmheap.text.Printable;
import run.endive.runtime.Instance;
import run.endive.runtime.Machine;
import run.endive.wasm.WasmModule;
import run.endive.wasm.types.Export;
import run.endive.wasm.types.ExternalType;
import run.endive.wasm.types.FunctionImport;
import run.endive.wasm.types.FunctionType;
import run.endive.wasm.types.ValType;

/**
 * A module and its code with the host functions that it imports: all that an instance needs but its
 * memory. Shared by all instances, and the same to all of them.
 */
final class LinkedModule {
  private static final String ALLOCATOR_MODULE = "env";
  private static final String MALLOC = "ext_allocator_malloc_version_1";
  private static final String FREE = "ext_allocator_free_version_1";

  private final WasmModule wasm;
  private final ModuleShape shape;
  private final List<FunctionImport> functionImports;
  private final ImmutableMap<String, HostFunction> hostFunctions;
  private final ImmutableMap<String, FunctionType> exportTypes;
  private final ImmutableList<String> missingImports;
  private final GuestCode code;
  private final SegmentBytes segmentBytes = new SegmentBytes();

  /**
   * Links.
   *
   * @throws ModuleRefusedException if the module cannot be put back after a call, or imports a
   *     function with another signature than it has
   */
  LinkedModule(WasmModule wasm, ImmutableMap<String, HostFunction> provided, GuestCode code) {
    this.wasm = wasm;
    this.shape = ModuleShape.of(wasm);
    this.functionImports =
        wasm.importSection().stream()
            .filter(FunctionImport.class::isInstance)
            .map(FunctionImport.class::cast)
            .toList();
    this.hostFunctions = provided;
    this.exportTypes = exportTypes(wasm);
    functionImports.forEach(this::requireSignature);
    this.missingImports =
        functionImports.stream()
            .filter(imported -> providedType(imported) == null)
            .map(LinkedModule::printableName)
            .distinct()
            .sorted()
            .collect(ImmutableList.toImmutableList());
    this.code = code;
  }

  private LinkedModule(LinkedModule checked, WasmModule wasm, GuestCode code) {
    this.wasm = wasm;
    this.shape = checked.shape;
    this.functionImports = checked.functionImports;
    this.hostFunctions = checked.hostFunctions;
    this.exportTypes = checked.exportTypes;
    this.missingImports = checked.missingImports;
    this.code = code;
  }

  /**
   * The same with its code.
   *
   * @param skeleton differs from what was linked in bodies of functions only
   */
  LinkedModule with(WasmModule skeleton, GuestCode compiled) {
    return new LinkedModule(this, skeleton, compiled);
  }

  /**
   * Host functions, as the constructor takes them.
   *
   * @throws IllegalArgumentException if one is {@code null}, or two have one name, or one has the
   *     name of the allocator's
   */
  static ImmutableMap<String, HostFunction> byName(List<HostFunction> provided) {
    Map<String, HostFunction> map = new LinkedHashMap<>();
    for (@Nullable HostFunction function : provided) {
      if (function == null) {
        throw new IllegalArgumentException(
            "host function " + map.size() + " of the list, counted from 0, is null");
      }
      String key = key(function.module(), function.name());
      if (key.equals(key(ALLOCATOR_MODULE, MALLOC)) || key.equals(key(ALLOCATOR_MODULE, FREE))) {
        throw new IllegalArgumentException(
            "the list has a host function "
                + printableName(function)
                + ", which is the allocator's and provided by this library: leave it out");
      }
      if (map.put(key, function) != null) {
        throw new IllegalArgumentException(
            "the list has two host functions "
                + printableName(function)
                + ": to put one's own in the place of the library's, take the library's out of the"
                + " list first");
      }
    }
    return ImmutableMap.copyOf(map);
  }

  /** Module and field name of an import, to be printed. */
  static String printableName(FunctionImport imported) {
    return Printable.name(imported.module()) + "." + Printable.name(imported.name());
  }

  /** Module and field name that a host function provides, to be printed. */
  static String printableName(HostFunction function) {
    return Printable.name(function.module()) + "." + Printable.name(function.name());
  }

  private static String key(String module, String name) {
    return module + "\0" + name;
  }

  private static ImmutableMap<String, FunctionType> exportTypes(WasmModule wasm) {
    int imported = wasm.importSection().count(ExternalType.FUNCTION);
    Map<String, FunctionType> types = new HashMap<>();
    for (int i = 0; i < wasm.exportSection().exportCount(); i++) {
      Export export = wasm.exportSection().getExport(i);
      if (export.exportType() == ExternalType.FUNCTION && export.index() >= imported) {
        types.put(
            export.name(),
            wasm.functionSection().getFunctionType(export.index() - imported, wasm.typeSection()));
      }
    }
    return ImmutableMap.copyOf(types);
  }

  private void requireSignature(FunctionImport imported) {
    FunctionType wanted = type(imported);
    FunctionType given = providedType(imported);
    if (given != null && !given.typesMatch(wanted)) {
      throw new ModuleRefusedException(
          ModuleRefusedException.Reason.UNSUPPORTED,
          "module refused: it imports "
              + printableName(imported)
              + " as "
              + wanted
              + ", the host provides it as "
              + given,
          null);
    }
  }

  private @Nullable FunctionType providedType(FunctionImport imported) {
    if (isMalloc(imported)) {
      return FunctionType.of(List.of(ValType.I32), List.of(ValType.I32));
    }
    if (isFree(imported)) {
      return FunctionType.of(List.of(ValType.I32), List.of());
    }
    HostFunction function = provided(imported);
    return function == null ? null : function.type();
  }

  static boolean isMalloc(FunctionImport imported) {
    return isAllocator(imported, MALLOC);
  }

  static boolean isFree(FunctionImport imported) {
    return isAllocator(imported, FREE);
  }

  private static boolean isAllocator(FunctionImport imported, String name) {
    return imported.module().equals(ALLOCATOR_MODULE) && imported.name().equals(name);
  }

  CodeCounts figures() {
    return code.figures();
  }

  /** How much is kept of classes that were not made yet, in bytes. */
  long waitingClassBytes() {
    return code.waitingClassBytes().getAsLong();
  }

  WasmModule wasm() {
    return wasm;
  }

  ModuleShape shape() {
    return shape;
  }

  DroppableSegments droppable() {
    return code.droppable();
  }

  /** The function imports that nobody provides, to be printed: sorted, each once. */
  ImmutableList<String> missingImports() {
    return missingImports;
  }

  Function<Instance, Machine> machines() {
    return code.machines();
  }

  SegmentBytes segmentBytes() {
    return segmentBytes;
  }

  List<FunctionImport> functionImports() {
    return functionImports;
  }

  FunctionType type(FunctionImport imported) {
    return wasm.typeSection().getType(imported.typeIndex());
  }

  /** The host function for an import; {@code null} if nobody provides it. */
  @Nullable HostFunction provided(FunctionImport imported) {
    return hostFunctions.get(key(imported.module(), imported.name()));
  }

  /** The type of an exported function; {@code null} if the module exports none of that name. */
  @Nullable FunctionType exportType(String name) {
    return exportTypes.get(name);
  }
}
