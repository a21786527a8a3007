package org.wasmheap.endive;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.wasmheap.allocator.BlockLimit;
import org.wasmheap.guest.CallScope;
import org.wasmheap.guest.GuestFactory;
import org.wasmheap.memory.FlatMemory;
import org.wasmheap.memory.LinearMemory;
import run.endive.runtime.GlobalInstance;
import run.endive.runtime.Instance;
import run.endive.wasm.WasmEngineException;
import run.endive.wasm.types.ValType;

/**
 * An instance of a module: the engine's, with our memory under it and the call of the moment.
 *
 * <p>One thread's own. The engine's instance never leaves this class.
 */
final class EndiveInstance implements GuestFactory.Instance<EndiveGuest> {
  private static final Logger LOG = LoggerFactory.getLogger(EndiveInstance.class);

  private static final String HEAP_BASE = "__heap_base";

  /** The highest that the allocator takes. */
  private static final int MAX_HEAP_BASE = 0xFFFF_FFF7;

  private final FlatMemory memory;
  private final BlockLimit blockLimit;
  private final int heapBase;
  private final GuestTables tables;
  private final InstanceState state;
  private final GuestExports exports;
  private final CurrentScope scope = new CurrentScope();

  private EndiveInstance(
      LinkedModule code,
      FlatMemory memory,
      BlockLimit blockLimit,
      GuestTables tables,
      boolean initialise) {
    this.memory = memory;
    this.blockLimit = blockLimit;
    this.tables = tables;
    EndiveMemory view =
        new EndiveMemory(
            memory,
            pages -> scope.require().heap().growMemory(pages),
            initialise,
            code.segmentBytes());
    Instance engine =
        Instance.builder(code.wasm())
            .withImportValues(new GuestImports(scope).values(code, view))
            .withMemoryFactory(limits -> view)
            .withTableFactory(tables)
            .withMachineFactory(code.machines())
            .withStart(false)
            .build();
    this.exports = new GuestExports(code, engine);
    this.heapBase = heapBaseOf(engine);
    tables.open();
    this.state = new InstanceState(engine, view.segments(), tables, code.droppable());
  }

  /** What the tables hold after instantiation, for later instances to share. */
  List<int[][]> sealedTables() {
    return tables.sealed();
  }

  /** The first instance of a module, on a memory of zeros. */
  static EndiveInstance first(LinkedModule code, FlatMemory zeros, BlockLimit blockLimit) {
    return new EndiveInstance(code, zeros, blockLimit, new GuestTables(zeros, null, true), true);
  }

  /** A later instance, on a memory and tables that hold what the first one was made with. */
  static EndiveInstance later(
      LinkedModule code, FlatMemory pristine, BlockLimit blockLimit, List<int[][]> sealedTables) {
    boolean initialise = code.shape().hasStart();
    GuestTables tables = new GuestTables(pristine, sealedTables, initialise);
    if (!initialise) {
      return new EndiveInstance(code, pristine, blockLimit, tables, false);
    }
    // A start function expects what a fresh instance gives it; its effects are in the image.
    pristine.fill(0, (byte) 0, (int) pristine.sizeInBytes());
    EndiveInstance instance = new EndiveInstance(code, pristine, blockLimit, tables, true);
    pristine.restore();
    return instance;
  }

  private static int heapBaseOf(Instance engine) {
    try {
      GlobalInstance global = engine.exports().global(HEAP_BASE);
      if (!global.getType().equals(ValType.I32)) {
        throw new ModuleRefusedException(
            ModuleRefusedException.Reason.UNSUPPORTED,
            "module refused: its global "
                + HEAP_BASE
                + " is of type "
                + global.getType()
                + ", must be i32",
            null);
      }
      int base = (int) global.getValue();
      if (Integer.compareUnsigned(base, MAX_HEAP_BASE) > 0) {
        throw new ModuleRefusedException(
            ModuleRefusedException.Reason.UNSUPPORTED,
            "module refused: its heap would begin at "
                + Integer.toUnsignedLong(base)
                + ", too near the end of the address space",
            null);
      }
      return base;
    } catch (WasmEngineException e) {
      throw new ModuleRefusedException(
          ModuleRefusedException.Reason.UNSUPPORTED,
          "module refused: it exports no global " + HEAP_BASE + ", where its heap would begin",
          e);
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
    scope.set(opened);
    return new EndiveGuest(exports, opened);
  }

  @Override
  public void close() {
    scope.set(null);
    state.restore();
  }

  @Override
  public @Nullable String difference() {
    String inMemory = memory.difference();
    return inMemory != null ? inMemory : state.difference();
  }

  /**
   * {@inheritDoc} With its smallest array only: what this call or an earlier one had grown to is
   * neither put back nor looked at nor held, so that a call that fails costs no more than one that
   * does not.
   */
  @Override
  public @Nullable LinearMemory discard() {
    scope.set(null);
    memory.restoreHeld();
    String difference = memory.difference();
    if (difference == null) {
      return memory;
    }
    LOG.atError()
        .addKeyValue("event", "memory.not_restored")
        .addKeyValue("difference", difference)
        .log("The memory of a discarded instance could not be put back, and is dropped");
    return null;
  }
}
