package org.wasmheap.runtime;

import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.wasmheap.endive.EndiveGuest;
import org.wasmheap.endive.HostFunction;
import org.wasmheap.endive.LoadOptions;
import org.wasmheap.endive.ModuleRefusedException;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.runtime.BackOff.Blame;

/** Loads a runtime and makes its executor, on the calling thread. Any thread. */
final class RuntimeLoader {
  private final List<HostFunction> hostFunctions;
  private final LoadOptions options;
  private final ExecutorSettings settings;

  /** Names of executors that are there. Added to and removed from by any thread. */
  private final Set<String> names = ConcurrentHashMap.newKeySet();

  /** Sets up the executor of a runtime. */
  interface ExecutorSettings {
    /** Foreign code: it may take its time, and fail. */
    void set(SubstrateRuntime runtime, HeapExecutor.Builder<EndiveGuest> executor) throws Exception;
  }

  RuntimeLoader(List<HostFunction> hostFunctions, LoadOptions options, ExecutorSettings settings) {
    this.hostFunctions = List.copyOf(hostFunctions);
    this.options = options;
    this.settings = settings;
  }

  /**
   * Loads.
   *
   * @throws LoadFailure with whatever parser, engine, code source and settings throw
   */
  ReadyRuntime load(RuntimeKey key, Supplier<RuntimeCode> source) throws LoadFailure {
    long began = System.nanoTime();
    SubstrateRuntime runtime = runtime(key, codeOf(key, source));
    String name = name(key);
    try {
      HeapExecutor.Builder<EndiveGuest> executor = HeapExecutor.builder(runtime).name(name);
      settings.set(runtime, executor);
      return new ReadyRuntime(runtime, executor.build(), System.nanoTime() - began, name);
    } catch (CallException e) {
      names.remove(name);
      CallException hosts =
          new CallException(
              e.isDeterministic() ? FailureKind.HOST_FUNCTION : e.kind(),
              "an executor could not be set up: " + LeaseRefusal.messageOf(e),
              e);
      throw new LoadFailure(hosts, Blame.HOST);
    } catch (Throwable e) {
      names.remove(name);
      throw new LoadFailure(e, Blame.HOST);
    }
  }

  private static RuntimeCode codeOf(RuntimeKey key, Supplier<RuntimeCode> source)
      throws LoadFailure {
    RuntimeCode code;
    try {
      code = source.get();
    } catch (Throwable e) {
      throw new LoadFailure(e, Blame.HOST);
    }
    if (!code.codeHashHex().equals(key.codeHash())) {
      IllegalArgumentException other =
          new IllegalArgumentException(
              "the code that was given for " + key.codeHash() + " is another one: " + code);
      throw new LoadFailure(other, Blame.ASKER);
    }
    return code;
  }

  private SubstrateRuntime runtime(RuntimeKey key, RuntimeCode code) throws LoadFailure {
    try {
      return SubstrateRuntime.load(code, key.strategy(), hostFunctions, options);
    } catch (Throwable e) {
      throw new LoadFailure(e, isCodesDoing(e) ? Blame.CODE : Blame.HOST);
    }
  }

  /** A name that no other executor has: that of the hash, if none has it. */
  private String name(RuntimeKey key) {
    String first = "runtime-" + key.shortHash();
    String name = first;
    for (int number = 2; !names.add(name); number++) {
      name = first + "-" + number;
    }
    return name;
  }

  /** A runtime is gone, and so is whatever was known by the name of its executor. */
  void gone(ReadyRuntime ready) {
    names.remove(ready.name());
  }

  /** A load that failed, with what it failed with as its cause. */
  static final class LoadFailure extends Exception {
    private static final long serialVersionUID = 1L;

    private final Throwable thrown;
    private final Blame blame;

    private LoadFailure(Throwable thrown, Blame blame) {
      super(thrown);
      this.thrown = thrown;
      this.blame = blame;
    }

    /** What the load failed with. */
    Throwable thrown() {
      return thrown;
    }

    /** Whose doing that was. */
    Blame blame() {
      return blame;
    }
  }

  /** Whether what loading threw is for what the code is, so that the next try will fail, too. */
  static boolean isCodesDoing(Throwable thrown) {
    if (thrown instanceof ModuleRefusedException refused) {
      return switch (refused.reason()) {
        case INVALID, UNSUPPORTED -> true;
        case TOO_LARGE -> !isForMemory(refused.getCause());
        case DEADLINE, INTERRUPTED, BUSY -> false;
        default -> throw new AssertionError(refused.reason());
      };
    }
    if (thrown instanceof CallException call) {
      return call.isDeterministic();
    }
    return !(thrown instanceof InterruptedException
        || thrown instanceof IllegalStateException // Without the engine.
        || isForMemory(thrown));
  }

  /** Whether this JVM, or this thread, has too little: another may have enough. */
  private static boolean isForMemory(@Nullable Throwable thrown) {
    return thrown instanceof OutOfMemoryError || thrown instanceof StackOverflowError;
  }
}
