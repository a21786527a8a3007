package org.wasmheap.bench;

import java.util.Arrays;
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
import org.wasmheap.endive.EndiveGuest;
import org.wasmheap.guest.GuestFactory;
import org.wasmheap.heap.GrowthPolicy;
import org.wasmheap.heap.Heap;
import org.wasmheap.heap.HeapListener;
import org.wasmheap.memory.LinearMemory;
import org.wasmheap.runtime.HeapStrategy;
import org.wasmheap.runtime.SubstrateRuntime;

/**
 * Putting an instance of Westend back after a call: the call's growths and one store into each
 * block that it changed, then the reset. {@link #fullCopy} is what a reset without tracking costs;
 * {@link FreshInstanceBenchmark} is what no reset at all does.
 *
 * <p>{@code mvn -q test-compile exec:exec@jmh -Djmh.args="ResetBenchmark FreshInstanceBenchmark"}
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class ResetBenchmark {
  /** The call that is put back. */
  @Param({"Core_version", "Metadata_metadata"})
  public String call = "";

  /** Static: 2,069 logical pages. Dynamic: 21, and for the metadata growth to 84 and back. */
  @Param({"STATIC", "DYNAMIC"})
  public HeapStrategy.Kind strategy = HeapStrategy.Kind.STATIC;

  private Footprint footprint = new Footprint();
  private GuestFactory.Instance<EndiveGuest> instance;
  private Heap heap;
  private byte[] materialised = {};
  private byte[] image = {};

  /** Loads the runtime, and measures what the call leaves behind. */
  @Setup
  public void setUp() throws InterruptedException {
    SubstrateRuntime runtime =
        BenchRuntime.load(
            strategy == HeapStrategy.Kind.STATIC
                ? HeapStrategy.ofStatic(HeapStrategy.DEFAULT_HEAP_PAGES)
                : HeapStrategy.ofDynamic(65_536));
    footprint = Footprint.of(runtime, call);
    instance = runtime.create();
    heap =
        new Heap(
            "bench",
            "bench/1",
            instance.memory(),
            instance.heapBase(),
            instance.blockLimit(),
            GrowthPolicy.ALLOW_ALL,
            HeapListener.NONE);
    heap.claim();
    byte[] pristine = content();
    footprint.leave(heap.begin(1, call));
    Expected.require(!Arrays.equals(pristine, content()), call + " changed nothing");
    instance.close();
    heap.reset();
    Expected.require(Arrays.equals(pristine, content()), "the memory was not put back");
    materialised = new byte[(int) heap.view().memory().materialisedBytes()];
    image = new byte[materialised.length];
    // JMH shows what a benchmark prints: without the number of blocks the times say little.
    // A line of JMH's output, as its own begin with this mark.
    System.out.println("# blocks changed by " + call + ": " + footprint.blocks());
  }

  /** All of the memory, with its size. */
  private byte[] content() {
    LinearMemory memory = heap.view().memory();
    byte[] content = new byte[(int) memory.sizeInBytes()];
    memory.read(0, content, 0, content.length);
    return content;
  }

  /** Leaves what the call leaves, and puts it back. */
  @Benchmark
  public int reset() {
    footprint.leave(heap.begin(1, call));
    instance.close();
    return heap.reset();
  }

  /** Copies back all that is materialised. */
  @Benchmark
  public byte[] fullCopy() {
    System.arraycopy(image, 0, materialised, 0, image.length);
    return materialised;
  }
}
