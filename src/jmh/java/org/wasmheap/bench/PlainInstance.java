package org.wasmheap.bench;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.wasmheap.allocator.BlockLimit;
import org.wasmheap.allocator.FreeingBumpAllocator;
import org.wasmheap.endive.EndiveModule;
import org.wasmheap.host.SubstrateHostFunctions;
import org.wasmheap.memory.FlatMemory;
import org.wasmheap.memory.LinearMemory;
import run.endive.compiler.InterpreterFallback;
import run.endive.compiler.MachineFactoryCompiler;
import run.endive.runtime.ByteArrayMemory;
import run.endive.runtime.ImportFunction;
import run.endive.runtime.ImportMemory;
import run.endive.runtime.ImportValues;
import run.endive.runtime.Instance;
import run.endive.runtime.Machine;
import run.endive.runtime.Memory;
import run.endive.wasm.WasmModule;
import run.endive.wasm.types.FunctionImport;
import run.endive.wasm.types.MemoryImport;
import run.endive.wasm.types.MemoryLimits;

/**
 * An instance of a runtime on the engine's own memory, as one would make it without this library.
 */
final class PlainInstance {
  private final Instance instance;
  private final FreeingBumpAllocator allocator;

  /** Our memory, which is put back after each call; absent on the engine's. */
  private final @Nullable FlatMemory flat;

  private PlainInstance(
      WasmModule module,
      Function<Instance, Machine> machines,
      int maximumPages,
      Function<MemoryLimits, Memory> memories,
      @Nullable FlatMemory tracked) {
    MemoryImport imported =
        module.importSection().stream()
            .filter(MemoryImport.class::isInstance)
            .map(MemoryImport.class::cast)
            .findFirst()
            .orElseThrow();
    Memory memory =
        memories.apply(new MemoryLimits(imported.limits().initialPages(), maximumPages));
    FreeingBumpAllocator[] own = new FreeingBumpAllocator[1];
    ImportValues.Builder imports =
        ImportValues.builder()
            .addMemory(new ImportMemory(imported.module(), imported.name(), memory));
    module.importSection().stream()
        .filter(FunctionImport.class::isInstance)
        .map(FunctionImport.class::cast)
        .forEach(
            each ->
                imports.addFunction(
                    new ImportFunction(
                        each.module(),
                        each.name(),
                        module.typeSection().getType(each.typeIndex()),
                        (engine, arguments) -> call(each.name(), own[0], arguments))));
    instance =
        Instance.builder(module)
            .withImportValues(imports.build())
            .withMachineFactory(machines)
            .withStart(false)
            .build();
    allocator =
        new FreeingBumpAllocator(
            tracked == null ? new EngineMemory(memory) : tracked,
            (int) instance.exports().global("__heap_base").getValue(),
            BlockLimit.ON_CHAIN);
    own[0] = allocator;
    flat = tracked;
    if (tracked != null) {
      tracked.capture(allocator.heapBase() + LinearMemory.PAGE_SIZE);
    }
  }

  static Function<Instance, Machine> compile(WasmModule module) {
    MachineFactoryCompiler.Builder compiler =
        MachineFactoryCompiler.builder(module).withInterpreterFallback(InterpreterFallback.SILENT);
    // The same code, found faster: compiling is no part of what is measured.
    BenchRuntime.codeFolder()
        .ifPresent(folder -> compiler.withCache(new CompiledCode(folder.resolve("plain"))));
    return compiler.compile();
  }

  /** On the memory that the engine's makers recommend. */
  static PlainInstance of(
      WasmModule module, Function<Instance, Machine> machines, int maximumPages) {
    return of(module, machines, maximumPages, ByteArrayMemory::new);
  }

  static PlainInstance of(
      WasmModule module,
      Function<Instance, Machine> machines,
      int maximumPages,
      Function<MemoryLimits, Memory> memories) {
    return new PlainInstance(module, machines, maximumPages, memories, null);
  }

  /** On the memory of pooled instances, without the pool. */
  static PlainInstance tracked(
      WasmModule module, Function<Instance, Machine> machines, FlatMemory memory) {
    return new PlainInstance(
        module, machines, memory.maximumPages(), limits -> EndiveModule.view(memory), memory);
  }

  private static long[] call(String name, FreeingBumpAllocator allocator, long[] arguments) {
    return switch (name) {
      case "ext_allocator_malloc_version_1" -> new long[] {allocator.allocate((int) arguments[0])};
      case "ext_allocator_free_version_1" -> {
        allocator.deallocate((int) arguments[0]);
        yield new long[0];
      }
      // What the pool's host functions say too, so that the guest does the same here and there.
      case "ext_logging_max_level_version_1" ->
          new long[] {SubstrateHostFunctions.DEFAULT_MAX_LOG_LEVEL};
      case "ext_logging_log_version_1" -> new long[0];
      default -> throw new UnsupportedOperationException(name);
    };
  }

  /** A call with an empty input, after which our memory is pristine; gives the packed result. */
  long call(String export) {
    allocator.reset();
    int input = allocator.allocate(0);
    long result = instance.export(export).apply(input, 0)[0];
    if (flat != null) {
      flat.restore();
    }
    return result;
  }

  /** The engine's own way back: globals, tables, zeros, data segments. */
  void initialise() {
    instance.memory().zero();
    instance.initialize(false);
  }

  /** What the allocator sees of the engine's memory. */
  private record EngineMemory(Memory memory) implements LinearMemory {
    @Override
    public long sizeInBytes() {
      return (long) memory.pages() * PAGE_SIZE;
    }

    @Override
    public int maximumPages() {
      return memory.maximumPages();
    }

    @Override
    public boolean grow(int deltaPages) {
      return memory.grow(deltaPages) >= 0;
    }

    @Override
    public long readLong(int address) {
      return memory.readLong(address);
    }

    @Override
    public void writeLong(int address, long value) {
      memory.writeLong(address, value);
    }

    @Override
    public void read(int address, byte[] destination, int offset, int length) {
      System.arraycopy(memory.readBytes(address, length), 0, destination, offset, length);
    }

    @Override
    public void write(int address, byte[] source, int offset, int length) {
      memory.write(address, source, offset, length);
    }
  }
}
