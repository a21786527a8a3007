package org.wasmheap.runtime;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.wasmheap.allocator.BlockLimit;
import org.wasmheap.endive.EndiveGuest;
import org.wasmheap.endive.EndiveModule;
import org.wasmheap.endive.HostFunction;
import org.wasmheap.endive.LoadOptions;
import org.wasmheap.endive.ModuleRefusedException;
import org.wasmheap.endive.PointerSize;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.guest.GuestCall;
import org.wasmheap.guest.GuestFactory;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.memory.LinearMemory;
import org.wasmheap.pool.CallOptions;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.text.Printable;
import run.endive.wasm.types.FunctionType;
import run.endive.wasm.types.ValType;

/**
 * A Substrate runtime, loaded: makes the instances of an executor, and the calls of its exports by
 * the convention that all runtimes follow.
 *
 * <p>The convention: the input is placed in the guest's heap by the allocator, also when it is
 * empty; the export takes its pointer and length, and returns the result's pointer in the low and
 * its length in the high half of an i64; the result is checked against the memory and copied out.
 *
 * <p>Safe to use from any thread.
 */
public final class SubstrateRuntime implements GuestFactory<EndiveGuest> {
  /** Apart, so that nothing touches the engine before loading has looked for it. */
  private static final class Entry {
    static final FunctionType TYPE =
        FunctionType.of(List.of(ValType.I32, ValType.I32), List.of(ValType.I64));

    private Entry() {}
  }

  private static final String VERSION = "Core_version";

  /** What its executor gets when the version is known, or does not come. */
  private static final Duration NO_TIME = Duration.ofMillis(1);

  private final RuntimeCode code;
  private final HeapStrategy strategy;
  private final EndiveModule module;

  private SubstrateRuntime(RuntimeCode code, HeapStrategy strategy, EndiveModule module) {
    this.code = code;
    this.strategy = strategy;
    this.module = module;
  }

  /**
   * Loads a runtime for on-chain calls: compiles it and makes its first instance, which takes
   * seconds for a large one, as {@link LoadOptions#DEFAULT} says. It may compute with
   * floating-point numbers: real runtimes that can parse JSON hold such code. What comes out has
   * the same bits on every machine and in every call. {@link LoadOptions#WITHOUT_FLOATS} refuses
   * such code.
   *
   * @param code what to load
   * @param strategy the size of its memory
   * @param hostFunctions what it may import, beside the allocator
   * @return the runtime
   * @throws ModuleRefusedException if the code is no valid module, or cannot be put back after a
   *     call; if the deadline passes, the calling thread is interrupted, or too many loads that
   *     were given up still run
   * @throws IllegalArgumentException if the strategy does not fit the module
   * @throws IllegalStateException if the engine is missing, with the names of its artifacts
   */
  public static SubstrateRuntime load(
      RuntimeCode code, HeapStrategy strategy, List<HostFunction> hostFunctions) {
    return load(code, strategy, hostFunctions, LoadOptions.DEFAULT);
  }

  /**
   * Loads a runtime for on-chain calls, as its caller wants it loaded, on a thread of its own that
   * is waited for until the deadline: {@link EndiveModule#load(byte[], EndiveModule.MemorySizing,
   * List, BlockLimit, LoadOptions)} has the details.
   *
   * @param code what to load
   * @param strategy the size of its memory
   * @param hostFunctions what it may import, beside the allocator
   * @param options deadline, whether the runtime may compute with floating-point numbers, and a
   *     store of compiled code, where this one has its code hash as name
   * @return the runtime
   * @throws ModuleRefusedException if the code is no valid module, or cannot be put back after a
   *     call; if the deadline passes, the calling thread is interrupted, or too many loads that
   *     were given up still run
   * @throws IllegalArgumentException if the strategy does not fit the module
   * @throws IllegalStateException if the engine is missing, with the names of its artifacts
   */
  public static SubstrateRuntime load(
      RuntimeCode code,
      HeapStrategy strategy,
      List<HostFunction> hostFunctions,
      LoadOptions options) {
    LoadOptions named = options.withCodeName(code.codeHashHex());
    EndiveModule module =
        EndiveModule.load(code.wasm(), strategy, hostFunctions, BlockLimit.ON_CHAIN, named);
    return new SubstrateRuntime(code, strategy, module);
  }

  @Override
  public Instance<EndiveGuest> create() {
    return module.create();
  }

  @Override
  public Instance<EndiveGuest> create(LinearMemory used) {
    return module.create(used);
  }

  /**
   * The work of calling an entry, for an executor that this runtime makes the instances of. On
   * another runtime's executor, also on one of the same code loaded another time, the call fails as
   * the host's doing, and no guest code runs.
   *
   * @param export name of a runtime entry, such as {@code Core_version}; names the call, too
   * @param input SCALE-encoded arguments; not copied, must not change until the call ends
   * @return work whose result is the export's result, copied out of the guest's memory
   * @throws IllegalArgumentException if the runtime has no such entry
   */
  public GuestCall<EndiveGuest, byte[]> call(String export, byte[] input) {
    if (!hasEntry(export)) {
      throw new IllegalArgumentException(
          "the runtime exports no entry '" + Printable.name(export) + "'");
    }
    return new EntryCall(this, export, input);
  }

  /** A call of an entry by the convention. */
  private static final class EntryCall implements GuestCall<EndiveGuest, byte[]> {
    private final SubstrateRuntime runtime;
    private final String name;
    private final byte[] input;

    EntryCall(SubstrateRuntime runtime, String name, byte[] input) {
      this.runtime = runtime;
      this.name = name;
      this.input = input;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public byte[] run(EndiveGuest guest) {
      if (!runtime.module.isOrigin(guest)) {
        throw new CallException(
            FailureKind.HOST_FUNCTION,
            "a call of "
                + runtime
                + " was given to the executor of another runtime, or of the same code loaded another"
                + " time; give it to one that was built with the runtime that made the call",
            null);
      }
      HeapHandle heap = guest.heap();
      int pointer = heap.malloc(input.length);
      heap.write(pointer, input);
      long packed = guest.call(name, pointer, input.length)[0];
      return result(heap, name, PointerSize.of(packed));
    }
  }

  private static byte[] result(HeapHandle heap, String export, PointerSize range) {
    if (range.end() > heap.memoryBytes()) {
      CallException failure =
          new CallException(
              FailureKind.RESULT_OUT_OF_BOUNDS,
              "'"
                  + Printable.name(export)
                  + "' returned "
                  + range.size()
                  + " bytes at address "
                  + Integer.toUnsignedLong(range.pointer())
                  + ", outside its memory of "
                  + heap.memoryBytes()
                  + " bytes",
              null);
      heap.fail(failure);
      throw failure;
    }
    return heap.read(range.pointer(), (int) range.size());
  }

  /**
   * Which version the runtime is: what its custom sections say, or else what {@code Core_version}
   * gives on an instance of its own.
   *
   * @param limit how long that may take at most, more than zero
   * @param context for the host functions of that call, if it is made
   * @return SCALE, for {@link RuntimeVersion#decode}; empty if the runtime has no version on any
   *     node: its sections are damaged, it has no such entry, or the call fails by its own doing
   * @throws CallException if the host failed at the call
   * @throws InterruptedException if the calling thread is interrupted
   */
  public Optional<byte[]> version(Duration limit, Object context) throws InterruptedException {
    try {
      Optional<RuntimeVersion> embedded = RuntimeVersion.read(code);
      if (embedded.isPresent()) {
        return embedded.map(RuntimeVersion::encode);
      }
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
    return hasEntry(VERSION) ? ask(limit, context) : Optional.empty();
  }

  private Optional<byte[]> ask(Duration limit, Object context) throws InterruptedException {
    HeapExecutor<EndiveGuest> executor =
        HeapExecutor.builder(this)
            .name("version")
            .workers(1)
            .queueCapacity(1)
            .instanceDeadline(limit)
            .build();
    try {
      CallOptions options = CallOptions.named(VERSION).withDeadline(limit).withContext(context);
      return Optional.of(executor.call(options, call(VERSION, new byte[0])));
    } catch (CallException e) {
      if (!e.isDeterministic()) {
        throw e;
      }
      return Optional.empty();
    } finally {
      executor.shutdown(NO_TIME);
    }
  }

  /**
   * Whether the runtime exports an entry: a function from pointer and length to a packed result.
   *
   * @param export name of the export
   * @return whether {@link #call} accepts it
   */
  public boolean hasEntry(String export) {
    FunctionType type = module.exportType(export);
    return type != null && type.typesMatch(Entry.TYPE);
  }

  /**
   * The functions that the runtime imports and nobody provides: a call that reaches one fails with
   * {@link FailureKind#MISSING_IMPORT}.
   *
   * @return names such as {@code env.ext_misc_print_hex_version_1}, escaped so that they can be
   *     printed; sorted, each once, immutable
   */
  public List<String> missingImports() {
    return module.missingImports();
  }

  /**
   * What was loaded.
   *
   * @return the code
   */
  public RuntimeCode code() {
    return code;
  }

  /**
   * The size of the memory.
   *
   * @return the strategy
   */
  public HeapStrategy strategy() {
    return strategy;
  }

  /**
   * What became of its functions.
   *
   * @return counts
   */
  public EndiveModule.CodeFigures codeFigures() {
    return module.codeFigures();
  }

  /**
   * Logical size at the beginning of each call.
   *
   * @return pages
   */
  public int initialPages() {
    return module.initialPages();
  }

  @Override
  public String toString() {
    return "SubstrateRuntime[" + Printable.text(code.origin()) + ", " + strategy + "]";
  }
}
