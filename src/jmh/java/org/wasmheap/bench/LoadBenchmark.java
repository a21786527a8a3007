package org.wasmheap.bench;

import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.wasmheap.endive.EndiveGuest;
import org.wasmheap.guest.GuestCall;
import org.wasmheap.pool.CallOptions;
import org.wasmheap.pool.HeapExecutor;

/**
 * Calls that load memory as those of a node do, on as many workers as threads, against a fresh
 * instance for each call on as many plain threads. Of each guest, {@code pooled} is held against
 * {@code fresh} with the same number of threads; {@code ready} tells how much of both is the
 * guest's own work, which no way to isolate calls makes less.
 *
 * <p>{@code mvn -q test-compile exec:exec@jmh -Djmh.args="LoadBenchmark"}
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 5, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(2)
public class LoadBenchmark {
  private static final int BATCH = 100;
  private static final int FRESH_BATCH = 20;
  private static final int MAXIMUM_PAGES = 4_000;
  private static final CallOptions OPTIONS = CallOptions.named(LoadGuest.ENTRY);

  /** What the guests do. */
  public enum Load {
    /** A mebibyte allocated, and a word written in each of its lines of 64 bytes. */
    MEBIBYTE,
    /** The same in a module with a mebibyte of data and a table of 4,000 entries. */
    MEBIBYTE_OF_RUNTIME,
    /** Three words in a static buffer of 64 MiB, which has data at its ends alone. */
    STATIC_BUFFER;

    private LoadGuest guest() {
      return switch (this) {
        case MEBIBYTE -> LoadGuest.mebibyte();
        case MEBIBYTE_OF_RUNTIME -> LoadGuest.mebibyteOfRuntime();
        case STATIC_BUFFER -> LoadGuest.staticBuffer();
      };
    }
  }

  /** The pool. */
  @State(Scope.Benchmark)
  public static class Pooled {
    /** Which guest. */
    @Param public Load load = Load.MEBIBYTE;

    /** Workers of the pool. */
    @Param({"1", "2", "4"})
    public int threads;

    private HeapExecutor<EndiveGuest> executor;
    private final GuestCall<EndiveGuest, Long> work = LoadGuest.call();

    /** Loads the guest, and checks what it computes: the second time on instances put back. */
    @Setup
    public void setUp() throws ExecutionException, InterruptedException {
      LoadGuest guest = load.guest();
      executor = HeapExecutor.builder(guest.load()).workers(threads).build();
      Expected.sum(guest.sum(), Batches.onPool(executor, OPTIONS, work, BATCH));
    }

    /** Ends the threads. */
    @TearDown
    public void close() {
      executor.close();
    }
  }

  /** Plain threads that make an instance for each call. */
  @State(Scope.Benchmark)
  public static class Fresh {
    /** Which guest. */
    @Param public Load load = Load.MEBIBYTE;

    /** Threads that make and call instances. */
    @Param({"1", "2", "4"})
    public int threads;

    private ExecutorService executor;
    private PlainModule module;

    /** Compiles the guest, and checks what it computes. */
    @Setup
    public void setUp() throws ExecutionException, InterruptedException {
      LoadGuest guest = load.guest();
      module = PlainModule.of(guest.wasm(), MAXIMUM_PAGES);
      executor = Executors.newFixedThreadPool(threads);
      Expected.sum(guest.sum(), Batches.onThreads(executor, this::call, 1));
    }

    private long call() {
      return module.fresh().instance().call(LoadGuest.ENTRY);
    }

    /** Ends the threads. */
    @TearDown
    public void close() {
      executor.shutdown();
    }
  }

  /** Plain threads, each with an instance that is not put back. */
  @State(Scope.Benchmark)
  public static class Ready {
    /** Which guest. */
    @Param public Load load = Load.MEBIBYTE;

    /** Threads that call instances. */
    @Param({"1", "2", "4"})
    public int threads;

    private ExecutorService executor;
    private ThreadLocal<PlainInstance> own;

    /** Compiles the guest, and checks what the first call of an instance computes. */
    @Setup
    public void setUp() throws ExecutionException, InterruptedException {
      LoadGuest guest = load.guest();
      PlainModule module = PlainModule.of(guest.wasm(), MAXIMUM_PAGES);
      own = ThreadLocal.withInitial(() -> module.fresh().instance());
      executor = Executors.newFixedThreadPool(threads);
      Expected.sum(guest.sum(), Batches.onThreads(executor, this::call, 1));
    }

    private long call() {
      return own.get().call(LoadGuest.ENTRY);
    }

    /** Ends the threads. */
    @TearDown
    public void close() {
      executor.shutdown();
    }
  }

  /** Calls on the pool. */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public List<Long> pooled(Pooled pooled) throws ExecutionException, InterruptedException {
    return Batches.onPool(pooled.executor, OPTIONS, pooled.work, BATCH);
  }

  /** Calls on fresh instances. */
  @Benchmark
  @OperationsPerInvocation(FRESH_BATCH)
  public List<Long> fresh(Fresh fresh) throws ExecutionException, InterruptedException {
    return Batches.onThreads(fresh.executor, fresh::call, FRESH_BATCH);
  }

  /** Calls on instances that are there already: the guest's own work, without isolation. */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public List<Long> ready(Ready ready) throws ExecutionException, InterruptedException {
    return Batches.onThreads(ready.executor, ready::call, BATCH);
  }
}
