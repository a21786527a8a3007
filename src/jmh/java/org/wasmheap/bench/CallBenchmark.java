package org.wasmheap.bench;

import com.google.common.util.concurrent.Futures;
import com.google.common.util.concurrent.ListenableFuture;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
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
import org.wasmheap.runtime.HeapStrategy;
import org.wasmheap.runtime.SubstrateRuntime;
import run.endive.runtime.ByteArrayMemory;
import run.endive.runtime.Instance;
import run.endive.runtime.Machine;
import run.endive.runtime.Memory;
import run.endive.wasm.Parser;
import run.endive.wasm.WasmModule;

/**
 * Whole pristine calls of Westend: {@code Core_version} pipelined on the executor, against a fresh
 * instance for each on a plain thread pool; and {@code Metadata_metadata}, to see two workers
 * beside one.
 *
 * <p>{@code mvn -q test-compile exec:exec@jmh -Djmh.args="CallBenchmark"}; add {@code -prof gc} for
 * the garbage of a call.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 5, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(2)
public class CallBenchmark {
  private static final String CALL = "Core_version";
  private static final String LONG_CALL = "Metadata_metadata";
  private static final int BATCH = 500;
  private static final int LONG_BATCH = 20;
  private static final int FRESH_BATCH = 20;
  private static final int MAXIMUM_PAGES = 2069;

  /** The pool. */
  @State(Scope.Benchmark)
  public static class Pooled {
    /** Workers of the pool. */
    @Param({"1", "2"})
    public int workers;

    private HeapExecutor<EndiveGuest> executor;
    private GuestCall<EndiveGuest, byte[]> work;
    private GuestCall<EndiveGuest, byte[]> longWork;

    /** Loads the runtime. */
    @Setup
    public void setUp() {
      SubstrateRuntime runtime =
          BenchRuntime.load(HeapStrategy.ofStatic(HeapStrategy.DEFAULT_HEAP_PAGES));
      executor = HeapExecutor.builder(runtime).workers(workers).build();
      work = runtime.call(CALL, new byte[0]);
      longWork = runtime.call(LONG_CALL, new byte[0]);
    }

    /** Checks what calls give, after all measuring, and ends the threads. */
    @TearDown
    public void close() throws ExecutionException, InterruptedException {
      Expected.westend(CALL, pipelined(executor, CallOptions.named(CALL), work, BATCH));
      Expected.westend(
          LONG_CALL, pipelined(executor, CallOptions.named(LONG_CALL), longWork, workers + 1));
      executor.close();
    }
  }

  /** A thread pool that makes an instance for each call. */
  @State(Scope.Benchmark)
  public static class Fresh {
    /** Threads of the pool. */
    @Param({"1", "2"})
    public int workers;

    private ExecutorService executor;
    private WasmModule module;
    private Function<Instance, Machine> machines;

    /** Compiles the runtime. */
    @Setup
    public void setUp() {
      module = Parser.parse(BenchRuntime.code().wasm());
      machines = PlainInstance.compile(module);
      executor = Executors.newFixedThreadPool(workers);
    }

    /** Checks what a call gives, after all measuring, and ends the threads. */
    @TearDown
    public void close() {
      Memory[] made = new Memory[1];
      long packed =
          PlainInstance.of(
                  module, machines, MAXIMUM_PAGES, limits -> made[0] = new ByteArrayMemory(limits))
              .call(CALL);
      Expected.westend(CALL, made[0].readBytes((int) packed, (int) (packed >>> 32)));
      executor.shutdown();
    }
  }

  /** Calls on the pool, with many under way. */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public List<byte[]> pooled(Pooled pooled) throws ExecutionException, InterruptedException {
    return pipelined(pooled.executor, CallOptions.named(CALL), pooled.work, BATCH);
  }

  /** Calls that are as long as a block's, which leaves the submitting thread idle. */
  @Benchmark
  @OperationsPerInvocation(LONG_BATCH)
  public List<byte[]> pooledMetadata(Pooled pooled)
      throws ExecutionException, InterruptedException {
    return pipelined(pooled.executor, CallOptions.named(LONG_CALL), pooled.longWork, LONG_BATCH);
  }

  private static List<byte[]> pipelined(
      HeapExecutor<EndiveGuest> executor,
      CallOptions options,
      GuestCall<EndiveGuest, byte[]> work,
      int calls)
      throws ExecutionException, InterruptedException {
    List<ListenableFuture<byte[]>> results = new ArrayList<>(calls);
    for (int i = 0; i < calls; i++) {
      results.add(executor.submit(options, work));
    }
    return Futures.allAsList(results).get();
  }

  /** Calls on fresh instances. */
  @Benchmark
  @OperationsPerInvocation(FRESH_BATCH)
  public long fresh(Fresh fresh) throws ExecutionException, InterruptedException {
    List<Future<Long>> results = new ArrayList<>(FRESH_BATCH);
    for (int i = 0; i < FRESH_BATCH; i++) {
      results.add(
          fresh.executor.submit(
              () -> PlainInstance.of(fresh.module, fresh.machines, MAXIMUM_PAGES).call(CALL)));
    }
    long sum = 0;
    for (Future<Long> result : results) {
      sum += result.get();
    }
    return sum;
  }
}
