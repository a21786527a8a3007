package org.wasmheap.bench;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import run.endive.runtime.ByteArrayMemory;
import run.endive.runtime.Instance;
import run.endive.runtime.Machine;
import run.endive.runtime.Memory;
import run.endive.wasm.Parser;
import run.endive.wasm.WasmModule;

/**
 * What a pristine instance of Westend costs without this library: a new one on the engine's memory
 * at 21 pages, or the engine's re-initialisation of an old one.
 *
 * <p>{@code mvn -q test-compile exec:exec@jmh -Djmh.args="ResetBenchmark FreshInstanceBenchmark"}
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class FreshInstanceBenchmark {
  private static final String CALL = "Core_version";
  private static final int MAXIMUM_PAGES = 2069;

  private WasmModule module;
  private Function<Instance, Machine> machines;
  private PlainInstance instance;

  /** Compiles the runtime. */
  @Setup
  public void setUp() {
    module = Parser.parse(BenchRuntime.code().wasm());
    machines = PlainInstance.compile(module);
    instance = PlainInstance.of(module, machines, MAXIMUM_PAGES);
  }

  /** Checks what both give, after all measuring: the second call is on one initialised again. */
  @TearDown
  public void check() {
    Memory[] made = new Memory[1];
    PlainInstance own =
        PlainInstance.of(
            module, machines, MAXIMUM_PAGES, limits -> made[0] = new ByteArrayMemory(limits));
    byte[] first = result(own, made[0]);
    own.initialise();
    Expected.westend(CALL, List.of(first, result(own, made[0])));
  }

  private static byte[] result(PlainInstance own, Memory memory) {
    long packed = own.call(CALL);
    return memory.readBytes((int) packed, (int) (packed >>> 32));
  }

  /** A new instance. */
  @Benchmark
  public PlainInstance fresh() {
    return PlainInstance.of(module, machines, MAXIMUM_PAGES);
  }

  /** Zeros and data segments again, as the engine does it. */
  @Benchmark
  public PlainInstance initialise() {
    instance.initialise();
    return instance;
  }
}
