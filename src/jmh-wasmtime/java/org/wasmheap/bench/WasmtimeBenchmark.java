package org.wasmheap.bench;

import java.util.List;
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
import org.wasmheap.guest.GuestFactory;
import org.wasmheap.runtime.HeapStrategy;

/**
 * Westend by wasmtime, as far as Maven Central has it for the JVM: on a ready instance, which is
 * not put back, and on a fresh one for each call. Held against {@link ExecutorCostBenchmark#bare}
 * and {@link PeersBenchmark}, of one thread each. The library writes nothing to the log: the tests'
 * configuration lets no event through.
 *
 * <p>{@code mvn -q -Pwasmtime test-compile exec:exec@jmh -Djmh.args="WasmtimeBenchmark"}
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(2)
public class WasmtimeBenchmark {
  /** The entry of the runtime that is called. */
  @Param({"Core_version", "Metadata_metadata"})
  public String call = "";

  private WasmtimeCode code;
  private WasmtimeCode.Guest guest;

  /** Compiles the runtime, and checks what it says. */
  @Setup
  public void setUp() {
    GuestFactory.Instance<?> ours = BenchRuntime.load(HeapStrategy.ofStatic(0)).create();
    code = new WasmtimeCode(BenchRuntime.code().wasm(), ours.heapBase());
    guest = code.instantiate();
    Expected.westend(call, List.of(ready(), ready(), fresh()));
  }

  /** Gives the native memory back. */
  @TearDown
  public void close() {
    guest.close();
    code.close();
  }

  /** On an instance that was called before. */
  @Benchmark
  public byte[] ready() {
    return guest.result(call);
  }

  /** On an instance made for the call. */
  @Benchmark
  public byte[] fresh() {
    try (WasmtimeCode.Guest own = code.instantiate()) {
      return own.result(call);
    }
  }
}
