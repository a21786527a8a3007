package org.wasmheap.runtime;

import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.wasmheap.endive.EndiveGuest;
import org.wasmheap.endive.HostFunction;
import org.wasmheap.endive.LoadOptions;
import org.wasmheap.endive.ModuleRefusedException;
import org.wasmheap.guest.CallException;
import org.wasmheap.pool.HeapExecutor;

/** Loads a runtime and makes its executor, on the calling thread. Any thread. */
final class RuntimeLoader {
  private final List<HostFunction> hostFunctions;
  private final LoadOptions options;
  private final ExecutorSettings settings;

  /** Numbers the executors. */
  private final AtomicLong made = new AtomicLong();

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
   * @throws Exception whatever parser, engine, code source and settings throw
   */
  ReadyRuntime load(RuntimeKey key, Supplier<RuntimeCode> source) throws Exception {
    long began = System.nanoTime();
    RuntimeCode code = source.get();
    if (!code.codeHashHex().equals(key.codeHash())) {
      throw new IllegalArgumentException(
          "the code that was given for " + key.codeHash() + " is another one: " + code);
    }
    SubstrateRuntime runtime = SubstrateRuntime.load(code, key.strategy(), hostFunctions, options);
    HeapExecutor.Builder<EndiveGuest> executor =
        HeapExecutor.builder(runtime)
            .name("runtime-" + key.shortHash() + "-" + made.incrementAndGet());
    settings.set(runtime, executor);
    return new ReadyRuntime(runtime, executor.build(), System.nanoTime() - began);
  }

  /** Whether a load failed for what the code is, so that the next try will fail, too. */
  static boolean isCodesDoing(Throwable thrown) {
    if (thrown instanceof ModuleRefusedException refused) {
      return switch (refused.reason()) {
        case INVALID, UNSUPPORTED, TOO_LARGE -> true;
        case DEADLINE, INTERRUPTED, BUSY -> false;
        default -> throw new AssertionError(refused.reason());
      };
    }
    if (thrown instanceof CallException call) {
      return call.isDeterministic();
    }
    return !(thrown instanceof InterruptedException
        || thrown instanceof OutOfMemoryError
        || thrown instanceof StackOverflowError);
  }
}
