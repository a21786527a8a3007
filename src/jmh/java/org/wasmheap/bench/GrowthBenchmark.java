package org.wasmheap.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
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
import org.wasmheap.runtime.HeapStrategy;
import org.wasmheap.runtime.SubstrateRuntime;

/**
 * How the cost of {@code Core_version} of Westend grows: with the instances of a pool, with the
 * threads that submit and execute, and with the logical size of the memory. Each benchmark is a
 * line over its parameter, and is held against its own first point.
 *
 * <p>{@code mvn -q test-compile exec:exec@jmh -Djmh.args="GrowthBenchmark"}
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class GrowthBenchmark {
  private static final String CALL = "Core_version";
  private static final CallOptions OPTIONS = CallOptions.named(CALL);
  private static final int BATCH = 800;
  private static final HeapStrategy STRATEGY =
      HeapStrategy.ofStatic(HeapStrategy.DEFAULT_HEAP_PAGES);

  /** Workers, and one thread that submits. */
  @State(Scope.Benchmark)
  public static class Instances {
    /** Instances of the pool, each with its worker. */
    @Param({"1", "2", "4", "8", "16", "32", "64"})
    public int instances;

    private HeapExecutor<EndiveGuest> executor;
    private GuestCall<EndiveGuest, byte[]> work;

    /** Loads the runtime, and checks what it says. */
    @Setup
    public void setUp() throws ExecutionException, InterruptedException {
      SubstrateRuntime runtime = BenchRuntime.load(STRATEGY);
      executor = HeapExecutor.builder(runtime).workers(instances).build();
      work = runtime.call(CALL, new byte[0]);
      Expected.westend(CALL, Batches.onPool(executor, OPTIONS, work, BATCH));
    }

    /** Ends the threads. */
    @TearDown
    public void close() {
      executor.close();
    }
  }

  /** Workers, and as many threads that submit. */
  @State(Scope.Benchmark)
  public static class Threads {
    /** Of each kind. */
    @Param({"1", "2", "4"})
    public int threads;

    private HeapExecutor<EndiveGuest> executor;
    private ExecutorService submitters;
    private GuestCall<EndiveGuest, byte[]> work;

    /** Loads the runtime, and checks what it says. */
    @Setup
    public void setUp() throws ExecutionException, InterruptedException {
      SubstrateRuntime runtime = BenchRuntime.load(STRATEGY);
      executor = HeapExecutor.builder(runtime).workers(threads).build();
      submitters = Executors.newFixedThreadPool(threads);
      work = runtime.call(CALL, new byte[0]);
      Expected.westend(CALL, batch());
    }

    /** A batch, of which each thread submits its part. */
    private List<byte[]> batch() throws ExecutionException, InterruptedException {
      Callable<List<byte[]>> part = () -> Batches.onPool(executor, OPTIONS, work, BATCH / threads);
      List<byte[]> results = new ArrayList<>(BATCH);
      for (List<byte[]> each : Batches.onThreads(submitters, part, threads)) {
        results.addAll(each);
      }
      return results;
    }

    /** Ends the threads. */
    @TearDown
    public void close() {
      submitters.shutdown();
      executor.close();
    }
  }

  /** An instance of the measuring thread's own. */
  @State(Scope.Thread)
  public static class Pages {
    /** Logical pages of its memory; what is materialised stays the same. */
    @Param({"21", "84", "336", "2069", "8192", "16384"})
    public int pages;

    private BareGuest<EndiveGuest> guest;
    private Footprint footprint = new Footprint();

    /** Loads the runtime, checks what it says, and measures what the call leaves behind. */
    @Setup
    public void setUp() throws Exception {
      int declared = BenchRuntime.load(HeapStrategy.ofStatic(0)).initialPages();
      SubstrateRuntime runtime = BenchRuntime.load(HeapStrategy.ofStatic(pages - declared));
      Expected.require(runtime.initialPages() == pages, "another number of pages");
      footprint = Footprint.of(runtime, CALL);
      guest = new BareGuest<>(runtime);
      GuestCall<EndiveGuest, byte[]> work = runtime.call(CALL, new byte[0]);
      byte[] first = guest.run(work);
      leaveAndReset();
      Expected.westend(CALL, List.of(first, guest.run(work)));
      guest.renew();
      // JMH shows what a benchmark prints: without the number of blocks the times say little.
      // A line of JMH's output, as its own begin with this mark.
      System.out.println("# blocks changed by " + CALL + ": " + footprint.blocks());
    }

    private int leaveAndReset() throws Exception {
      int left =
          guest.run(
              open -> {
                footprint.leave(open.heap());
                return footprint.blocks();
              });
      guest.renew();
      return left;
    }
  }

  /** Calls on a pool of more and more instances. */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public List<byte[]> instances(Instances pool) throws ExecutionException, InterruptedException {
    return Batches.onPool(pool.executor, OPTIONS, pool.work, BATCH);
  }

  /** Calls of more and more threads on as many workers. */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public List<byte[]> threads(Threads pool) throws ExecutionException, InterruptedException {
    return pool.batch();
  }

  /** Leaving what the call leaves, and the reset, at more and more pages. */
  @Benchmark
  public int reset(Pages instance) throws Exception {
    return instance.leaveAndReset();
  }
}
