package org.wasmheap.endive;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.wasmheap.allocator.BlockLimit;
import org.wasmheap.memory.FlatMemory;
import org.wasmheap.memory.LinearMemory;
import org.wasmheap.pool.CallScope;
import org.wasmheap.pool.GuestFactory;
import run.endive.runtime.ExportFunction;
import run.endive.runtime.Instance;
import run.endive.wasm.WasmEngineException;

/**
 * An instance of a module: the engine's, with our memory under it and the call of the moment.
 *
 * <p>One thread's own. The engine's instance never leaves this class.
 */
final class EndiveInstance implements GuestFactory.Instance<EndiveGuest> {
  private static final String HEAP_BASE = "__heap_base";

  /** The highest that the allocator takes. */
  private static final int MAX_HEAP_BASE = 0xFFFF_FFF7;

  private final LinkedModule code;
  private final MemoryShelf shelf;
  private final FlatMemory memory;
  private final BlockLimit blockLimit;
  private final Instance engine;
  private final int heapBase;
  private final InstanceState state;
  private final Map<String, ExportFunction> exports = new HashMap<>();

  /** The call that runs, if one does. */
  private @Nullable CallScope scope;

  // Imports and memory refer to this object from the beginning, but use it in calls only.
  private EndiveInstance(
      LinkedModule code,
      MemoryShelf shelf,
      FlatMemory memory,
      BlockLimit blockLimit,
      boolean initialise) {
    this.code = code;
    this.shelf = shelf;
    this.memory = memory;
    this.blockLimit = blockLimit;
    EndiveMemory view = new EndiveMemory(memory, this::growMemory, initialise);
    this.engine =
        Instance.builder(code.wasm())
            .withImportValues(new GuestImports(this).values(code, view))
            .withMemoryFactory(limits -> view)
            .withMachineFactory(code.machines())
            .withStart(false)
            .build();
    this.heapBase = heapBaseOf(engine);
    this.state = new InstanceState(engine, view.segments(), code.shape().writesTables());
  }

  /** The first instance of a module, on a memory of zeros. */
  static EndiveInstance first(
      LinkedModule code, MemoryShelf shelf, FlatMemory zeros, BlockLimit blockLimit) {
    return new EndiveInstance(code, shelf, zeros, blockLimit, true);
  }

  /** A later instance, on a memory that holds the content of the module's image. */
  static EndiveInstance later(
      LinkedModule code, MemoryShelf shelf, FlatMemory pristine, BlockLimit blockLimit) {
    if (!code.shape().hasStart()) {
      return new EndiveInstance(code, shelf, pristine, blockLimit, false);
    }
    // A start function expects what a fresh instance gives it; its effects are in the image.
    pristine.fill(0, (byte) 0, (int) pristine.sizeInBytes());
    EndiveInstance instance = new EndiveInstance(code, shelf, pristine, blockLimit, true);
    pristine.restore();
    return instance;
  }

  private static int heapBaseOf(Instance engine) {
    try {
      int base = (int) engine.exports().global(HEAP_BASE).getValue();
      if (Integer.compareUnsigned(base, MAX_HEAP_BASE) > 0) {
        throw new ModuleRefusedException(
            "module refused: its heap would begin at "
                + Integer.toUnsignedLong(base)
                + ", too near the end of the address space",
            null);
      }
      return base;
    } catch (WasmEngineException e) {
      throw new ModuleRefusedException(
          "module refused: it exports no global " + HEAP_BASE + ", where its heap would begin", e);
    }
  }

  @Override
  public LinearMemory memory() {
    return memory;
  }

  @Override
  public int heapBase() {
    return heapBase;
  }

  @Override
  public BlockLimit blockLimit() {
    return blockLimit;
  }

  @Override
  public EndiveGuest open(CallScope opened) {
    scope = opened;
    return new EndiveGuest(this, opened);
  }

  @Override
  public void close() {
    scope = null;
    state.restore();
  }

  @Override
  public @Nullable String difference() {
    String inMemory = memory.difference();
    return inMemory != null ? inMemory : state.difference();
  }

  @Override
  public void discard() {
    scope = null;
    shelf.put(memory);
  }

  LinkedModule code() {
    return code;
  }

  /** The call that runs. */
  CallScope scope() {
    CallScope now = scope;
    if (now == null) {
      throw new ModuleRefusedException(
          "module refused: its start function uses the allocator, a host function or memory.grow",
          null);
    }
    return now;
  }

  private int growMemory(int deltaPages) {
    return scope().heap().growMemory(deltaPages);
  }

  /** An exported function; the same object each time. */
  ExportFunction export(String name) {
    ExportFunction known = exports.get(name);
    if (known == null) {
      known = engine.export(name);
      exports.put(name, known);
    }
    return known;
  }
}
