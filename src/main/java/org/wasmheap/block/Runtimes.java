package org.wasmheap.block;

import com.google.common.base.Throwables;
import com.google.common.cache.Cache;
import com.google.common.cache.CacheBuilder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;
import org.wasmheap.endive.EndiveGuest;
import org.wasmheap.endive.HostFunction;
import org.wasmheap.endive.LoadOptions;
import org.wasmheap.endive.ModuleRefusedException;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.pool.PoolListener;
import org.wasmheap.runtime.HeapStrategy;
import org.wasmheap.runtime.RuntimeCode;
import org.wasmheap.runtime.RuntimeVersion;
import org.wasmheap.runtime.SubstrateRuntime;
import org.wasmheap.state.Overlay;
import org.wasmheap.state.State;
import org.wasmheap.state.StateVersion;

/**
 * The runtimes that blocks have needed so far, each with an executor, by the hash of their code and
 * the size of their memory. Each is loaded once, by the first who asks; all are closed together.
 *
 * <p>Any thread.
 */
final class Runtimes {
  static final byte[] CODE = ":code".getBytes(StandardCharsets.US_ASCII);
  static final byte[] HEAP_PAGES = ":heappages".getBytes(StandardCharsets.US_ASCII);

  private final ExecutorOptions options;
  private final List<HostFunction> hostFunctions;

  /**
   * The hash of the array under {@code :code}. A state hands out the same array as long as the
   * value stays, so a megabyte is hashed once and not for every block. By identity, and weak:
   * nothing that is kept here refers to the array.
   */
  private final Cache<byte[], String> codeHashes = CacheBuilder.newBuilder().weakKeys().build();

  private final Map<Key, FutureTask<LoadedRuntime>> runtimes = new ConcurrentHashMap<>();

  /** All executors that were made. Guarded by this object's monitor. */
  private final List<HeapExecutor<EndiveGuest>> executors = new ArrayList<>();

  /** Whether no more may be made. Guarded by this object's monitor. */
  private boolean closed;

  private record Key(String codeHash, HeapStrategy strategy) {}

  Runtimes(ExecutorOptions options, List<HostFunction> hostFunctions) {
    this.options = options;
    this.hostFunctions = hostFunctions;
  }

  /**
   * The runtime that a state names, loaded if it is needed for the first time.
   *
   * @throws CallException if the state has no {@code :code}: the guest's doing; if the executor is
   *     closed or the thread is interrupted: the host's
   * @throws org.wasmheap.memory.WasmHeapException if the code cannot be used
   * @throws IllegalArgumentException if the size of its memory does not fit it
   */
  LoadedRuntime runtimeOf(State state) {
    return runtimeOf(state.get(CODE), state.get(HEAP_PAGES));
  }

  /** The same by the two values that name it. */
  LoadedRuntime runtimeOf(byte @Nullable [] stored, byte @Nullable [] heapPages) {
    if (stored == null) {
      throw CallException.trap("the state has no :code, so nothing can be called on it");
    }
    HeapStrategy set = options.strategy();
    HeapStrategy strategy = set == null ? HeapStrategy.ofStored(heapPages) : set;
    String hash = codeHashes.getIfPresent(stored);
    if (hash == null) {
      hash = codeOf(stored).codeHashHex();
      codeHashes.put(stored, hash);
    }
    return loaded(new Key(hash, strategy), stored);
  }

  private static RuntimeCode codeOf(byte[] stored) {
    return RuntimeCode.ofStored(":code", stored);
  }

  private LoadedRuntime loaded(Key key, byte[] stored) {
    while (true) {
      FutureTask<LoadedRuntime> own = new FutureTask<>(() -> load(codeOf(stored), key.strategy()));
      FutureTask<LoadedRuntime> task = runtimes.putIfAbsent(key, own);
      if (task == null) {
        task = own;
        task.run();
      }
      try {
        return task.get(); // Whoever loads it has a deadline for that.
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw interrupted(e);
      } catch (ExecutionException e) {
        Throwable cause = Objects.requireNonNull(e.getCause(), "it has one");
        if (!isFinal(cause)) {
          runtimes.remove(key, task); // Whoever asks next tries again.
        }
        if (task == own || !isInterruption(cause)) {
          throw failure(cause);
        }
        // Another thread was interrupted, not this one: it tries itself.
      }
    }
  }

  /** What loading the same code again comes to, too. */
  private static boolean isFinal(Throwable cause) {
    return cause instanceof ModuleRefusedException refused
        && (refused.reason() == ModuleRefusedException.Reason.INVALID
            || refused.reason() == ModuleRefusedException.Reason.UNSUPPORTED);
  }

  private static boolean isInterruption(Throwable cause) {
    return cause instanceof InterruptedException
        || (cause instanceof ModuleRefusedException refused
            && refused.reason() == ModuleRefusedException.Reason.INTERRUPTED)
        || (cause instanceof CallException call && call.kind() == FailureKind.INTERRUPTED);
  }

  private static RuntimeException failure(Throwable cause) {
    if (cause instanceof InterruptedException) {
      Thread.currentThread().interrupt();
      return interrupted(cause);
    }
    if (cause instanceof OutOfMemoryError || cause instanceof StackOverflowError) {
      return new CallException(
          FailureKind.of(cause), "the JVM has not the memory to load a runtime", cause);
    }
    Throwables.throwIfUnchecked(cause);
    return new CallException(FailureKind.HOST_FUNCTION, "a runtime was not loaded", cause);
  }

  private static CallException interrupted(Throwable cause) {
    return new CallException(
        FailureKind.INTERRUPTED, "the thread that loads a runtime was interrupted", cause);
  }

  private LoadedRuntime load(RuntimeCode code, HeapStrategy strategy) throws InterruptedException {
    LoadOptions loading = LoadOptions.DEFAULT.withDeadline(options.loadDeadline());
    SubstrateRuntime runtime = SubstrateRuntime.load(code, strategy, hostFunctions, loading);
    StateVersion version = stateVersion(runtime);
    CallReports reports = new CallReports();
    return new LoadedRuntime(runtime, version, open(runtime, reports), reports);
  }

  /** Without a version that can be understood, the one that all runtimes once had. */
  private StateVersion stateVersion(SubstrateRuntime runtime) throws InterruptedException {
    try {
      return runtime
          .version(options.deadline(), new Overlay(State.empty()))
          .map(scale -> StateVersion.ofRuntime(RuntimeVersion.decode(scale).stateVersion()))
          .orElse(StateVersion.V0);
    } catch (IllegalArgumentException e) {
      return StateVersion.V0;
    }
  }

  private synchronized HeapExecutor<EndiveGuest> open(
      SubstrateRuntime runtime, CallReports reports) {
    if (closed) {
      throw new CallException(FailureKind.SHUTDOWN, "the block executor is closed", null);
    }
    HeapExecutor.Builder<EndiveGuest> builder =
        HeapExecutor.builder(runtime)
            .name("blocks-" + (executors.size() + 1))
            .workers(options.workers())
            .queueCapacity(options.queueCapacity())
            .defaultDeadline(options.deadline())
            .instanceDeadline(options.instanceDeadline())
            .verifyResets(options.verifyResets())
            .listener(PoolListener.all(reports, options.listener()));
    WarmUpBlock warmUp = options.warmUp();
    if (warmUp != null && warmUp.codeHash().equals(runtime.code().codeHashHex())) {
      builder.warmUp(
          runtime.call(BlockCall.ENTRY, warmUp.block().toExecute()),
          () -> new Overlay(warmUp.parent()));
    }
    HeapExecutor<EndiveGuest> executor = builder.build();
    executors.add(executor);
    return executor;
  }

  /** What all executors did, those of runtimes that are not needed any more included. */
  synchronized List<HeapExecutor<EndiveGuest>> executors() {
    return List.copyOf(executors);
  }

  /**
   * Ends all executors, those whose turn comes late with what is left of the time; runtimes that
   * are being loaded get none.
   */
  void shutdown(Duration deadline) {
    long until = System.nanoTime() + deadline.toNanos();
    for (HeapExecutor<EndiveGuest> each : closed()) {
      each.shutdown(Duration.ofNanos(Math.max(1, until - System.nanoTime())));
    }
  }

  private synchronized List<HeapExecutor<EndiveGuest>> closed() {
    closed = true;
    return List.copyOf(executors);
  }
}
