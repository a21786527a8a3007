package org.wasmheap.bench;

import com.google.common.util.concurrent.Futures;
import com.google.common.util.concurrent.ListenableFuture;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;
import org.wasmheap.endive.EndiveGuest;
import org.wasmheap.guest.GuestCall;
import org.wasmheap.pool.CallOptions;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.runtime.HeapStrategy;
import org.wasmheap.runtime.SubstrateRuntime;

/**
 * The executor's own cost for {@code Core_version} of Westend: a pipelined call on one worker, with
 * queue, hand-over, reset and report, against the same work on a ready instance of the measuring
 * thread. The cost is (pipelined - bare) / bare.
 *
 * <p>{@code mvn -q test-compile exec:exec@jmh -Djmh.args="ExecutorCostBenchmark"}; add {@code -prof
 * gc} for the garbage of a call, of which {@code result} is part.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 8, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(2)
public class ExecutorCostBenchmark {
  private static final String CALL = "Core_version";
  private static final int BATCH = 500;

  private static SubstrateRuntime load() {
    return BenchRuntime.load(HeapStrategy.ofStatic(HeapStrategy.DEFAULT_HEAP_PAGES));
  }

  /** A ready instance of the measuring thread's own. */
  @State(Scope.Thread)
  public static class Bare {
    private BareGuest<EndiveGuest> guest;
    private GuestCall<EndiveGuest, byte[]> work;

    /** Loads the runtime. */
    @Setup
    public void setUp() throws Exception {
      SubstrateRuntime runtime = load();
      guest = new BareGuest<>(runtime);
      work = runtime.call(CALL, new byte[0]);
    }

    /** Checks what the work gives, after all measuring: on a used instance, and one put back. */
    @TearDown
    public void check() throws Exception {
      byte[] first = guest.run(work);
      guest.renew();
      Expected.westend(CALL, List.of(first, guest.run(work)));
    }
  }

  /** What a call gave. */
  @State(Scope.Thread)
  public static class Copied {
    private byte[] result;

    /** Loads the runtime, and checks what a call gives. */
    @Setup
    public void setUp() throws Exception {
      SubstrateRuntime runtime = load();
      result = new BareGuest<>(runtime).run(runtime.call(CALL, new byte[0]));
      Expected.westend(CALL, result);
    }
  }

  /** An executor of one worker. */
  @State(Scope.Benchmark)
  public static class Pooled {
    private HeapExecutor<EndiveGuest> executor;
    private GuestCall<EndiveGuest, byte[]> work;

    /** Loads the runtime. */
    @Setup
    public void setUp() {
      SubstrateRuntime runtime = load();
      executor = HeapExecutor.builder(runtime).workers(1).build();
      work = runtime.call(CALL, new byte[0]);
    }

    /** Checks what a call gives, after all measuring, and ends the threads. */
    @TearDown
    public void close() throws InterruptedException {
      Expected.westend(CALL, executor.call(CallOptions.named(CALL), work));
      executor.close();
    }
  }

  /** A copy of what a call gives: a part of its garbage that nobody can spare. */
  @Benchmark
  public byte[] result(Copied copied) {
    return copied.result.clone();
  }

  /** The work alone; what one reset for a batch takes is lost in it. */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public void bare(Bare bare, Blackhole results) throws Exception {
    for (int i = 0; i < BATCH; i++) {
      results.consume(bare.guest.run(bare.work));
    }
    bare.guest.renew();
  }

  /** Calls through the executor, many of them under way. */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public List<byte[]> pipelined(Pooled pooled) throws ExecutionException, InterruptedException {
    List<ListenableFuture<byte[]>> results = new ArrayList<>(BATCH);
    for (int i = 0; i < BATCH; i++) {
      results.add(pooled.executor.submit(CallOptions.named(CALL), pooled.work));
    }
    return Futures.allAsList(results).get();
  }

  /** One call after the other: each waits for its hand-over and for the way back. */
  @Benchmark
  public byte[] oneByOne(Pooled pooled) throws InterruptedException {
    return pooled.executor.call(CallOptions.named(CALL), pooled.work);
  }
}
