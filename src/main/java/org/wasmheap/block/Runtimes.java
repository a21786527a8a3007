package org.wasmheap.block;

import com.google.common.base.Throwables;
import com.google.common.cache.Cache;
import com.google.common.cache.CacheBuilder;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.wasmheap.endive.EndiveGuest;
import org.wasmheap.endive.HostFunction;
import org.wasmheap.endive.LoadOptions;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.pool.CallOptions;
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
final class Runtimes implements AutoCloseable {
  private static final byte[] CODE = ":code".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] HEAP_PAGES = ":heappages".getBytes(StandardCharsets.US_ASCII);
  private static final String VERSION_CALL = "Core_version";

  private final ExecutorOptions options;
  private final List<HostFunction> hostFunctions;

  /**
   * What was read from the array under {@code :code}. A state hands out the same array as long as
   * the value stays, so a megabyte is hashed once and not for every block. By identity, and weak.
   */
  private final Cache<byte[], RuntimeCode> codes = CacheBuilder.newBuilder().weakKeys().build();

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
  LoadedRuntime of(State state) {
    return of(code(state), strategy(state));
  }

  private RuntimeCode code(State state) {
    byte[] stored = state.get(CODE);
    if (stored == null) {
      throw CallException.trap("the state has no :code, so nothing can be called on it");
    }
    RuntimeCode code = codes.getIfPresent(stored);
    if (code == null) {
      code = RuntimeCode.ofStored(":code", stored);
      codes.put(stored, code);
    }
    return code;
  }

  private LoadedRuntime of(RuntimeCode code, HeapStrategy strategy) {
    Key key = new Key(code.codeHashHex(), strategy);
    FutureTask<LoadedRuntime> own = new FutureTask<>(() -> load(code, strategy));
    FutureTask<LoadedRuntime> task = runtimes.putIfAbsent(key, own);
    if (task == null) {
      task = own;
      task.run();
    }
    try {
      return task.get(); // Whoever loads it has a deadline for that.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CallException(
          FailureKind.INTERRUPTED, "the thread that waited for a runtime was interrupted", e);
    } catch (ExecutionException e) {
      runtimes.remove(key, task); // Whoever asks next tries again.
      Throwable cause = Objects.requireNonNull(e.getCause(), "it has one");
      Throwables.throwIfUnchecked(cause);
      throw new CallException(FailureKind.HOST_FUNCTION, "a runtime was not loaded", cause);
    }
  }

  private HeapStrategy strategy(State state) {
    HeapStrategy set = options.strategy();
    if (set != null) {
      return set;
    }
    byte[] pages = state.get(HEAP_PAGES);
    // A node, too, takes a value that is too short for none.
    if (pages == null || pages.length < Long.BYTES) {
      return HeapStrategy.ofStatic(HeapStrategy.DEFAULT_HEAP_PAGES);
    }
    long own = ByteBuffer.wrap(pages).order(ByteOrder.LITTLE_ENDIAN).getLong();
    if (own < 0 || own > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "the state's :heappages is " + Long.toUnsignedString(own) + ", set a heap strategy");
    }
    return HeapStrategy.ofStatic((int) own);
  }

  private LoadedRuntime load(RuntimeCode code, HeapStrategy strategy) throws InterruptedException {
    LoadOptions loading = LoadOptions.DEFAULT.withDeadline(options.loadDeadline());
    SubstrateRuntime runtime = SubstrateRuntime.load(code, strategy, hostFunctions, loading);
    CallReports reports = new CallReports();
    HeapExecutor<EndiveGuest> executor = open(runtime, reports);
    return new LoadedRuntime(runtime, stateVersion(runtime, executor), executor, reports);
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
            .instanceDeadline(options.loadDeadline())
            .verifyResets(options.verifyResets())
            .listener(PoolListener.all(reports, options.listener()));
    WarmUpBlock warmUp = options.warmUp();
    if (warmUp != null
        && code(warmUp.parent()).codeHashHex().equals(runtime.code().codeHashHex())) {
      builder.warmUp(
          runtime.call(BlockCall.ENTRY, warmUp.block().toExecute()),
          () -> new Overlay(warmUp.parent()));
    }
    HeapExecutor<EndiveGuest> executor = builder.build();
    executors.add(executor);
    return executor;
  }

  /** As the code says of itself, or else as it says when it is asked. */
  private StateVersion stateVersion(SubstrateRuntime runtime, HeapExecutor<EndiveGuest> executor)
      throws InterruptedException {
    try {
      Optional<RuntimeVersion> embedded = RuntimeVersion.read(runtime.code());
      if (embedded.isPresent()) {
        return StateVersion.ofRuntime(embedded.get().stateVersion());
      }
      if (runtime.hasEntry(VERSION_CALL)) {
        CallOptions call = CallOptions.named(VERSION_CALL).withContext(new Overlay(State.empty()));
        byte[] version = executor.call(call, runtime.call(VERSION_CALL, new byte[0]));
        return StateVersion.ofRuntime(RuntimeVersion.decode(version).stateVersion());
      }
    } catch (IllegalArgumentException e) {
      return StateVersion.V0; // No version that can be understood.
    }
    return StateVersion.V0;
  }

  /** What all executors did, those of runtimes that are not needed any more included. */
  synchronized List<HeapExecutor<EndiveGuest>> executors() {
    return List.copyOf(executors);
  }

  /** Closes all executors; runtimes that are being loaded are closed when they are. */
  @Override
  public void close() {
    List<HeapExecutor<EndiveGuest>> all;
    synchronized (this) {
      closed = true;
      all = List.copyOf(executors);
    }
    all.forEach(HeapExecutor::close);
  }
}
