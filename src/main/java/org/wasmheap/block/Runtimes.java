package org.wasmheap.block;

import com.google.common.cache.Cache;
import com.google.common.cache.CacheBuilder;
import com.google.common.util.concurrent.ListenableFuture;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.wasmheap.endive.CodeStore;
import org.wasmheap.endive.EndiveGuest;
import org.wasmheap.endive.HostFunction;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.pool.PoolListener;
import org.wasmheap.runtime.HeapStrategy;
import org.wasmheap.runtime.Preparation;
import org.wasmheap.runtime.RuntimeCode;
import org.wasmheap.runtime.RuntimePool;
import org.wasmheap.runtime.RuntimeVersion;
import org.wasmheap.runtime.SubstrateRuntime;
import org.wasmheap.state.Overlay;
import org.wasmheap.state.State;
import org.wasmheap.state.StateVersion;

/**
 * The runtimes that states name: a pool of them, and what blocks need of each beside it.
 *
 * <p>Any thread.
 */
final class Runtimes {
  static final byte[] CODE = ":code".getBytes(StandardCharsets.US_ASCII);
  static final byte[] HEAP_PAGES = ":heappages".getBytes(StandardCharsets.US_ASCII);

  /**
   * What a runtime that goes has on top of its calls' own ends: they hold it as long as they run.
   */
  private static final Duration DRAIN = Duration.ofSeconds(30);

  private static final Duration LONGEST = Duration.ofDays(30);

  private final ExecutorOptions options;
  private final RuntimePool pool;

  /** How long to wait for a runtime: for another to go, for the load, for its version. */
  private final Duration limit;

  /**
   * The hash of the array under {@code :code}. A state hands out the same array as long as the
   * value stays, so a megabyte is hashed once and not for every block. By identity, and weak:
   * nothing that is kept here refers to the array.
   */
  private final Cache<byte[], String> codeHashes = CacheBuilder.newBuilder().weakKeys().build();

  /**
   * What blocks need of each runtime. By identity, and weak: it goes with the runtime. Written by
   * the thread that loads it, before anybody has it.
   */
  private final Cache<SubstrateRuntime, OfRuntime> ofRuntimes =
      CacheBuilder.newBuilder().weakKeys().build();

  private record OfRuntime(StateVersion stateVersion, CallReports reports) {}

  /** Which runtime a state names, and where its code comes from. */
  private record Wanted(String codeHash, HeapStrategy strategy, Supplier<RuntimeCode> code) {}

  Runtimes(ExecutorOptions options, List<HostFunction> hostFunctions) {
    this.options = options;
    Duration sum = options.loadDeadline().plus(options.deadline()).plus(DRAIN);
    this.limit = sum.compareTo(LONGEST) > 0 ? LONGEST : sum;
    RuntimePool.Builder builder =
        RuntimePool.builder(hostFunctions)
            .mostRuntimes(options.mostRuntimes())
            .loadDeadline(options.loadDeadline())
            .drain(DRAIN)
            .executors(this::setUp);
    CodeStore store = options.codeStore();
    this.pool = (store == null ? builder : builder.codeStore(store)).build();
  }

  RuntimePool pool() {
    return pool;
  }

  /**
   * The runtime that a state names, loaded if it is not there.
   *
   * @return the runtime, to be closed
   * @throws CallException if the state has no {@code :code}: the guest's doing; if there is no room
   *     or no time, the executor is closed, or the thread is interrupted: the host's
   * @throws org.wasmheap.memory.WasmHeapException if the code cannot be used
   * @throws IllegalArgumentException if the size of its memory does not fit it
   */
  LoadedRuntime runtimeOf(State state) {
    return leased(wanted(state), false);
  }

  /** The same for a block, which comes before others if there is no room. */
  LoadedRuntime runtimeForBlock(State parent) {
    return leased(wanted(parent), true);
  }

  /** The same by the two values that name it. */
  LoadedRuntime runtimeOf(byte @Nullable [] stored, byte @Nullable [] heapPages) {
    return leased(wanted(stored, heapPages), false);
  }

  private LoadedRuntime leased(Wanted wanted, boolean isForBlock) {
    RuntimePool.Lease lease;
    try {
      lease =
          isForBlock
              ? pool.leaseForBlock(wanted.codeHash(), wanted.strategy(), wanted.code(), limit)
              : pool.lease(wanted.codeHash(), wanted.strategy(), wanted.code(), limit);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CallException(
          FailureKind.INTERRUPTED, "the thread that waits for a runtime was interrupted", e);
    }
    OfRuntime of =
        Objects.requireNonNull(ofRuntimes.getIfPresent(lease.runtime()), "set up when loaded");
    return new LoadedRuntime(lease, of.stateVersion(), of.reports());
  }

  private Wanted wanted(State state) {
    byte[] stored = state.get(CODE);
    byte[] heapPages = state.get(HEAP_PAGES);
    String hash = stored == null ? null : codeHashes.getIfPresent(stored);
    if (stored != null && hash != null) {
      return new Wanted(hash, strategy(heapPages), () -> codeOf(stored));
    }
    Wanted wanted = wanted(stored, heapPages);
    if (stored != null) {
      codeHashes.put(stored, wanted.codeHash());
    }
    return wanted;
  }

  /** Hashes what it is given: a caller's array may be another code when it is given again. */
  private Wanted wanted(byte @Nullable [] stored, byte @Nullable [] heapPages) {
    if (stored == null) {
      throw CallException.trap("the state has no :code, so nothing can be called on it");
    }
    HeapStrategy strategy = strategy(heapPages);
    RuntimeCode code = codeOf(stored);
    return new Wanted(code.codeHashHex(), strategy, () -> code);
  }

  private HeapStrategy strategy(byte @Nullable [] heapPages) {
    HeapStrategy set = options.strategy();
    return set == null ? HeapStrategy.ofStored(heapPages) : set;
  }

  private static RuntimeCode codeOf(byte[] stored) {
    return RuntimeCode.ofStored(":code", stored);
  }

  /** Prepares the runtime of a code as {@link #runtimeOf} would load it. */
  ListenableFuture<Preparation> prepare(
      byte[] stored,
      byte @Nullable [] heapPages,
      List<Preparation.WarmUpCall> calls,
      Preparation.Limits limits) {
    Wanted wanted = wanted(stored, heapPages);
    return pool.prepare(wanted.codeHash(), wanted.strategy(), wanted.code(), calls, limits);
  }

  /** Sets up the executor of a runtime that was loaded, on a thread of the pool. */
  private void setUp(SubstrateRuntime runtime, HeapExecutor.Builder<EndiveGuest> executor)
      throws InterruptedException {
    CallReports reports = new CallReports();
    ofRuntimes.put(runtime, new OfRuntime(stateVersion(runtime), reports));
    executor
        .workers(options.workers())
        .queueCapacity(options.queueCapacity())
        .defaultDeadline(options.deadline())
        .instanceDeadline(options.instanceDeadline())
        .verifyResets(options.verifyResets())
        .memoryBudget(options.memoryBudget())
        .listener(PoolListener.all(reports, options.listener()));
    WarmUpBlock warmUp = options.warmUp();
    if (warmUp != null && warmUp.codeHash().equals(runtime.code().codeHashHex())) {
      executor.warmUp(
          runtime.call(BlockCall.ENTRY, warmUp.block().toExecute()),
          () -> new Overlay(warmUp.parent()));
    }
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
}
