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
import org.openjdk.jmh.annotations.Warmup;
import org.wasmheap.memory.FlatMemory;
import org.wasmheap.runtime.HeapStrategy;
import run.endive.runtime.Memory;

/**
 * A memory in the copy-on-write manner: how fast a guest is on it, and what its way back costs.
 * {@link #guest} is held against {@link GuestBenchmark#guest}, {@link #firstWritesAndReset} against
 * {@link ResetBenchmark#reset} of the same call with the dynamic strategy. The guest's pages are
 * private after its first call, so that no copies are in its time; the other benchmark has them
 * all.
 *
 * <p>{@code mvn -q test-compile exec:exec@jmh -Djmh.args="CowBenchmark GuestBenchmark
 * ResetBenchmark"}
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 8, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(2)
public class CowBenchmark {
  /** The call that the guest runs, or whose changes are put back. */
  @Param({"Core_version", "Metadata_metadata"})
  public String call = "";

  private PlainModule.Guest guest;
  private CowMemory memory;
  private int[] blocks = {};

  /** Pages that the memory grows by, so that all these blocks lie inside. */
  private int growth;

  /** Compiles the runtime, checks what it says, and measures what the call leaves behind. */
  @Setup
  public void setUp() throws InterruptedException {
    PlainModule module = PlainModule.westend();
    byte[][] golden = ((CowMemory) module.on(CowMemory::new).memory()).share();
    guest = module.on(limits -> new CowMemory(limits, golden));
    memory = (CowMemory) guest.memory();
    blocks = Footprint.of(BenchRuntime.load(HeapStrategy.ofDynamic(65_536)), call).changedBlocks();
    int pages = blocks[blocks.length - 1] / (Memory.PAGE_SIZE / FlatMemory.BLOCK_SIZE) + 1;
    growth = Math.max(0, pages - memory.pages());
    byte[] first = guest.result(call);
    memory.reset();
    Expected.westend(call, List.of(first, guest.result(call)));
  }

  /** The guest alone. */
  @Benchmark
  public long guest() {
    return guest.instance().call(call);
  }

  /** The call's growth, one store into each block that it changes, and the way back. */
  @Benchmark
  public int firstWritesAndReset() {
    memory.grow(growth);
    for (int block : blocks) {
      memory.writeLong(block * FlatMemory.BLOCK_SIZE, block);
    }
    memory.reset();
    return blocks.length;
  }
}
