package org.wasmheap.endive;

import com.google.common.base.Throwables;
import com.google.common.collect.ImmutableMap;
import com.google.common.hash.Hashing;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.wasmheap.text.LibraryVersion;
import org.wasmheap.text.Printable;
import run.endive.wasm.Version;
import run.endive.wasm.WasmModule;

/**
 * The way from a module's bytes to its code: checked, taken apart, validated, linked, compiled; or
 * taken from a store, where only what is not known yet is done.
 *
 * <p>Any thread; each load is one thread's, and that of its {@link ModuleCompiler}.
 */
final class ModuleLoader {
  private static final Logger LOG = LoggerFactory.getLogger(ModuleLoader.class);

  private final ImmutableMap<String, HostFunction> provided;
  private final LoadOptions options;
  private final LoadSteps steps;

  private ModuleLoader(
      ImmutableMap<String, HostFunction> provided, LoadOptions options, LoadSteps steps) {
    this.provided = provided;
    this.options = options;
    this.steps = steps;
  }

  /**
   * Loads a module.
   *
   * @param wasm the binary
   * @param provided host functions by name
   * @param options how
   * @throws ModuleRefusedException if it is malformed, invalid or too large, has what the options
   *     do not allow, cannot be put back after a call, or imports a function with another signature
   *     than it has
   */
  static LinkedModule load(
      byte[] wasm, ImmutableMap<String, HostFunction> provided, LoadOptions options) {
    return load(wasm, provided, options, new LoadSteps());
  }

  /** The same for one who wants to know where the time goes. */
  static LinkedModule load(
      byte[] wasm,
      ImmutableMap<String, HostFunction> provided,
      LoadOptions options,
      LoadSteps steps) {
    try {
      return new ModuleLoader(provided, options, steps).load(wasm);
    } catch (RuntimeException
        | AssertionError
        | LinkageError
        | StackOverflowError
        | OutOfMemoryError e) {
      throw ModuleRefusals.ofLoading(e);
    }
  }

  private LinkedModule load(byte[] wasm) {
    CodeStore store = options.store();
    if (store == null || options.interpreted()) {
      return make(wasm, null);
    }
    String given = options.codeName();
    String module = given == null ? Hashing.sha256().hashBytes(wasm).toString() : given;
    String name = options.floatArithmetic() ? module : module + ".without-floats";
    StoreAccess access = new StoreAccess(store, name);
    LinkedModule kept = find(access, name);
    return kept == null ? make(wasm, access) : kept;
  }

  /**
   * What must have made code that was kept, whatever its name is: what is refused without floats
   * must not be found since it was kept with them.
   */
  private String origin() {
    return "library "
        + LibraryVersion.version()
        + ", engine "
        + Version.version()
        + ", JDK "
        + Runtime.version().feature()
        + (options.floatArithmetic() ? ", floats" : ", no floats");
  }

  private @Nullable LinkedModule find(StoreAccess store, String name) {
    byte[] bytes = store.find();
    CompiledModule compiled = bytes == null ? null : CompiledModule.decode(bytes, origin());
    steps.did("find");
    if (compiled == null) {
      return null;
    }
    try {
      GuestCode code = GuestCode.compiled(compiled, new GuestClasses(compiled.classes()), true);
      steps.did("link");
      WasmModule skeleton = ModuleReader.readSkeleton(compiled.skeleton().bytes());
      LinkedModule linked = new LinkedModule(skeleton, provided, code);
      steps.did("parse");
      return linked;
    } catch (ModuleRefusedException e) {
      throw e; // As it would be if it were made anew: it does not fit the host functions.
    } catch (RuntimeException | LinkageError e) {
      // A store must be trusted, and need not be right: what it has is of no use here.
      LOG.atWarn()
          .addKeyValue("event", "code.not_usable")
          .addKeyValue("name", Printable.name(name))
          .setCause(e)
          .log("Kept code cannot be used, and is compiled anew");
      return null;
    }
  }

  private LinkedModule make(byte[] wasm, @Nullable StoreAccess store) {
    CheckedModule steady = ModuleCheck.steady(wasm, options.floatArithmetic());
    steps.did("check");
    if (options.interpreted()) {
      WasmModule module = parse(steady);
      return new LinkedModule(module, provided, GuestCode.interpreted(module));
    }
    ModuleParts parts = ModuleParts.of(steady);
    // What is wrong with the module as such shows before anything is compiled.
    WasmModule outline = ModuleReader.sharingStubs(ModuleReader.read(parts.skeleton(Set.of())));
    LinkedModule linkable = new LinkedModule(outline, provided, GuestCode.interpreted(outline));
    steps.did("outline");
    ModuleCompiler.Compiled made = ModuleCompiler.compile(parts, store != null);
    CompiledModule compiled = made.module();
    WasmModule skeleton =
        compiled.interpreted() == 0
            ? outline
            : ModuleReader.readSkeleton(compiled.skeleton().bytes());
    LinkedModule linked =
        linkable.with(skeleton, GuestCode.compiled(compiled, made.classes(), false));
    steps.did("compile");
    if (store != null) {
      store.keep(() -> compiled.encode(origin()));
      steps.did("keep");
    }
    return linked;
  }

  /** All of it in one, in the memory that the parts of other modules are compiled in, too. */
  private static WasmModule parse(CheckedModule steady) {
    ParseMemory memory = ParseMemory.ofJvm();
    long instructions = steady.instructions().stream().asLongStream().sum();
    memory.requireKept(instructions);
    try {
      return memory.with(
          ParseMemory.bytes(instructions, 0), () -> ModuleReader.read(steady.wasm()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw ModuleRefusals.interrupted();
    } catch (Exception e) {
      Throwables.throwIfUnchecked(e);
      throw new IllegalStateException("parsing throws no checked exception", e);
    }
  }
}
