package org.wasmheap.bench;

import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
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
import org.wasmheap.endive.EndiveGuest;
import org.wasmheap.endive.PoolsCode;
import org.wasmheap.guest.GuestCall;
import org.wasmheap.memory.FlatMemory;
import org.wasmheap.pool.CallOptions;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.runtime.HeapStrategy;
import org.wasmheap.runtime.SubstrateRuntime;
import run.endive.runtime.ByteArrayMemory;
import run.endive.runtime.ByteBufferMemory;
import run.endive.runtime.Instance;
import run.endive.runtime.Machine;
import run.endive.runtime.Memory;
import run.endive.wasm.Parser;
import run.endive.wasm.WasmModule;
import run.endive.wasm.types.MemoryLimits;

/**
 * Guest speed: {@code Metadata_metadata} of Westend on our tracked memory, with growth and reset,
 * against the same on the engine's own memories, which are not put back; and a whole call through
 * the executor, with hop, checked imports and copied result. Each in a JVM of its own, so that
 * loads and stores have one memory class. Give it a fixed Java heap ({@code -jvmArgsAppend "-Xmn64m
 * -XX:+AlwaysPreTouch"}): pages of it that are touched for the first time cost the calls that make
 * garbage.
 *
 * <p>{@code mvn -q test-compile exec:exec@jmh -Djmh.args="GuestBenchmark"}
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 8, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(2)
public class GuestBenchmark {
  private static final String CALL = "Metadata_metadata";
  private static final int LEAST_RESULT_BYTES = 100_000;

  /** Our memory, behind an executor of one thread: hop, reset and copied result included. */
  @State(Scope.Benchmark)
  public static class Ours {
    private final SubstrateRuntime runtime = BenchRuntime.load(HeapStrategy.ofDynamic(65_536));
    private final HeapExecutor<EndiveGuest> executor =
        HeapExecutor.builder(runtime).workers(1).build();
    private final GuestCall<EndiveGuest, byte[]> work = runtime.call(CALL, new byte[0]);

    /** Checks what a call gives, after all measuring, and ends the threads. */
    @TearDown
    public void close() throws InterruptedException {
      Expected.westend(CALL, executor.call(CallOptions.named(CALL), work));
      executor.close();
    }
  }

  /** A guest outside of any pool. */
  @State(Scope.Benchmark)
  public static class Plain {
    /** Which memory it is on: ours, or one of the engine's own. */
    @Param({"ours", "ByteArrayMemory", "ByteBufferMemory"})
    public String memory = "";

    /** Whose classes it runs: what the engine made of the module, or what the pool makes of it. */
    @Param({"engine", "pool"})
    public String classes = "";

    /** With how many pages ours begins. A call needs more than 21, and grows it each time. */
    @Param("21")
    public int pages;

    private PlainInstance instance;

    /** The engine's memory, of which the result can be read after a call; absent for ours. */
    private @Nullable Memory engines;

    /** Our memory, which is put back at once; absent for the engine's. */
    private @Nullable FlatMemory flat;

    private byte[] pristine = {};

    /** Compiles the runtime. */
    @Setup
    public void setUp() {
      WasmModule module;
      Function<Instance, Machine> machines;
      if (classes.equals("pool")) {
        PoolsCode code = BenchRuntime.poolsCode();
        module = code.module();
        machines = code.machines();
      } else {
        module = Parser.parse(BenchRuntime.code().wasm());
        machines = PlainInstance.compile(module);
      }
      if (memory.equals("ours")) {
        FlatMemory tracked = new FlatMemory(pages, FlatMemory.ADDRESSABLE_PAGES);
        instance = PlainInstance.tracked(module, machines, tracked);
        pristine = content(tracked);
        flat = tracked;
        return;
      }
      Function<MemoryLimits, Memory> memories =
          limits ->
              engines =
                  memory.equals("ByteArrayMemory")
                      ? new ByteArrayMemory(limits)
                      : new ByteBufferMemory(limits);
      instance = PlainInstance.of(module, machines, 32_767, memories);
    }

    /**
     * Checks what a call gives, or, where it is put back at once, how long it is and that it is.
     */
    @TearDown
    public void check() {
      long packed = instance.call(CALL);
      int length = (int) (packed >>> 32);
      if (engines != null) {
        Expected.westend(CALL, engines.readBytes((int) packed, length));
      }
      if (flat != null) {
        Expected.require(length > LEAST_RESULT_BYTES, "the metadata is too short");
        Expected.require(Arrays.equals(pristine, content(flat)), "the memory was not put back");
      }
    }

    private static byte[] content(FlatMemory memory) {
      byte[] content = new byte[(int) memory.sizeInBytes()];
      memory.read(0, content, 0, content.length);
      return content;
    }
  }

  /** A whole pristine call on our memory. */
  @Benchmark
  public byte[] wholeCall(Ours ours) throws InterruptedException {
    return ours.executor.call(CallOptions.named(CALL), ours.work);
  }

  /** The guest alone. The engine's memories grow once, and are then as large as it needs. */
  @Benchmark
  public long guest(Plain plain) {
    return plain.instance.call(CALL);
  }
}
