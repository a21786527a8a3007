package org.wasmheap.runtime;

import com.google.common.util.concurrent.ListenableFuture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.wasmheap.endive.CodeStore;
import org.wasmheap.endive.EndiveGuest;
import org.wasmheap.endive.HostFunction;
import org.wasmheap.endive.LoadOptions;
import org.wasmheap.endive.ModuleRefusedException;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.pool.ExecutorStatistics;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.runtime.Preparation.Limits;
import org.wasmheap.runtime.Preparation.WarmUpCall;
import org.wasmheap.runtime.RuntimeEntry.Claim;
import org.wasmheap.runtime.RuntimeEntry.Use;
import org.wasmheap.runtime.RuntimeFigures.Totals;
import org.wasmheap.runtime.RuntimeRegistry.Line;

/**
 * Runtimes that are ready when they are needed, by code hash and heap strategy, each with an
 * executor of its own.
 *
 * <ol>
 *   <li>Each is loaded once, on a thread of the pool, when it is first asked for: all who ask
 *       meanwhile wait for that one load, and all of them get it.
 *   <li>As many are there as the pool is set to, those that are being loaded and those that drain
 *       included. For each further one that is asked for, one goes: an idle one first, then the one
 *       that was used longest ago. One that was {@linkplain #prepare prepared} and the one that
 *       {@linkplain #leaseForBlock blocks} are on go after those; one that is being prepared or is
 *       {@linkplain #pin pinned}, never.
 *   <li>What goes, drains: it gives no more leases, and when the last has ended, its executor is
 *       shut down, which lets accepted calls end. Only then another takes its room.
 *   <li>A load that failed is told to all who wait for it, and then to all who ask until its
 *       back-off is over: a second first, twice as long each time, five minutes at most, always a
 *       second where the code was not to blame, and none where it was not that of the hash. The
 *       exceptions are of the kind that loading threw.
 *   <li>Every wait has a limit. A caller that is interrupted or whose time is over stops waiting;
 *       the load goes on.
 * </ol>
 *
 * <pre>{@code
 * try (RuntimePool.Lease lease = pool.lease(code, strategy, limit)) {
 *   return lease.executor().call(lease.runtime().call("Core_version", new byte[0]));
 * }
 * }</pre>
 *
 * <p>Events in the log: {@code runtime.loaded} and {@code runtime.evicted} (INFO), {@code
 * runtime.load_failed} (WARN).
 *
 * <p>All methods may be called from any thread. One that is called inside a call of a runtime of
 * this pool keeps that runtime from going: to wait for a lease there may be in vain until its limit
 * is over.
 */
public final class RuntimePool implements AutoCloseable {
  private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final RuntimeRegistry<ReadyRuntime> registry;
  private final RuntimeKeeper keeper;

  /** How long a preparation waits for its runtime. */
  private final Duration preparationLimit;

  private final List<Listener> listeners = new CopyOnWriteArrayList<>();

  private final Preparations preparations;

  private RuntimePool(Builder builder, LongSupplier nanoClock) {
    ExecutorSetUp setUp = builder.setUp;
    LoadOptions loading = LoadOptions.DEFAULT.withDeadline(builder.loadDeadline);
    CodeStore store = builder.store;
    this.registry = new RuntimeRegistry<>(builder.mostRuntimes, nanoClock);
    RuntimeLoader loader =
        new RuntimeLoader(
            builder.hostFunctions,
            store == null ? loading : loading.withStore(store),
            setUp::setUp);
    this.keeper =
        new RuntimeKeeper(
            registry,
            loader,
            builder.mostRuntimes,
            builder.drain,
            ready -> tell(each -> each.loaded(ready.runtime(), ready.executor())),
            ready -> tell(each -> each.gone(ready.runtime(), ready.executor())));
    this.preparations = new Preparations(keeper);
    this.preparationLimit = LeaseRefusal.sum(builder.loadDeadline, builder.drain);
  }

  /**
   * Settings for a new pool.
   *
   * @param hostFunctions what its runtimes may import, beside the allocator
   * @return a builder
   */
  public static Builder builder(List<HostFunction> hostFunctions) {
    return new Builder(hostFunctions);
  }

  /** Sets up the executor of a runtime that was loaded. */
  @FunctionalInterface
  public interface ExecutorSetUp {
    /**
     * Sets it up: workers, queues, deadlines, listeners, name. On a thread of the pool.
     *
     * @param runtime what was loaded
     * @param executor settings, with a name of the hash; to be changed, and not to be built
     * @throws Exception if it cannot: the runtime is then not loaded
     */
    void setUp(SubstrateRuntime runtime, HeapExecutor.Builder<EndiveGuest> executor)
        throws Exception;
  }

  /**
   * Hears of runtimes that come and go. What it throws is logged, and nothing comes of it.
   *
   * <p>It runs on the thread that loads or ends, so it must be quick: those who wait for a runtime
   * wait for it, too. It must not lease the runtime that it is told of when that is loaded: nobody
   * has a lease before it returns. It may close the pool; that waits for no thread of the pool
   * then.
   */
  public interface Listener {
    /**
     * A runtime is loaded; the next thing is that those who wait for it have their leases.
     *
     * @param runtime what was loaded
     * @param executor of its instances
     */
    default void loaded(SubstrateRuntime runtime, HeapExecutor<?> executor) {}

    /**
     * A runtime is gone: its executor was shut down.
     *
     * @param runtime what is gone
     * @param executor of its instances
     */
    default void gone(SubstrateRuntime runtime, HeapExecutor<?> executor) {}
  }

  /**
   * The right to use a runtime: as long as it is not closed, the runtime stays. Calls that were
   * submitted under it still end when it is closed, since what goes, drains.
   */
  public static final class Lease implements AutoCloseable {
    private final RuntimePool pool;
    private final Claim<ReadyRuntime> claim;
    private final ReadyRuntime ready;

    private Lease(RuntimePool pool, Claim<ReadyRuntime> claim, ReadyRuntime ready) {
      this.pool = pool;
      this.claim = claim;
      this.ready = ready;
    }

    /**
     * Makes the calls.
     *
     * @return the runtime
     */
    public SubstrateRuntime runtime() {
      return ready.runtime();
    }

    /**
     * Runs them. It is the pool's to shut down.
     *
     * @return the executor
     */
    public HeapExecutor<EndiveGuest> executor() {
      return ready.executor();
    }

    /** Ends it; never waits. Nothing the second time. */
    @Override
    public void close() {
      pool.registry.release(claim);
      pool.keeper.dispatch();
    }

    @Override
    public String toString() {
      return "Lease[" + ready.runtime() + "]";
    }
  }

  /**
   * Waits until a runtime is ready, and leases it.
   *
   * @param code of the runtime
   * @param strategy size of its memory
   * @param limit how long to wait at most, more than zero, at most 30 days
   * @return a lease, to be closed
   * @throws CallException if no lease could be had, always the host's doing: {@link
   *     FailureKind#REJECTED} if there is no room, {@link FailureKind#DEADLINE} if it is not loaded
   *     in time, {@link FailureKind#SHUTDOWN} if the pool is closed, and what its executor could
   *     not be set up for
   * @throws ModuleRefusedException if the code cannot be loaded
   * @throws RuntimeLoadException if a code that is supplied is none
   * @throws IllegalArgumentException if the strategy does not fit the module
   * @throws IllegalStateException if the engine is missing, with the names of its artifacts
   * @throws InterruptedException if the calling thread is interrupted while it waits
   */
  public Lease lease(RuntimeCode code, HeapStrategy strategy, Duration limit)
      throws InterruptedException {
    return lease(code.codeHashHex(), strategy, () -> code, limit);
  }

  /**
   * The same for a caller who knows the hash, and has the code only unpacked when it is needed.
   *
   * @param codeHash of the code, as {@link RuntimeCode#codeHashHex} gives it
   * @param strategy size of its memory
   * @param code gives the code if it is to be loaded, on a thread of the pool; not kept beyond that
   * @param limit how long to wait at most, more than zero, at most 30 days
   * @return a lease, to be closed
   * @throws IllegalArgumentException if the hash is none, or that of another code than is given,
   *     and as above
   * @throws InterruptedException if the calling thread is interrupted while it waits
   */
  public Lease lease(
      String codeHash, HeapStrategy strategy, Supplier<RuntimeCode> code, Duration limit)
      throws InterruptedException {
    return lease(new RuntimeKey(codeHash, strategy), code, limit, Use.CALL);
  }

  /**
   * The same for a block: if there is no room, it comes before all who ask otherwise, and the
   * runtime is the one that blocks are on from here on, until another is leased so. That one goes
   * after all others; it does not make room for anything but a block as long as other rooms will
   * come free.
   *
   * @param codeHash of the code, as {@link RuntimeCode#codeHashHex} gives it
   * @param strategy size of its memory
   * @param code gives the code if it is to be loaded, on a thread of the pool; not kept beyond that
   * @param limit how long to wait at most, more than zero, at most 30 days
   * @return a lease, to be closed
   * @throws IllegalArgumentException as above
   * @throws InterruptedException if the calling thread is interrupted while it waits
   */
  public Lease leaseForBlock(
      String codeHash, HeapStrategy strategy, Supplier<RuntimeCode> code, Duration limit)
      throws InterruptedException {
    return lease(new RuntimeKey(codeHash, strategy), code, limit, Use.BLOCK);
  }

  private Lease lease(RuntimeKey key, Supplier<RuntimeCode> code, Duration limit, Use use)
      throws InterruptedException {
    Objects.requireNonNull(code, "code");
    long untilNanos = System.nanoTime() + LeaseRefusal.limitNanos(limit);
    Claim<ReadyRuntime> claim = registry.ask(key, code, use);
    try {
      keeper.dispatch();
      await(claim, untilNanos);
      LeaseRefusal refusal = claim.refusal;
      if (refusal != null) {
        throw refusal.toException();
      }
      return new Lease(this, claim, Objects.requireNonNull(claim.granted, "granted"));
    } catch (Throwable e) {
      registry.release(claim); // If it was granted: without memory for a lease, say.
      keeper.dispatch();
      throw e;
    }
  }

  /** Has done now and then what could not be done before: without a thread, say. */
  private void await(Claim<ReadyRuntime> claim, long untilNanos) throws InterruptedException {
    long nextNanos = System.nanoTime() + RETRY_NANOS;
    while (nextNanos - untilNanos < 0 && registry.isPendingAt(claim, nextNanos)) {
      keeper.dispatch();
      nextNanos = System.nanoTime() + RETRY_NANOS;
    }
    registry.await(claim, untilNanos);
  }

  /**
   * Loads a runtime ahead of its need, if it is not there, and makes calls until it is warm, on all
   * workers. They are off-chain calls like any other: they come after blocks, and are queued with
   * the other off-chain calls of that runtime. A guest that fails on them is reported.
   *
   * <p>The runtime stays meanwhile: who needs its room, waits. When it is prepared, it goes after
   * those that are not held, until somebody leases it, or an hour is over; one room of the pool, at
   * least, is without such a hold, so that of a pool of one nothing is held. A runtime that is
   * being prepared is not prepared once more: who asks for that has what comes of the calls and
   * limits of the first, and may cancel his own future. The calls stop when all have done so.
   *
   * @param code of the runtime
   * @param strategy size of its memory
   * @param calls take turns; none, to load it and no more
   * @param limits when to stop
   * @return how far it came, or what {@link #lease(RuntimeCode, HeapStrategy, Duration)} throws; if
   *     it is cancelled, the calls stop, and the runtime stays
   */
  public ListenableFuture<Preparation> prepare(
      RuntimeCode code, HeapStrategy strategy, List<WarmUpCall> calls, Limits limits) {
    return prepare(code.codeHashHex(), strategy, () -> code, calls, limits);
  }

  /**
   * The same for a caller who knows the hash.
   *
   * @param codeHash of the code, as {@link RuntimeCode#codeHashHex} gives it
   * @param strategy size of its memory
   * @param code gives the code if it is to be loaded, on a thread of the pool; not kept beyond that
   * @param calls take turns; none, to load it and no more
   * @param limits when to stop
   * @return as above
   */
  public ListenableFuture<Preparation> prepare(
      String codeHash,
      HeapStrategy strategy,
      Supplier<RuntimeCode> code,
      List<WarmUpCall> calls,
      Limits limits) {
    Objects.requireNonNull(limits, "limits");
    List<WarmUpCall> turns = List.copyOf(calls);
    RuntimeKey key = new RuntimeKey(codeHash, strategy);
    return preparations.share(key, () -> prepareNow(key, code, turns, limits));
  }

  private Preparation prepareNow(
      RuntimeKey key, Supplier<RuntimeCode> code, List<WarmUpCall> calls, Limits limits)
      throws InterruptedException {
    try (Lease lease = lease(key, code, preparationLimit, Use.PREPARATION)) {
      Preparation done = WarmUpRun.run(lease.ready, calls, limits);
      registry.prepared(lease.claim);
      return done;
    }
  }

  private void tell(Consumer<Listener> told) {
    for (Listener each : listeners) {
      try {
        told.accept(each);
      } catch (Throwable e) {
        RuntimeEvents.failed("listener", e);
      }
    }
  }

  /**
   * Adds a listener; it hears of what happens from here on.
   *
   * @param listener hears on threads of the pool
   */
  public void addListener(Listener listener) {
    listeners.add(Objects.requireNonNull(listener, "listener"));
  }

  /**
   * Lets a listener go.
   *
   * @param listener one that was added
   */
  public void removeListener(Listener listener) {
    listeners.remove(listener);
  }

  /**
   * Makes a runtime stay, now or when it is loaded, until it is unpinned.
   *
   * @param codeHash of its code, as {@link RuntimeCode#codeHashHex} gives it
   * @param strategy size of its memory
   * @throws IllegalStateException if as many others are pinned as may be there
   */
  public void pin(String codeHash, HeapStrategy strategy) {
    RuntimeKey key = new RuntimeKey(codeHash, strategy);
    if (!registry.pin(key)) {
      throw new IllegalStateException(
          "no more than " + registry.most() + " runtimes may be pinned, so not " + key);
    }
  }

  /**
   * Lets a runtime go like any other. Nothing if it is not pinned.
   *
   * @param codeHash of its code
   * @param strategy size of its memory
   */
  public void unpin(String codeHash, HeapStrategy strategy) {
    registry.unpin(new RuntimeKey(codeHash, strategy));
    keeper.dispatch();
  }

  /**
   * Makes a runtime go that will not be needed, though nobody asks for its room.
   *
   * @param codeHash of its code
   * @param strategy size of its memory
   * @return whether it goes; not if it is pinned, is not loaded, or goes already
   */
  public boolean evict(String codeHash, HeapStrategy strategy) {
    boolean goes = registry.evict(new RuntimeKey(codeHash, strategy));
    keeper.dispatch();
    return goes;
  }

  /**
   * The runtimes that are there, are asked for, or failed.
   *
   * @return snapshots: those that drain first, then the others in the order in which they were
   *     asked for, then those that were not loaded
   */
  public List<RuntimeFigures> runtimes() {
    return registry.snapshot().lines().stream().map(ReadyRuntime::figures).toList();
  }

  /**
   * How many runtimes are in a state, without a look at their executors.
   *
   * @param state where they are in their life
   * @return how many now
   */
  public int count(RuntimeFigures.State state) {
    return (int) registry.snapshot().lines().stream().filter(line -> line.state() == state).count();
  }

  /**
   * How many leases are out, without a look at executors.
   *
   * @return how many now
   */
  public int leases() {
    return registry.snapshot().lines().stream().mapToInt(Line::leases).sum();
  }

  /**
   * What the pool did so far.
   *
   * @return a snapshot
   */
  public Totals totals() {
    return registry.snapshot().totals();
  }

  /**
   * What all executors did and do.
   *
   * @return a snapshot for each that is there, and behind them the sum of those that are gone, if
   *     there are any: each executor is in one of them, and in no two
   */
  public List<ExecutorStatistics> statistics() {
    RuntimeRegistry.Snapshot<ReadyRuntime> now = registry.snapshot();
    List<ExecutorStatistics> all = new ArrayList<>();
    loaded(now).forEach(ready -> all.add(ready.executor().statistics()));
    ExecutorStatistics ended = now.totals().ended();
    if (ended != null) {
      all.add(ended);
    }
    return List.copyOf(all);
  }

  /**
   * The executors that are there, those that drain included. They are the pool's to shut down.
   *
   * @return a snapshot
   */
  public List<HeapExecutor<EndiveGuest>> executors() {
    return loaded(registry.snapshot()).map(ReadyRuntime::executor).toList();
  }

  private static Stream<ReadyRuntime> loaded(RuntimeRegistry.Snapshot<ReadyRuntime> now) {
    return now.lines().stream().flatMap(line -> Stream.ofNullable(line.loaded()));
  }

  /**
   * Gives no more leases, tells all who wait, gives loads and preparations up, and shuts all
   * executors down at once, also those that are leased: their calls have so long to end. Takes the
   * grace times of the executors on top, but for listeners no more than a second. A second call
   * only waits for the same end.
   *
   * @param limit how long accepted calls may take; at most 30 days are waited
   * @return whether nothing and no thread of the pool is left; a load that was given up, or one
   *     that is in foreign code, may go on for a while
   */
  public boolean shutdown(Duration limit) {
    Duration time = limit.isNegative() ? Duration.ZERO : LeaseRefusal.sum(limit, Duration.ZERO);
    long untilNanos = System.nanoTime() + time.toNanos();
    preparations.close(); // Before they are interrupted.
    keeper.close(untilNanos);
    return keeper.awaitEnd(untilNanos);
  }

  /** Shuts down with a limit of 30 seconds. */
  @Override
  public void close() {
    shutdown(Duration.ofSeconds(30));
  }

  @Override
  public String toString() {
    return "RuntimePool[" + registry.snapshot().occupied() + " of " + registry.most() + "]";
  }

  /** Settings of a pool; each is checked when it is set. */
  public static final class Builder {
    private static final int MOST_RUNTIMES = 1024;

    private final List<HostFunction> hostFunctions;
    private int mostRuntimes = 4;
    private @Nullable CodeStore store;
    private Duration loadDeadline = Duration.ofMinutes(2);
    private Duration drain = Duration.ofSeconds(30);
    private ExecutorSetUp setUp = (runtime, executor) -> {};

    private Builder(List<HostFunction> hostFunctions) {
      this.hostFunctions = List.copyOf(hostFunctions);
    }

    /**
     * Runtimes that may be there at once. Default 4: what a chain runs on now, what it will be
     * upgraded to, and two that somebody asks old states of.
     *
     * @param value 1 to 1024
     * @return this
     */
    public Builder mostRuntimes(int value) {
      if (value < 1 || value > MOST_RUNTIMES) {
        throw new IllegalArgumentException(
            "mostRuntimes is " + value + ", must be 1 to " + MOST_RUNTIMES);
      }
      mostRuntimes = value;
      return this;
    }

    /**
     * Where compiled code is looked for and kept. Default: nowhere.
     *
     * @param value as trusted as the library itself
     * @return this
     */
    public Builder codeStore(CodeStore value) {
      store = Objects.requireNonNull(value, "codeStore");
      return this;
    }

    /**
     * Deadline of loading a runtime, from when there is room for it. Default 2 minutes.
     *
     * @param value more than zero, at most 30 days
     * @return this
     */
    public Builder loadDeadline(Duration value) {
      loadDeadline = value;
      LeaseRefusal.limitNanos(value);
      return this;
    }

    /**
     * How long the calls of a runtime that goes may take to end, from the end of its last lease;
     * after that they are cut off. Default 30 seconds.
     *
     * @param value more than zero, at most 30 days
     * @return this
     */
    public Builder drain(Duration value) {
      drain = value;
      LeaseRefusal.limitNanos(value);
      return this;
    }

    /**
     * How the executor of each runtime is set up. Default: as {@link HeapExecutor} has it.
     *
     * @param value asked for each runtime that is loaded
     * @return this
     */
    public Builder executors(ExecutorSetUp value) {
      setUp = Objects.requireNonNull(value, "executors");
      return this;
    }

    /**
     * Makes the pool. It has no threads until a runtime is asked for.
     *
     * @return a pool, to be closed
     */
    public RuntimePool build() {
      return build(System::nanoTime);
    }

    /** The same with another clock for back-offs. */
    RuntimePool build(LongSupplier nanoClock) {
      return new RuntimePool(this, nanoClock);
    }
  }
}
