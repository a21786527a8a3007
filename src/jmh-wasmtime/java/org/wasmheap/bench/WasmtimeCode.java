package org.wasmheap.bench;

import io.github.kawamuray.wasmtime.Engine;
import io.github.kawamuray.wasmtime.Extern;
import io.github.kawamuray.wasmtime.Func;
import io.github.kawamuray.wasmtime.ImportType;
import io.github.kawamuray.wasmtime.Instance;
import io.github.kawamuray.wasmtime.Memory;
import io.github.kawamuray.wasmtime.MemoryType;
import io.github.kawamuray.wasmtime.Module;
import io.github.kawamuray.wasmtime.Store;
import io.github.kawamuray.wasmtime.Val;
import io.github.kawamuray.wasmtime.WasmFunctions;
import io.github.kawamuray.wasmtime.WasmValType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.wasmheap.allocator.BlockLimit;
import org.wasmheap.allocator.FreeingBumpAllocator;
import org.wasmheap.host.SubstrateHostFunctions;
import org.wasmheap.memory.LinearMemory;

/**
 * A runtime compiled by wasmtime, and instances of it. Host functions are those that {@link
 * PlainInstance} has; each call of one goes through JNI, and so does each call of an entry. Used by
 * one thread.
 */
final class WasmtimeCode implements AutoCloseable {
  private static final int MAXIMUM_PAGES = 2069;

  private final Engine engine = new Engine();
  private final Module module;
  private final List<ImportType> imports;
  private final int heapBase;

  WasmtimeCode(byte[] wasm, int heapBase) {
    this.module = Module.fromBinary(engine, wasm);
    this.imports = List.of(module.imports());
    this.heapBase = heapBase;
  }

  Guest instantiate() {
    return new Guest();
  }

  @Override
  public void close() {
    module.dispose();
    engine.dispose();
  }

  /** An instance with a store of its own, whose native memory ends with {@link #close}. */
  final class Guest implements AutoCloseable {
    private final Store<Void> store = new Store<>(null, engine);
    private final List<Func> functions = new ArrayList<>();
    private final Memory memory;
    private final NativeMemory bytes;
    private final FreeingBumpAllocator allocator;
    private final Instance instance;

    private Guest() {
      MemoryType declared =
          imports.stream()
              .filter(each -> each.type() == ImportType.Type.MEMORY)
              .map(ImportType::memory)
              .findFirst()
              .orElseThrow();
      memory = new Memory(store, new MemoryType(declared.minimum(), false));
      bytes = new NativeMemory(store, memory);
      allocator = new FreeingBumpAllocator(bytes, heapBase, BlockLimit.ON_CHAIN);
      instance = new Instance(store, module, imports.stream().map(this::provide).toList());
    }

    private Extern provide(ImportType wanted) {
      if (wanted.type() == ImportType.Type.MEMORY) {
        return Extern.fromMemory(memory);
      }
      Func function =
          new Func(
              store,
              wanted.func(),
              (caller, arguments, results) -> host(wanted.name(), arguments, results));
      functions.add(function);
      return Extern.fromFunc(function);
    }

    private void host(String name, Val[] arguments, Val[] results) {
      switch (name) {
        case "ext_allocator_malloc_version_1" ->
            results[0] = Val.fromI32(allocator.allocate(arguments[0].i32()));
        case "ext_allocator_free_version_1" -> allocator.deallocate(arguments[0].i32());
        case "ext_logging_max_level_version_1" ->
            results[0] = Val.fromI32(SubstrateHostFunctions.DEFAULT_MAX_LOG_LEVEL);
        case "ext_logging_log_version_1" -> {}
        default -> throw new UnsupportedOperationException(name);
      }
    }

    /** A call with an empty input, whose result is copied out; the memory is not put back. */
    byte[] result(String entry) {
      allocator.reset();
      int input = allocator.allocate(0);
      try (Func function = instance.getFunc(store, entry).orElseThrow()) {
        long packed =
            WasmFunctions.func(store, function, WasmValType.I32, WasmValType.I32, WasmValType.I64)
                .call(input, 0);
        byte[] result = new byte[(int) (packed >>> 32)];
        bytes.read((int) packed, result, 0, result.length);
        return result;
      }
    }

    @Override
    public void close() {
      instance.dispose();
      functions.forEach(Func::dispose);
      memory.dispose();
      store.dispose();
    }
  }

  /** What the allocator sees of wasmtime's memory. Only the allocator grows it. */
  private static final class NativeMemory implements LinearMemory {
    private final Store<Void> store;
    private final Memory memory;
    private ByteBuffer buffer;

    NativeMemory(Store<Void> store, Memory memory) {
      this.store = store;
      this.memory = memory;
      this.buffer = bufferOf();
    }

    private ByteBuffer bufferOf() {
      return memory.buffer(store).order(ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public long sizeInBytes() {
      return buffer.capacity();
    }

    @Override
    public int maximumPages() {
      return MAXIMUM_PAGES;
    }

    @Override
    public boolean grow(int deltaPages) {
      boolean grown = memory.grow(store, deltaPages) >= 0;
      buffer = bufferOf();
      return grown;
    }

    @Override
    public long readLong(int address) {
      return buffer.getLong(address);
    }

    @Override
    public void writeLong(int address, long value) {
      buffer.putLong(address, value);
    }

    @Override
    public void read(int address, byte[] destination, int offset, int length) {
      buffer.get(address, destination, offset, length);
    }

    @Override
    public void write(int address, byte[] source, int offset, int length) {
      buffer.put(address, source, offset, length);
    }
  }
}
