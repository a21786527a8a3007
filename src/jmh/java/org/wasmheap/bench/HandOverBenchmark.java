package org.wasmheap.bench;

import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.commons.pool2.BasePooledObjectFactory;
import org.apache.commons.pool2.PooledObject;
import org.apache.commons.pool2.impl.DefaultPooledObject;
import org.apache.commons.pool2.impl.GenericObjectPool;
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
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.pool.CallOptions;
import org.wasmheap.pool.HeapExecutor;
import stormpot.Allocator;
import stormpot.BasePoolable;
import stormpot.Expiration;
import stormpot.Pool;
import stormpot.Slot;
import stormpot.Timeout;

/**
 * Who hands over a bare heap faster: claim, malloc of 8 bytes, reset, release. Object pools give
 * the heap to the calling thread and do no more; ours takes the call to the heap's own thread, with
 * queue, deadline, report and future. So {@code pooled} is held against {@code stormpot} and {@code
 * commonsPool} to see what a whole call costs beside a claim alone. Each has as many heaps as
 * threads; JMH counts the calls of all threads together.
 *
 * <p>{@code mvn -q test-compile exec:exec@jmh -Djmh.args="HandOverBenchmark"}
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class HandOverBenchmark {
  private static final int BATCH = 500;
  private static final CallOptions OPTIONS = CallOptions.named("bench");
  private static final Timeout LONG = new Timeout(1, TimeUnit.MINUTES);

  /** This library. */
  @State(Scope.Benchmark)
  public static class Ours {
    /** Workers, each with its heap. */
    @Param({"1", "2"})
    public int workers;

    private HeapExecutor<HeapHandle> executor;

    /** Makes the pool, and checks that each call has a pristine heap. */
    @Setup
    public void setUp() throws ExecutionException, InterruptedException {
      executor = HeapExecutor.builder(BareHeap.factory()).workers(workers).build();
      for (int pointer : calls()) {
        Expected.require(pointer == BareHeap.POINTER, "a heap was not pristine");
      }
    }

    private List<Integer> calls() throws ExecutionException, InterruptedException {
      return Batches.onPool(executor, OPTIONS, BareHeap::use, BATCH);
    }

    /** Ends the threads. */
    @TearDown
    public void close() {
      executor.close();
    }
  }

  /** A heap in Stormpot. */
  private static final class StormpotHeap extends BasePoolable {
    private final BareHeap heap = new BareHeap();

    StormpotHeap(Slot slot) {
      super(slot);
    }
  }

  /** Makes the heaps of Stormpot. */
  private static final class StormpotAllocator implements Allocator<StormpotHeap> {
    @Override
    public StormpotHeap allocate(Slot slot) {
      return new StormpotHeap(slot);
    }

    @Override
    public void deallocate(StormpotHeap heap) {}
  }

  /** Stormpot, whose objects never expire here. */
  @State(Scope.Benchmark)
  public static class Stormpot {
    private Pool<StormpotHeap> pool;

    /** Makes the pool, and checks that each claim has a pristine heap. */
    @Setup
    public void setUp(BenchmarkParams parameters) throws InterruptedException {
      pool =
          Pool.from(new StormpotAllocator())
              .setSize(parameters.getThreads())
              .setExpiration(Expiration.never())
              .build();
      for (int i = 0; i < BATCH; i++) {
        Expected.require(call() == BareHeap.POINTER, "a heap was not pristine");
      }
    }

    private int call() throws InterruptedException {
      StormpotHeap claimed = pool.claim(LONG);
      try {
        return claimed.heap.claimUseReset();
      } finally {
        claimed.release();
      }
    }

    /** Ends its thread. */
    @TearDown
    public void close() throws InterruptedException {
      pool.shutdown().await(LONG);
    }
  }

  /** Makes the heaps of commons-pool2. */
  private static final class CommonsFactory extends BasePooledObjectFactory<BareHeap> {
    @Override
    public BareHeap create() {
      return new BareHeap();
    }

    @Override
    public PooledObject<BareHeap> wrap(BareHeap heap) {
      return new DefaultPooledObject<>(heap);
    }
  }

  /** commons-pool2 as it comes, but for its size. */
  @State(Scope.Benchmark)
  public static class Commons {
    private GenericObjectPool<BareHeap> pool;

    /** Makes the pool, and checks that each claim has a pristine heap. */
    @Setup
    public void setUp(BenchmarkParams parameters) throws Exception {
      pool = new GenericObjectPool<>(new CommonsFactory());
      pool.setMaxTotal(parameters.getThreads());
      for (int i = 0; i < BATCH; i++) {
        Expected.require(call() == BareHeap.POINTER, "a heap was not pristine");
      }
    }

    private int call() throws Exception {
      BareHeap heap = pool.borrowObject();
      try {
        return heap.claimUseReset();
      } finally {
        pool.returnObject(heap);
      }
    }

    /** Lets go of the heaps. */
    @TearDown
    public void close() {
      pool.close();
    }
  }

  /** Whole calls on our pool. */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public List<Integer> pooled(Ours pool) throws ExecutionException, InterruptedException {
    return pool.calls();
  }

  /** Claims of one thread. */
  @Benchmark
  @Threads(1)
  public int stormpot(Stormpot pool) throws InterruptedException {
    return pool.call();
  }

  /** Claims of two threads. */
  @Benchmark
  @Threads(2)
  public int stormpotTwoThreads(Stormpot pool) throws InterruptedException {
    return pool.call();
  }

  /** Claims of one thread. */
  @Benchmark
  @Threads(1)
  public int commonsPool(Commons pool) throws Exception {
    return pool.call();
  }

  /** Claims of two threads. */
  @Benchmark
  @Threads(2)
  public int commonsPoolTwoThreads(Commons pool) throws Exception {
    return pool.call();
  }
}
