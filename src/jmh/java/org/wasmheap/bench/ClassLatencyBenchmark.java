package org.wasmheap.bench;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.common.util.concurrent.MoreExecutors;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;
import org.wasmheap.allocator.BlockLimit;
import org.wasmheap.guest.GuestCall;
import org.wasmheap.guest.GuestFactory;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.memory.FlatMemory;
import org.wasmheap.pool.CallOptions;
import org.wasmheap.pool.CallOptions.CallClass;
import org.wasmheap.pool.HeapExecutor;

/**
 * How long a block import waits for its call while off-chain calls keep the queue of one worker
 * full: with everything in one class, and with block import in its own. All calls do the same work,
 * some tens of microseconds on a bare heap.
 *
 * <p>{@code mvn -q test-compile exec:exec@jmh -Djmh.args="ClassLatencyBenchmark"}; p0.50 and p0.99
 * are what to look at.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(2)
public class ClassLatencyBenchmark {
  private static final int WORK = 20_000;
  private static final int HEAP_BASE = 1024;

  /** Behind its header of eight bytes. */
  private static final int FIRST_POINTER = HEAP_BASE + 8;

  private static final CallOptions OFF_CHAIN = CallOptions.named("query");

  private static final GuestCall<HeapHandle, Integer> CALL =
      heap -> {
        Blackhole.consumeCPU(WORK);
        return heap.malloc(64);
      };

  /** What block imports are submitted as. */
  @Param({"OFF_CHAIN", "BLOCK_IMPORT"})
  public CallClass importClass;

  /** Off-chain calls that are under way at any moment. */
  @Param("64")
  public int offChainCalls;

  private HeapExecutor<HeapHandle> executor;
  private CallOptions blockImport;
  private Semaphore places;
  private Thread background;
  private volatile boolean ended;

  /** Fills the queue, and keeps it full. */
  @Setup
  public void setUp() throws InterruptedException {
    executor =
        HeapExecutor.builder(
                GuestFactory.bare(
                    new FlatMemory(1, 4).capture(4096), HEAP_BASE, BlockLimit.ON_CHAIN))
            .workers(1)
            .queueCapacity(2 * offChainCalls)
            .build();
    executor.awaitReady(Duration.ofSeconds(30));
    blockImport = CallOptions.named("import").withClass(importClass);
    places = new Semaphore(offChainCalls);
    background = new Thread(this::keepFull, "off-chain");
    background.start();
  }

  private void keepFull() {
    try {
      while (!ended) {
        if (places.tryAcquire(100, TimeUnit.MILLISECONDS)) {
          ListenableFuture<Integer> query = executor.submit(OFF_CHAIN, CALL);
          query.addListener(places::release, MoreExecutors.directExecutor());
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Checks that a call gives a pristine heap's first pointer, and ends the threads. */
  @TearDown
  public void close() throws InterruptedException {
    Expected.require(blockImport() == FIRST_POINTER, "a call gave another pointer");
    ended = true;
    background.join(10_000);
    executor.close();
  }

  /** A call of block import, from its submission to its result. */
  @Benchmark
  public int blockImport() throws InterruptedException {
    return executor.call(blockImport, CALL);
  }
}
