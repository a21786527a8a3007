package org.wasmheap.endive;

import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.wasmheap.allocator.BlockLimit;
import org.wasmheap.guest.GuestFactory;
import org.wasmheap.memory.FlatMemory;
import org.wasmheap.memory.LinearMemory;
import org.wasmheap.memory.MemoryImage;
import run.endive.runtime.Memory;
import run.endive.wasm.types.FunctionType;

/**
 * A compiled module that all its instances share: code, host functions, and the image of its memory
 * after instantiation.
 *
 * <ol>
 *   <li>Loading compiles the module and makes the first instance. What cannot be put back after a
 *       call is refused with a {@link ModuleRefusedException}.
 *   <li>The allocator is provided by this library. A call of an import that nobody provides fails
 *       as the host's doing, with the import's name; {@link #missingImports()} tells of them
 *       before.
 *   <li>The memory of a discarded instance serves a later one, after it was restored and compared
 *       with the image.
 * </ol>
 *
 * <p>Safe to use from any thread.
 */
public final class EndiveModule implements GuestFactory<EndiveGuest> {
  /** Above the heap base, what small calls write: held at all times, so they never materialise. */
  private static final int HOT_HEAP_BYTES = 1 << 16;

  /** No more is held for that, wherever a module puts its heap base. */
  private static final long MAX_HOT_BYTES = 16 << 20;

  private final LinkedModule code;
  private final BlockLimit blockLimit;
  private final MemoryImage image;

  /** What the tables of the first instance held; read by all others, written by nobody. */
  private final List<int[][]> tables;

  /** The instance that loading made, until a worker takes it by an atomic exchange. */
  private final AtomicReference<@Nullable EndiveInstance> first;

  /**
   * The logical size of a guest's memory.
   *
   * @param initialPages size at the beginning of each call, in pages
   * @param maximumPages the size it may grow to, in pages
   */
  public record MemorySize(int initialPages, int maximumPages) {}

  /** Decides the size of a module's memory from what the module declares. */
  @FunctionalInterface
  public interface MemorySizing {
    /**
     * Decides.
     *
     * @param initialPages declared initial size
     * @param maximumPages declared maximum, 65,536 if the module declares none
     * @return the size to use: at least {@code initialPages}; it may be more than {@code
     *     maximumPages}, which it overwrites
     */
    MemorySize size(int initialPages, int maximumPages);
  }

  /**
   * What became of a module's functions.
   *
   * @param functions how many of its own it has
   * @param interpreted of these, those that are too large for a method of the JVM (64 KiB of
   *     bytecode), so that the engine's interpreter runs them, at a small part of the speed
   * @param huge of the others, those of more than 8,000 bytes of bytecode, which HotSpot does not
   *     compile unless it runs with {@code -XX:-DontCompileHugeMethods}
   * @param fromStore whether the code came from a store, and nothing was compiled
   * @param classBytes how long its class files are, all together; of those that were made, the JVM
   *     has somewhat more in metaspace
   * @param waitingClassBytes what is kept in the Java heap of class files whose classes were not
   *     made yet, since no call needed them: deflated if there is a store
   * @param parsedInstructions how many instructions the engine keeps as objects in the Java heap,
   *     of some 100 bytes each: those of interpreted functions
   * @param imageBytes what is kept in the Java heap of memory as it is when a call begins, shared
   *     by all instances
   */
  public record CodeFigures(
      int functions,
      int interpreted,
      int huge,
      boolean fromStore,
      long classBytes,
      long waitingClassBytes,
      long parsedInstructions,
      int imageBytes) {}

  private EndiveModule(LinkedModule code, FlatMemory zeros, BlockLimit blockLimit) {
    this.code = code;
    this.blockLimit = blockLimit;
    EndiveInstance made = EndiveInstance.first(code, zeros, blockLimit);
    requireSmallContent(zeros);
    long hotBytes = Integer.toUnsignedLong(made.heapBase()) + HOT_HEAP_BYTES;
    this.tables = made.sealedTables();
    this.image = zeros.capture(Math.min(hotBytes, MAX_HOT_BYTES));
    this.first = new AtomicReference<>(made);
  }

  /** What a start function has written lies in the image and in each instance, as data does. */
  private static void requireSmallContent(FlatMemory memory) {
    long bytes = memory.materialisedBytes();
    // Arrays come in doubling sizes.
    if (bytes > 2L * ModuleLimit.DATA_END.most()) {
      throw new ModuleRefusedException(
          ModuleRefusedException.Reason.TOO_LARGE,
          "module refused: its start function writes so far up that the memory takes "
              + bytes
              + " bytes",
          null);
    }
  }

  /**
   * Loads a module: parses, checks, compiles, and makes its first instance.
   *
   * @param wasm the binary
   * @param sizing decides the size of its memory
   * @param provided host functions, beside the allocator's two
   * @param blockLimit the largest block
   * @return the module, ready to make instances
   * @throws ModuleRefusedException if the module is not valid, or cannot be put back after a call
   * @throws IllegalArgumentException if two host functions have one name, or one has the name of
   *     the allocator's
   * @throws IllegalStateException if the engine is missing, with the names of its artifacts
   */
  public static EndiveModule load(
      byte[] wasm, MemorySizing sizing, List<HostFunction> provided, BlockLimit blockLimit) {
    return load(wasm, sizing, provided, blockLimit, LoadOptions.DEFAULT);
  }

  /**
   * Loads a module: parses, checks, compiles, and makes its first instance.
   *
   * <p>That is done on a thread of its own, which is waited for until the deadline of the options.
   * When that has passed, or the calling thread is interrupted, the load is given up: this method
   * returns at once, and what the other thread comes to is dropped. A start function ends soon
   * after that; parsing and compiling end when they are done. While two loads that were given up
   * still run in the JVM, no other begins.
   *
   * @param wasm the binary
   * @param sizing decides the size of its memory; asked on the thread that loads
   * @param provided host functions, beside the allocator's two
   * @param blockLimit the largest block
   * @param options deadline, and what the module may have
   * @return the module, ready to make instances
   * @throws IllegalArgumentException if two host functions have one name, or one has the name of
   *     the allocator's
   * @throws ModuleRefusedException if the module is not valid, or cannot be put back after a call;
   *     if it was not loaded when the deadline passed; if the calling thread is interrupted, whose
   *     flag is set again; if two loads that were given up still run; {@link
   *     ModuleRefusedException#reason()} says which
   * @throws IllegalStateException if the engine is missing, with the names of its artifacts
   */
  public static EndiveModule load(
      byte[] wasm,
      MemorySizing sizing,
      List<HostFunction> provided,
      BlockLimit blockLimit,
      LoadOptions options) {
    Objects.requireNonNull(sizing, "sizing");
    Objects.requireNonNull(options, "options");
    OptionalParts.require();
    CompilerDirectives.apply();
    return TimedLoad.run(
        options.deadline(), () -> loadHere(wasm, sizing, provided, blockLimit, options));
  }

  /** Loads on the calling thread, for as long as that takes. */
  private static EndiveModule loadHere(
      byte[] wasm,
      MemorySizing sizing,
      List<HostFunction> provided,
      BlockLimit blockLimit,
      LoadOptions options) {
    GuestPreloader.begin(options.store());
    LoadSteps steps = new LoadSteps();
    LinkedModule code = ModuleLoader.load(wasm, LinkedModule.byName(provided), options, steps);
    ModuleShape shape = code.shape();
    MemorySize size = sizing.size(shape.initialPages(), shape.maximumPages());
    GuestPreloader.preloadImports(code);
    steps.did("preloadImports");
    GuestPreloader.await();
    steps.did("preloadWait");
    try {
      EndiveModule module = new EndiveModule(code, newMemory(size), blockLimit);
      steps.did("firstInstance");
      steps.log(code.figures());
      return module;
    } catch (RuntimeException | LinkageError | StackOverflowError | OutOfMemoryError e) {
      throw ModuleRefusals.ofInstance(e);
    }
  }

  /**
   * The engine's view of a memory, for who uses the engine without a pool: every store marks its
   * block, so that the memory can be put back. The one that instances of a pool have.
   *
   * @param memory what it shows; one thread's own
   * @return the view; its growth asks nobody
   */
  public static Memory view(FlatMemory memory) {
    return EndiveMemory.over(memory);
  }

  private static FlatMemory newMemory(MemorySize size) {
    if (size.initialPages() > FlatMemory.ADDRESSABLE_PAGES) {
      throw new ModuleRefusedException(
          ModuleRefusedException.Reason.TOO_LARGE,
          "module refused: its memory begins with "
              + size.initialPages()
              + " pages, and the engine addresses at most "
              + FlatMemory.ADDRESSABLE_PAGES,
          null);
    }
    return new FlatMemory(size.initialPages(), size.maximumPages());
  }

  /**
   * Makes an instance, on the calling thread. Its start function, if it has one, runs until it ends
   * or the thread is interrupted.
   *
   * @return an instance that nobody else uses
   * @throws ModuleRefusedException if the start function is interrupted, or fails, or the JVM has
   *     not the memory for the instance
   */
  @Override
  public Instance<EndiveGuest> create() {
    EndiveInstance ready = first.getAndSet(null);
    if (ready != null) {
      return ready;
    }
    try {
      return EndiveInstance.later(code, new FlatMemory(image), blockLimit, tables);
    } catch (RuntimeException | LinkageError | StackOverflowError | OutOfMemoryError e) {
      throw ModuleRefusals.ofInstance(e);
    }
  }

  /** {@inheritDoc} A memory of another module is not taken. */
  @Override
  public Instance<EndiveGuest> create(LinearMemory used) {
    if (!(used instanceof FlatMemory flat) || !flat.isOf(image)) {
      used.discharge();
      return create();
    }
    try {
      return EndiveInstance.later(code, flat, blockLimit, tables);
    } catch (RuntimeException | LinkageError | StackOverflowError | OutOfMemoryError e) {
      throw ModuleRefusals.ofInstance(e);
    }
  }

  /**
   * The type of an exported function.
   *
   * @param name name of the export
   * @return its type; {@code null} if the module exports no such function of its own
   */
  public @Nullable FunctionType exportType(String name) {
    return code.exportType(name);
  }

  /**
   * The functions that the module imports and nobody provides: a call that reaches one fails with
   * {@link org.wasmheap.guest.FailureKind#MISSING_IMPORT}.
   *
   * @return module and field name with a dot between, escaped so that they can be printed; sorted,
   *     each once, immutable
   */
  public List<String> missingImports() {
    return code.missingImports();
  }

  /**
   * Whether a guest is an instance of this module.
   *
   * @param guest of a call
   * @return {@code false} if another module, or this one loaded another time, made it
   */
  public boolean isOrigin(EndiveGuest guest) {
    return guest.isOf(code);
  }

  /**
   * What became of the module's functions, and what is kept of them now.
   *
   * @return a snapshot
   */
  public CodeFigures codeFigures() {
    CodeCounts counts = code.figures();
    return new CodeFigures(
        counts.functions(),
        counts.interpreted(),
        counts.huge(),
        counts.fromStore(),
        counts.classBytes(),
        code.waitingClassBytes(),
        ModuleReader.instructions(code.wasm()),
        image.contentBytes());
  }

  /**
   * Logical size at the beginning of each call.
   *
   * @return pages
   */
  public int initialPages() {
    return image.pages();
  }

  @Override
  public String toString() {
    return "EndiveModule[" + code.functionImports().size() + " imports, " + image + "]";
  }
}
