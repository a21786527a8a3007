package org.wasmheap.bench;

import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
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
import org.wasmheap.pool.CallOptions;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.runtime.HeapStrategy;
import org.wasmheap.runtime.SubstrateRuntime;

/**
 * Calls of Westend on this library's pool and by the ways that one has on the JVM without it, all
 * pipelined, each with its result copied out.
 *
 * <ul>
 *   <li>Isolated, as {@code pooled} is: {@code fresh} makes an instance for each call, {@code
 *       copyOnWrite} puts a thread's instance back by letting go of its private pages. The latter
 *       leaves globals and tables as they are, and checks nothing.
 *   <li>Not isolated: {@code underLock} has one instance for all threads, {@code threadLocal} one
 *       for each, and neither is put back. What {@code pooled} takes beyond these is the price of
 *       isolation.
 * </ul>
 *
 * <p>{@code mvn -q test-compile exec:exec@jmh -Djmh.args="PeersBenchmark"}
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 5, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(2)
public class PeersBenchmark {
  private static final String CALL = "Core_version";
  private static final String LONG_CALL = "Metadata_metadata";
  private static final int BATCH = 500;
  private static final int LONG_BATCH = 20;

  /** The pool. */
  @State(Scope.Benchmark)
  public static class Pooled {
    /** Workers of the pool. */
    @Param({"1", "2"})
    public int threads;

    private SubstrateRuntime runtime;
    private HeapExecutor<EndiveGuest> executor;

    /** Loads the runtime, and checks what it says. */
    @Setup
    public void setUp() throws ExecutionException, InterruptedException {
      runtime = BenchRuntime.load(HeapStrategy.ofStatic(HeapStrategy.DEFAULT_HEAP_PAGES));
      executor = HeapExecutor.builder(runtime).workers(threads).build();
      Expected.westend(CALL, calls(CALL, BATCH));
      Expected.westend(LONG_CALL, calls(LONG_CALL, LONG_BATCH));
    }

    private List<byte[]> calls(String call, int count)
        throws ExecutionException, InterruptedException {
      return Batches.onPool(
          executor, CallOptions.named(call), runtime.call(call, new byte[0]), count);
    }

    /** Ends the threads. */
    @TearDown
    public void close() {
      executor.close();
    }
  }

  /** How a plain thread comes to an instance, and what it does with it afterwards. */
  private interface Way {
    byte[] call(String entry);
  }

  /** Plain threads, each call by one way. */
  private static final class PlainThreads {
    private final ExecutorService threads;
    private final Way way;

    PlainThreads(int count, Way way) throws ExecutionException, InterruptedException {
      this.threads = Executors.newFixedThreadPool(count);
      this.way = way;
      Expected.westend(CALL, calls(CALL, LONG_BATCH));
      Expected.westend(LONG_CALL, calls(LONG_CALL, LONG_BATCH));
    }

    List<byte[]> calls(String entry, int count) throws ExecutionException, InterruptedException {
      return Batches.onThreads(threads, () -> way.call(entry), count);
    }

    void close() {
      threads.shutdown();
    }
  }

  /** An instance for each call. */
  @State(Scope.Benchmark)
  public static class Fresh {
    /** Plain threads. */
    @Param({"1", "2"})
    public int threads;

    private PlainThreads plain;

    /** Compiles the runtime, and checks what it says. */
    @Setup
    public void setUp() throws ExecutionException, InterruptedException {
      PlainModule module = PlainModule.westend();
      plain = new PlainThreads(threads, entry -> module.fresh().result(entry));
    }

    /** Ends the threads. */
    @TearDown
    public void close() {
      plain.close();
    }
  }

  /** One instance for two threads. */
  @State(Scope.Benchmark)
  public static class Shared {
    private PlainThreads plain;

    /** Compiles the runtime, and checks what it says. */
    @Setup
    public void setUp() throws ExecutionException, InterruptedException {
      PlainModule.Guest guest = PlainModule.westend().fresh();
      ReentrantLock lock = new ReentrantLock();
      plain =
          new PlainThreads(
              2,
              entry -> {
                lock.lock();
                try {
                  return guest.result(entry);
                } finally {
                  lock.unlock();
                }
              });
    }

    /** Ends the threads. */
    @TearDown
    public void close() {
      plain.close();
    }
  }

  /** An instance for each thread. */
  @State(Scope.Benchmark)
  public static class Local {
    /** Plain threads. */
    @Param({"1", "2"})
    public int threads;

    private PlainThreads plain;

    /** Compiles the runtime, and checks what it says. */
    @Setup
    public void setUp() throws ExecutionException, InterruptedException {
      PlainModule module = PlainModule.westend();
      ThreadLocal<PlainModule.Guest> own = ThreadLocal.withInitial(module::fresh);
      plain = new PlainThreads(threads, entry -> own.get().result(entry));
    }

    /** Ends the threads. */
    @TearDown
    public void close() {
      plain.close();
    }
  }

  /** An instance for each thread, on pages that all share until they write. */
  @State(Scope.Benchmark)
  public static class Cow {
    /** Plain threads. */
    @Param({"1", "2"})
    public int threads;

    private PlainThreads plain;

    /** Compiles the runtime, and checks what it says. */
    @Setup
    public void setUp() throws ExecutionException, InterruptedException {
      PlainModule module = PlainModule.westend();
      byte[][] golden = ((CowMemory) module.on(CowMemory::new).memory()).share();
      ThreadLocal<PlainModule.Guest> own =
          ThreadLocal.withInitial(() -> module.on(limits -> new CowMemory(limits, golden)));
      plain =
          new PlainThreads(
              threads,
              entry -> {
                PlainModule.Guest guest = own.get();
                byte[] result = guest.result(entry);
                ((CowMemory) guest.memory()).reset();
                return result;
              });
    }

    /** Ends the threads. */
    @TearDown
    public void close() {
      plain.close();
    }
  }

  /** This library. */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public List<byte[]> pooled(Pooled pool) throws ExecutionException, InterruptedException {
    return pool.calls(CALL, BATCH);
  }

  /** This library, with the long call. */
  @Benchmark
  @OperationsPerInvocation(LONG_BATCH)
  public List<byte[]> pooledMetadata(Pooled pool) throws ExecutionException, InterruptedException {
    return pool.calls(LONG_CALL, LONG_BATCH);
  }

  /** An instance for each call. */
  @Benchmark
  @OperationsPerInvocation(LONG_BATCH)
  public List<byte[]> fresh(Fresh threads) throws ExecutionException, InterruptedException {
    return threads.plain.calls(CALL, LONG_BATCH);
  }

  /** An instance for each long call. */
  @Benchmark
  @OperationsPerInvocation(LONG_BATCH)
  public List<byte[]> freshMetadata(Fresh threads) throws ExecutionException, InterruptedException {
    return threads.plain.calls(LONG_CALL, LONG_BATCH);
  }

  /** One instance under a lock. */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public List<byte[]> underLock(Shared threads) throws ExecutionException, InterruptedException {
    return threads.plain.calls(CALL, BATCH);
  }

  /** One instance under a lock, with the long call. */
  @Benchmark
  @OperationsPerInvocation(LONG_BATCH)
  public List<byte[]> underLockMetadata(Shared threads)
      throws ExecutionException, InterruptedException {
    return threads.plain.calls(LONG_CALL, LONG_BATCH);
  }

  /** An instance for each thread. */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public List<byte[]> threadLocal(Local threads) throws ExecutionException, InterruptedException {
    return threads.plain.calls(CALL, BATCH);
  }

  /** An instance for each thread, with the long call. */
  @Benchmark
  @OperationsPerInvocation(LONG_BATCH)
  public List<byte[]> threadLocalMetadata(Local threads)
      throws ExecutionException, InterruptedException {
    return threads.plain.calls(LONG_CALL, LONG_BATCH);
  }

  /** Shared pages. */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public List<byte[]> copyOnWrite(Cow threads) throws ExecutionException, InterruptedException {
    return threads.plain.calls(CALL, BATCH);
  }

  /** Shared pages, with the long call. */
  @Benchmark
  @OperationsPerInvocation(LONG_BATCH)
  public List<byte[]> copyOnWriteMetadata(Cow threads)
      throws ExecutionException, InterruptedException {
    return threads.plain.calls(LONG_CALL, LONG_BATCH);
  }
}
