package org.wasmheap.endive;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.ByteArrayInputStream;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.memory.GrowthRefusedException;
import org.wasmheap.text.Printable;
import run.endive.compiler.InterpreterFallback;
import run.endive.compiler.MachineFactoryCompiler;
import run.endive.runtime.Instance;
import run.endive.runtime.InterpreterMachine;
import run.endive.runtime.Machine;
import run.endive.wasm.Parser;
import run.endive.wasm.WasmEngineException;
import run.endive.wasm.WasmModule;
import run.endive.wasm.types.Export;
import run.endive.wasm.types.ExternalType;
import run.endive.wasm.types.FunctionImport;
import run.endive.wasm.types.FunctionType;
import run.endive.wasm.types.NameCustomSection;
import run.endive.wasm.types.ValType;

/**
 * A compiled module with the host functions that it imports: all that an instance needs but its
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
  private final DroppableSegments droppable;
  private final ImmutableList<String> missingImports;
  private final Function<Instance, Machine> machines;
  private final SegmentBytes segmentBytes = new SegmentBytes();

  /**
   * Checks, links and compiles.
   *
   * @throws ModuleRefusedException if the module cannot be put back after a call, or imports a
   *     function with another signature than it has
   */
  LinkedModule(WasmModule wasm, ImmutableMap<String, HostFunction> provided, boolean interpreted) {
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
    this.droppable = DroppableSegments.of(wasm);
    this.missingImports =
        functionImports.stream()
            .filter(imported -> providedType(imported) == null)
            .map(LinkedModule::printableName)
            .distinct()
            .sorted()
            .collect(ImmutableList.toImmutableList());
    this.machines = interpreted ? InterpreterMachine::new : compile(wasm);
  }

  private LinkedModule(LinkedModule compiled, Function<Instance, Machine> machines) {
    this.wasm = compiled.wasm;
    this.shape = compiled.shape;
    this.functionImports = compiled.functionImports;
    this.hostFunctions = compiled.hostFunctions;
    this.exportTypes = compiled.exportTypes;
    this.droppable = compiled.droppable;
    this.missingImports = compiled.missingImports;
    this.machines = machines;
  }

  /** The same, run by the interpreter, as the engine runs functions that are too large for it. */
  LinkedModule interpreted() {
    return new LinkedModule(this, InterpreterMachine::new);
  }

  /**
   * Checks what the binary claims, rewrites its floating-point code, parses and links.
   *
   * @throws ModuleRefusedException as the constructor does, and if the binary is malformed, too
   *     large, or has what the options do not allow
   */
  static LinkedModule parse(
      byte[] wasm, ImmutableMap<String, HostFunction> provided, LoadOptions options) {
    try {
      byte[] steady = ModuleCheck.steady(wasm, options.floatArithmetic());
      // Nothing needs the names of functions, and the engine's parser of them believes any count.
      Parser parser =
          Parser.builder()
              .withCustomParsers(Map.of("name", names -> NameCustomSection.parse(new byte[0])))
              .build();
      WasmModule module = parser.parse(() -> new ByteArrayInputStream(steady));
      return new LinkedModule(module, provided, options.interpreted());
    } catch (ModuleRefusedException e) {
      throw e;
    } catch (WasmEngineException e) {
      throw refused(ModuleRefusedException.Reason.INVALID, reason(e), e);
    } catch (RuntimeException | AssertionError | StackOverflowError e) {
      // Parser and compiler guard neither each length nor each stack of a hostile binary.
      throw new ModuleRefusedException(
          ModuleRefusedException.Reason.INVALID,
          "module refused: it is malformed (" + Printable.text(e.toString()) + ")",
          e);
    } catch (OutOfMemoryError e) {
      throw new ModuleRefusedException(
          ModuleRefusedException.Reason.TOO_LARGE,
          "module refused: the JVM has not the memory to parse and compile it",
          e);
    }
  }

  /**
   * A failure of making an instance, as callers see it. Here, since {@link EndiveModule} must be
   * linked without the engine, to say that it is missing.
   */
  static ModuleRefusedException refusal(Throwable failure) {
    if (failure instanceof ModuleRefusedException known) {
      return known;
    }
    RuntimeException kind = GuestFailures.classified(failure);
    if (kind instanceof GrowthRefusedException) {
      return refused(ModuleRefusedException.Reason.TOO_LARGE, kind.getMessage(), failure);
    }
    return switch (kind instanceof CallException call ? call.kind() : FailureKind.of(kind)) {
      case INTERRUPTED ->
          refused(
              ModuleRefusedException.Reason.INTERRUPTED,
              "its start function was interrupted, which says nothing of the module",
              failure);
      case OUT_OF_MEMORY ->
          refused(
              ModuleRefusedException.Reason.TOO_LARGE,
              "the JVM has not the memory for an instance of it",
              failure);
      case STACK_OVERFLOW ->
          refused(
              ModuleRefusedException.Reason.TOO_LARGE,
              "its start function needs more stack than the thread has",
              failure);
      case MISSING_IMPORT ->
          refused(
              ModuleRefusedException.Reason.UNSUPPORTED,
              "its start function fails: " + kind.getMessage(),
              failure);
      case TRAP ->
          refused(
              ModuleRefusedException.Reason.INVALID,
              "its start function fails: " + kind.getMessage(),
              failure);
      default ->
          failure instanceof WasmEngineException engine
              ? refused(ModuleRefusedException.Reason.INVALID, reason(engine), failure)
              : refused(ModuleRefusedException.Reason.UNSUPPORTED, kind.getMessage(), failure);
    };
  }

  private static ModuleRefusedException refused(
      ModuleRefusedException.Reason reason, @Nullable String why, Throwable cause) {
    return new ModuleRefusedException(reason, "module refused: " + why, cause);
  }

  /** The engine's own words, but where they do not say what the matter is. */
  private static String reason(WasmEngineException e) {
    String message = String.valueOf(e.getMessage());
    return Printable.text(
        message.contains("invalid memory limit")
            ? "its memory has 64-bit addresses, or limits that are malformed (" + message + ")"
            : message);
  }

  private static Function<Instance, Machine> compile(WasmModule wasm) {
    // Silent: the engine would print to standard error for each function that it interprets.
    return MachineFactoryCompiler.builder(wasm)
        .withInterpreterFallback(InterpreterFallback.SILENT)
        .compile();
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

  EndiveModule.CodeFigures figures() {
    return new EndiveModule.CodeFigures(wasm.functionSection().functionCount(), 0, 0, false);
  }

  WasmModule wasm() {
    return wasm;
  }

  ModuleShape shape() {
    return shape;
  }

  DroppableSegments droppable() {
    return droppable;
  }

  /** The function imports that nobody provides, to be printed: sorted, each once. */
  ImmutableList<String> missingImports() {
    return missingImports;
  }

  Function<Instance, Machine> machines() {
    return machines;
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
