package org.wasmheap.block;

import com.google.common.util.concurrent.Futures;
import com.google.common.util.concurrent.ListenableFuture;
import com.google.common.util.concurrent.MoreExecutors;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.wasmheap.endive.CodeStore;
import org.wasmheap.endive.EndiveGuest;
import org.wasmheap.endive.ModuleRefusedException;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.guest.GuestCall;
import org.wasmheap.host.SubstrateHostFunctions;
import org.wasmheap.memory.MemoryBudget;
import org.wasmheap.memory.WasmHeapException;
import org.wasmheap.pool.CallOptions;
import org.wasmheap.pool.ExecutorStatistics;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.pool.PoolListener;
import org.wasmheap.runtime.HeapStrategy;
import org.wasmheap.runtime.Preparation;
import org.wasmheap.runtime.RuntimeCode;
import org.wasmheap.runtime.RuntimeLoadException;
import org.wasmheap.runtime.RuntimePool;
import org.wasmheap.state.Overlay;
import org.wasmheap.state.State;

/**
 * Executes blocks, each on its parent's state, and checks the root of what they leave behind.
 *
 * <ol>
 *   <li>The runtime of a block is the one under {@code :code} of its parent's state, also in the
 *       block that upgrades it. It is loaded when it is first needed, or before with {@link
 *       #prepare}, and stays until others need its room ({@link RuntimePool}); those that run
 *       blocks and calls let them end first. A block comes before calls that wait for room, and
 *       calls do not make the runtime go that the last block was on while others can.
 *   <li>A state is a value: no execution changes it, and any number of blocks and calls may start
 *       from one at once.
 *   <li>Every execution starts on a pristine instance. As many run at once as there are workers;
 *       blocks go before other calls.
 *   <li>A wrong root, a failure of the guest and a failure of the host are three different results.
 * </ol>
 *
 * <p>All methods may be called from any thread.
 */
public final class BlockExecutor implements AutoCloseable {
  private final ExecutorOptions options;
  private final Runtimes runtimes;

  private BlockExecutor(ExecutorOptions options) {
    this.options = options;
    this.runtimes =
        new Runtimes(
            options,
            SubstrateHostFunctions.all(
                SubstrateHostFunctions.DEFAULT_MAX_LOG_LEVEL, new EmbeddedVersions()));
  }

  /**
   * Settings for a new executor.
   *
   * @return a builder
   */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Executes a block in class block import. If its runtime is not there, the calling thread waits
   * until it is loaded; that takes seconds for a large one, and has a deadline.
   *
   * @param block what to execute
   * @param parent the state that the block before it left
   * @return completes with a result, unless it is cancelled; its listeners run on a worker's thread
   *     and must not block there
   * @throws IllegalStateException if an optional dependency is missing, which the message names
   */
  public ListenableFuture<BlockResult> submit(Block block, State parent) {
    Objects.requireNonNull(block, "block");
    try {
      return submit(block, parent, runtimes.runtimeForBlock(parent));
    } catch (WasmHeapException e) {
      return Futures.immediateFuture(notBegun(block, e));
    } catch (IllegalArgumentException e) {
      return Futures.immediateFuture(
          notBegun(
              block,
              new CallException(FailureKind.HOST_FUNCTION, String.valueOf(e.getMessage()), e)));
    }
  }

  /** The runtime stays until the block has ended. */
  private ListenableFuture<BlockResult> submit(Block block, State parent, LoadedRuntime loaded) {
    try {
      BlockCall call = new BlockCall(block, new Overlay(parent, options.overlayBytes()), loaded);
      CallOptions how =
          CallOptions.DEFAULT
              .withName("block " + block.header().number())
              .withClass(CallOptions.CallClass.BLOCK_IMPORT)
              .withDeadline(options.deadline())
              .withContext(call.overlay());
      ListenableFuture<State> left = loaded.executor().submit(how, call);
      left.addListener(loaded::close, MoreExecutors.directExecutor());
      ListenableFuture<BlockResult> ended =
          Futures.transform(left, call::ended, MoreExecutors.directExecutor());
      return Futures.catching(
          ended, CallException.class, call::failed, MoreExecutors.directExecutor());
    } catch (Throwable e) {
      loaded.close();
      throw e;
    }
  }

  private static BlockResult notBegun(Block block, WasmHeapException failure) {
    return failure.isDeterministic() && failure instanceof CallException call
        ? new BlockResult.GuestFailed(block.header(), call, BlockFigures.NONE)
        : new BlockResult.HostFailed(block.header(), failure, BlockFigures.NONE);
  }

  /**
   * Executes a block and waits for its result, at most until its deadline and the grace time of the
   * pool are over.
   *
   * @param block what to execute
   * @param parent the state that the block before it left
   * @return the result
   * @throws InterruptedException if the calling thread is interrupted; the execution is then
   *     cancelled
   */
  public BlockResult execute(Block block, State parent) throws InterruptedException {
    ListenableFuture<BlockResult> result = submit(block, parent);
    if (Thread.interrupted()) { // While the runtime was loaded.
      result.cancel(true);
      throw new InterruptedException("interrupted while a block was submitted");
    }
    try {
      return result.get(); // The pool completes it at its deadline.
    } catch (InterruptedException e) {
      result.cancel(true);
      throw e;
    } catch (ExecutionException | CancellationException e) {
      throw new IllegalStateException("a block completes with a result", e);
    }
  }

  /**
   * Calls a runtime on a state, as {@code state_call} of a node's RPC does, in class off-chain.
   * What the call writes is dropped. Loads the runtime first if nothing has needed it before.
   *
   * @param name of a runtime entry, such as {@code AccountNonceApi_account_nonce}
   * @param input SCALE-encoded arguments; must not change until the call ends
   * @param state what the call reads
   * @return completes with the result's bytes, or fails with a {@link CallException}
   * @throws CallException if the state has no {@code :code}
   * @throws RuntimeLoadException if the code is no runtime
   * @throws ModuleRefusedException if the code cannot be loaded
   * @throws IllegalArgumentException if the runtime has no such entry, or the size of its memory
   *     does not fit it
   */
  public ListenableFuture<byte[]> call(String name, byte[] input, State state) {
    LoadedRuntime loaded = runtimes.runtimeOf(state);
    try {
      Overlay overlay = new Overlay(state, options.overlayBytes());
      CallOptions how = CallOptions.named(name).withDeadline(options.deadline());
      GuestCall<EndiveGuest, byte[]> entry = loaded.runtime().call(name, input);
      ListenableFuture<byte[]> result =
          loaded
              .executor()
              .submit(
                  how.withContext(overlay),
                  guest -> {
                    byte[] bytes = entry.run(guest);
                    BlockCall.endTransactions(overlay, name, guest.heap().poolName());
                    return bytes;
                  });
      result.addListener(loaded::close, MoreExecutors.directExecutor());
      return result;
    } catch (Throwable e) {
      loaded.close();
      throw e;
    }
  }

  /**
   * Loads a runtime ahead of its need, such as one that a block has announced, and warms it up: on
   * all its workers, with calls that come after all others, until their times settle or a limit is
   * reached. The calls are the last block on its parent's state, metadata and version. That the new
   * code comes to another root there, and says so by failing, does not matter.
   *
   * @param code what a state will have under {@code :code}
   * @param lastBlock a block like those that the runtime will execute
   * @param parent its parent's state, which also has the pages of the memory
   * @param limits when to stop
   * @return how far it came; if it is cancelled, the calls stop, and the runtime stays
   * @throws RuntimeLoadException if the code is no runtime
   */
  public ListenableFuture<Preparation> prepare(
      byte[] code, Block lastBlock, State parent, Preparation.Limits limits) {
    byte[] nothing = new byte[0];
    Supplier<Overlay> onParent = () -> new Overlay(parent, options.overlayBytes());
    List<Preparation.WarmUpCall> calls =
        List.of(
            new Preparation.WarmUpCall(BlockCall.ENTRY, lastBlock.toExecute(), onParent),
            new Preparation.WarmUpCall("Metadata_metadata", nothing, onParent),
            new Preparation.WarmUpCall("Core_version", nothing, onParent));
    return runtimes.prepare(code, parent.get(Runtimes.HEAP_PAGES), calls, limits);
  }

  /**
   * The runtimes, with their figures: to be looked at, pinned, leased for other calls, or told to
   * go.
   *
   * @return the pool; this executor's to close
   */
  public RuntimePool runtimes() {
    return runtimes.pool();
  }

  /**
   * Makes a state of plain maps, such as a file holds, with its values as their runtime wants them
   * to stand in the trie. Loads the runtime if nothing has needed it before.
   *
   * @param top entries of the main trie, {@code :code} among them, ordered as unsigned bytes
   * @param children entries of child tries, by name without prefix; their roots are worked out
   * @return the state
   * @throws CallException if there is no {@code :code}
   * @throws RuntimeLoadException if the code is no runtime
   * @throws ModuleRefusedException if the code cannot be loaded
   * @throws IllegalArgumentException if the size of its memory does not fit it
   */
  public State stateOf(
      NavigableMap<byte[], byte[]> top,
      NavigableMap<byte[], ? extends NavigableMap<byte[], byte[]>> children) {
    byte[] code = top.get(Runtimes.CODE);
    byte[] heapPages = top.get(Runtimes.HEAP_PAGES);
    try (LoadedRuntime loaded = runtimes.runtimeOf(code, heapPages)) {
      return State.of(top, children, loaded.stateVersion());
    }
  }

  /**
   * Waits until every worker of every runtime has an instance: after loading, or after blocks that
   * failed.
   *
   * @param limit how long to wait at most for each runtime
   * @return how the pool of each runtime is then: ready, or what its making of instances failed
   *     with
   * @throws InterruptedException if the calling thread is interrupted
   */
  public List<ExecutorStatistics.Health> awaitReady(Duration limit) throws InterruptedException {
    List<ExecutorStatistics.Health> each = new ArrayList<>();
    for (HeapExecutor<EndiveGuest> one : runtimes.pool().executors()) {
      each.add(one.awaitReady(limit));
    }
    return Collections.unmodifiableList(each);
  }

  /**
   * What the pools did and do.
   *
   * @return a snapshot for each runtime that is there, and behind them the sum of those that are
   *     gone, under the name {@code ended}, if there are any: so no total ever falls
   */
  public List<ExecutorStatistics> statistics() {
    return runtimes.pool().statistics();
  }

  /**
   * Accepts nothing more, lets what was accepted end until the deadline, and ends the rest and all
   * threads. Takes the grace times of the pools on top.
   *
   * @param deadline how long accepted blocks and calls may take, of all runtimes together
   */
  public void shutdown(Duration deadline) {
    runtimes.pool().shutdown(deadline);
  }

  /** Shuts down with a deadline of 30 seconds. */
  @Override
  public void close() {
    shutdown(Duration.ofSeconds(30));
  }

  /** Settings of an executor; each is checked when it is set. */
  public static final class Builder {
    private static final int MOST_RUNTIMES = 1024;
    private static final int MAX_WORKERS = 1024;
    private static final int MAX_QUEUE = 1 << 20;
    private static final long MIN_OVERLAY = 1L << 20;
    private static final Duration LONGEST = Duration.ofDays(30);

    private int mostRuntimes = 4;
    private @Nullable CodeStore codeStore;
    private int workers = Runtime.getRuntime().availableProcessors();
    private int queueCapacity = 1024;
    private @Nullable HeapStrategy strategy;
    private Duration deadline = Duration.ofSeconds(60);
    private Duration loadDeadline = Duration.ofMinutes(2);
    private Duration instanceDeadline = Duration.ofSeconds(60);
    private long overlayBytes = Overlay.DEFAULT_MOST_BYTES;
    private boolean verifyResets;
    private MemoryBudget memoryBudget = MemoryBudget.unlimited();
    private @Nullable WarmUpBlock warmUp;
    private PoolListener listener = PoolListener.NONE;

    private Builder() {}

    /**
     * Runtimes that may be there at once, each with workers of its own. Default 4.
     *
     * @param value 1 to 1024
     * @return this
     */
    public Builder mostRuntimes(int value) {
      mostRuntimes = requireRange("mostRuntimes", value, MOST_RUNTIMES);
      return this;
    }

    /**
     * Where compiled code of runtimes is looked for and kept. Default: nowhere.
     *
     * @param value as trusted as the library itself
     * @return this
     */
    public Builder codeStore(CodeStore value) {
      codeStore = Objects.requireNonNull(value, "codeStore");
      return this;
    }

    /**
     * Instances of each runtime, and threads. Default: the number of processors.
     *
     * @param value 1 to 1024
     * @return this
     */
    public Builder workers(int value) {
      workers = requireRange("workers", value, MAX_WORKERS);
      return this;
    }

    /**
     * Blocks that may wait for an instance, and likewise other calls. Default 1024.
     *
     * @param value 1 to 1,048,576
     * @return this
     */
    public Builder queueCapacity(int value) {
      queueCapacity = requireRange("queueCapacity", value, MAX_QUEUE);
      return this;
    }

    /**
     * The size of the memories. Default: static, with the pages that a state has under {@code
     * :heappages}, or 2,048.
     *
     * @param value for all runtimes
     * @return this
     */
    public Builder strategy(HeapStrategy value) {
      strategy = Objects.requireNonNull(value, "strategy");
      return this;
    }

    /**
     * Deadline of a block and of a call, from its submission, loading aside. Default 60 seconds.
     *
     * @param value more than zero, at most 30 days
     * @return this
     */
    public Builder deadline(Duration value) {
      deadline = requireDuration("deadline", value);
      return this;
    }

    /**
     * Deadline of loading a runtime. Default 2 minutes.
     *
     * @param value more than zero, at most 30 days
     * @return this
     */
    public Builder loadDeadline(Duration value) {
      loadDeadline = requireDuration("loadDeadline", value);
      return this;
    }

    /**
     * Deadline of making an instance. Default 60 seconds.
     *
     * @param value more than zero, at most 30 days
     * @return this
     */
    public Builder instanceDeadline(Duration value) {
      instanceDeadline = requireDuration("instanceDeadline", value);
      return this;
    }

    /**
     * What the changes of one block or call may take in memory; beyond it the host fails. Default
     * 256 MiB.
     *
     * @param value bytes, 1 MiB and up
     * @return this
     */
    public Builder overlayBytes(long value) {
      if (value < MIN_OVERLAY) {
        throw new IllegalArgumentException(
            "overlayBytes is " + value + ", must be " + MIN_OVERLAY + " or more");
      }
      overlayBytes = value;
      return this;
    }

    /**
     * Whether each reset is verified: slow, for tests. Default: no.
     *
     * @param value whether to compare the whole instance with a fresh one after each call
     * @return this
     */
    public Builder verifyResets(boolean value) {
      verifyResets = value;
      return this;
    }

    /**
     * What all memory of the instances is taken from, for all runtimes together. Default: {@link
     * MemoryBudget#unlimited()}.
     *
     * @param value any number of executors may share one
     * @return this
     */
    public Builder memoryBudget(MemoryBudget value) {
      memoryBudget = Objects.requireNonNull(value, "memoryBudget");
      return this;
    }

    /**
     * A block that each new instance of its runtime executes before any other, so that none that
     * matters pays for what a first one sets up. It should be one that is known to be good: an
     * instance on which its guest fails is not used. Default: none.
     *
     * @param block what to execute
     * @param parent its parent's state, whose runtime is the one that is warmed up
     * @return this
     * @throws IllegalArgumentException if the state has no {@code :code}
     * @throws RuntimeLoadException if that is no code
     */
    public Builder warmUp(Block block, State parent) {
      byte[] code = parent.get(Runtimes.CODE);
      if (code == null) {
        throw new IllegalArgumentException("the state that warms up has no :code");
      }
      String hash = RuntimeCode.ofStored(":code", code).codeHashHex();
      warmUp = new WarmUpBlock(Objects.requireNonNull(block, "block"), parent, hash);
      return this;
    }

    /**
     * Hooks. Default: none.
     *
     * @param value hears of the heaps of all runtimes
     * @return this
     */
    public Builder listener(PoolListener value) {
      listener = Objects.requireNonNull(value, "listener");
      return this;
    }

    private static int requireRange(String name, int value, int most) {
      if (value < 1 || value > most) {
        throw new IllegalArgumentException(name + " is " + value + ", must be 1 to " + most);
      }
      return value;
    }

    private static Duration requireDuration(String name, Duration value) {
      if (value.isZero() || value.isNegative() || value.compareTo(LONGEST) > 0) {
        throw new IllegalArgumentException(
            name + " is " + value + ", must be more than 0 and at most 30 days");
      }
      return value;
    }

    /**
     * Makes the executor. It has no threads until a runtime is needed.
     *
     * @return an executor, to be closed
     */
    public BlockExecutor build() {
      return new BlockExecutor(
          new ExecutorOptions(
              mostRuntimes,
              codeStore,
              workers,
              queueCapacity,
              strategy,
              deadline,
              loadDeadline,
              instanceDeadline,
              overlayBytes,
              verifyResets,
              memoryBudget,
              warmUp,
              listener));
    }
  }
}
