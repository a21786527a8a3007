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
import java.util.stream.IntStream;
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
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.pool.CallOptions;
import org.wasmheap.pool.HeapExecutor;

/**
 * Dispatch alone: calls that do nothing but give their number back, on a bare heap of this
 * library's executor, held against the same tasks on a {@code ThreadPoolExecutor} of as many
 * threads, which knows neither classes nor deadlines nor heaps.
 *
 * <p>{@code mvn -q test-compile exec:exec@jmh -Djmh.args="DispatchBenchmark"}
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class DispatchBenchmark {
  private static final int BATCH = 500;
  private static final CallOptions OPTIONS = CallOptions.named("bench");

  /** Threads that execute. */
  @Param({"1", "2"})
  public int threads;

  private final List<Integer> numbers = IntStream.range(0, BATCH).boxed().toList();
  private HeapExecutor<HeapHandle> pool;
  private ExecutorService plain;

  /** Starts the threads of both, and checks what their tasks give. */
  @Setup
  public void setUp() throws ExecutionException, InterruptedException {
    pool = HeapExecutor.builder(BareHeap.factory()).workers(threads).build();
    plain = Executors.newFixedThreadPool(threads);
    Expected.require(pooled().equals(numbers), "the pool gave other numbers");
    Expected.require(threadPoolExecutor().equals(numbers), "the threads gave other numbers");
  }

  /** Ends the threads. */
  @TearDown
  public void close() {
    pool.close();
    plain.shutdown();
  }

  /** Calls on bare heaps. */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public List<Integer> pooled() throws ExecutionException, InterruptedException {
    List<ListenableFuture<Integer>> results = new ArrayList<>(BATCH);
    for (Integer number : numbers) {
      results.add(pool.submit(OPTIONS, heap -> number));
    }
    return Futures.allAsList(results).get();
  }

  /** Tasks on plain threads. */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public List<Integer> threadPoolExecutor() throws ExecutionException, InterruptedException {
    List<Future<Integer>> under = new ArrayList<>(BATCH);
    for (Integer number : numbers) {
      under.add(plain.submit(() -> number));
    }
    List<Integer> results = new ArrayList<>(BATCH);
    for (Future<Integer> each : under) {
      results.add(each.get());
    }
    return results;
  }
}
