package org.wasmheap.block;

import com.google.common.util.concurrent.Futures;
import com.google.common.util.concurrent.ListenableFuture;
import com.google.common.util.concurrent.MoreExecutors;
import java.time.Duration;
import java.util.List;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import org.wasmheap.endive.EndiveGuest;
import org.wasmheap.endive.ModuleRefusedException;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.host.SubstrateHostFunctions;
import org.wasmheap.memory.WasmHeapException;
import org.wasmheap.pool.CallOptions;
import org.wasmheap.pool.ExecutorStatistics;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.pool.PoolListener;
import org.wasmheap.runtime.HeapStrategy;
import org.wasmheap.runtime.RuntimeLoadException;
import org.wasmheap.state.Overlay;
import org.wasmheap.state.State;
import org.wasmheap.state.StateVersion;

/**
 * Executes blocks, each on its parent's state, and checks the root of what they leave behind.
 *
 * <ol>
 *   <li>The runtime of a block is the one under {@code :code} of its parent's state, also in the
 *       block that upgrades it. It is loaded when it is first needed and kept until this executor
 *       is closed.
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
   * Executes a block in class block import. Loads its runtime first, on the calling thread, if no
   * block has needed it before; that takes seconds for a large one, and has a deadline.
   *
   * @param block what to execute
   * @param parent the state that the block before it left
   * @return completes with a result whatever happens, unless it is cancelled; its listeners run on
   *     a worker's thread and must not block there
   */
  public ListenableFuture<BlockResult> submit(Block block, State parent) {
    Objects.requireNonNull(block, "block");
    BlockCall call;
    LoadedRuntime loaded;
    try {
      loaded = runtimes.of(parent);
      call = new BlockCall(block, parent, loaded);
    } catch (WasmHeapException e) {
      return Futures.immediateFuture(notBegun(block, e));
    } catch (IllegalArgumentException e) {
      return Futures.immediateFuture(
          notBegun(
              block,
              new CallException(FailureKind.HOST_FUNCTION, String.valueOf(e.getMessage()), e)));
    }
    CallOptions how =
        CallOptions.DEFAULT
            .withName("block " + block.header().number())
            .withClass(CallOptions.CallClass.BLOCK_IMPORT)
            .withDeadline(options.deadline())
            .withContext(call.overlay());
    ListenableFuture<BlockResult> ended =
        Futures.transform(
            loaded.executor().submit(how, call), call::ended, MoreExecutors.directExecutor());
    return Futures.catching(
        ended, CallException.class, call::failed, MoreExecutors.directExecutor());
  }

  private static BlockResult notBegun(Block block, WasmHeapException failure) {
    BlockFigures none = BlockFigures.of(null, 0, 0);
    return failure.isDeterministic() && failure instanceof CallException call
        ? new BlockResult.GuestFailed(block.header(), call, none)
        : new BlockResult.HostFailed(block.header(), failure, none);
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
    LoadedRuntime loaded = runtimes.of(state);
    CallOptions how =
        CallOptions.named(name).withDeadline(options.deadline()).withContext(new Overlay(state));
    return loaded.executor().submit(how, loaded.runtime().call(name, input));
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
   */
  public State stateOf(
      NavigableMap<byte[], byte[]> top,
      NavigableMap<byte[], ? extends NavigableMap<byte[], byte[]>> children) {
    State first = State.of(top, children, StateVersion.V0);
    StateVersion version = runtimes.of(first).stateVersion();
    return version == StateVersion.V0 ? first : State.of(top, children, version);
  }

  /**
   * Logical size of a memory at the beginning of each call.
   *
   * @param state names the runtime
   * @return pages
   */
  public int initialPages(State state) {
    return runtimes.of(state).runtime().initialPages();
  }

  /**
   * Waits until every worker of every runtime has an instance: after loading, or after blocks that
   * failed.
   *
   * @param limit how long to wait at most for each runtime
   * @return whether all have one
   * @throws InterruptedException if the calling thread is interrupted
   */
  public boolean awaitReady(Duration limit) throws InterruptedException {
    boolean ready = true;
    for (HeapExecutor<EndiveGuest> each : runtimes.executors()) {
      ready &= each.awaitReady(limit);
    }
    return ready;
  }

  /**
   * What the pools did and do, one for each runtime that was needed.
   *
   * @return snapshots, in the order in which the runtimes were loaded
   */
  public List<ExecutorStatistics> statistics() {
    return runtimes.executors().stream().map(HeapExecutor::statistics).toList();
  }

  /** Waits up to 30 seconds for what was submitted, for each runtime, and ends all threads. */
  @Override
  public void close() {
    runtimes.close();
  }

  /** Settings of an executor; each is checked when it is set. */
  public static final class Builder {
    private static final int MAX_WORKERS = 1024;
    private static final int MAX_QUEUE = 1 << 20;
    private static final Duration LONGEST = Duration.ofDays(30);

    private int workers = Runtime.getRuntime().availableProcessors();
    private int queueCapacity = 1024;
    private @Nullable HeapStrategy strategy;
    private Duration deadline = Duration.ofSeconds(60);
    private Duration loadDeadline = Duration.ofMinutes(2);
    private boolean verifyResets;
    private @Nullable WarmUpBlock warmUp;
    private PoolListener listener = PoolListener.NONE;

    private Builder() {}

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
     * Deadline of loading a runtime, and of making an instance. Default 2 minutes.
     *
     * @param value more than zero, at most 30 days
     * @return this
     */
    public Builder loadDeadline(Duration value) {
      loadDeadline = requireDuration("loadDeadline", value);
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
     * A block that each new instance of its runtime executes before any other, so that none that
     * matters pays for what a first one sets up. It should be one that is known to be good: an
     * instance on which its guest fails is not used. Default: none.
     *
     * @param block what to execute
     * @param parent its parent's state, whose runtime is the one that is warmed up
     * @return this
     */
    public Builder warmUp(Block block, State parent) {
      warmUp =
          new WarmUpBlock(
              Objects.requireNonNull(block, "block"), Objects.requireNonNull(parent, "parent"));
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
              workers,
              queueCapacity,
              strategy,
              deadline,
              loadDeadline,
              verifyResets,
              warmUp,
              listener));
    }
  }
}
