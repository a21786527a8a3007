package org.wasmheap.bench;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
import org.wasmheap.allocator.BlockLimit;
import org.wasmheap.heap.GrowthPolicy;
import org.wasmheap.heap.Heap;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.heap.HeapListener;
import org.wasmheap.memory.FlatMemory;

/**
 * malloc and free of seven recorded calls through a heap's handle, as a guest makes them, with the
 * ring of last operations and without. Each pass gives back what it allocated, so that there is no
 * reset in the figure; pointers come from the free lists after the first.
 *
 * <p>{@code mvn -q test-compile exec:exec@jmh -Djmh.args="RingBenchmark"}
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(5)
public class RingBenchmark {
  /** Whether heaps keep their last operations. */
  @Param({"false", "true"})
  public boolean ring;

  private final List<Pass> passes = new ArrayList<>();

  /** A heap in a call for each script. */
  @Setup
  public void setUp() {
    for (TraceScript script : TraceScript.all()) {
      passes.add(new Pass(script, ring));
    }
  }

  /** The heaps end with their calls. */
  @TearDown
  public void tearDown() {
    passes.forEach(pass -> pass.heap.retire());
  }

  /** All seven calls once. */
  @Benchmark
  public long mallocAndFree() {
    long sum = 0;
    for (Pass pass : passes) {
      sum += pass.run();
    }
    return sum;
  }

  /** A script with its heap; what is freed is named by the malloc that it came from. */
  private static final class Pass {
    private final Heap heap;
    private final HeapHandle handle;

    /** Size to allocate, or -1 - n to free what the n-th operation allocated. */
    private final int[] steps;

    private final int[] pointers;

    private Pass(TraceScript script, boolean ring) {
      FlatMemory memory = new FlatMemory(script.pages, script.pages);
      heap =
          new Heap(
              "bench",
              "bench",
              memory,
              script.heapBase,
              BlockLimit.ON_CHAIN,
              GrowthPolicy.ALLOW_ALL,
              new HeapListener() {});
      heap.claim();
      if (ring) {
        heap.view().keepOperations();
      }
      handle = heap.begin(1, "bench");
      steps = steps(script);
      pointers = new int[steps.length];
    }

    /** The pointers of the recorded call tell which malloc a free belongs to. */
    private int[] steps(TraceScript script) {
      Map<Integer, Integer> live = new HashMap<>();
      List<Integer> made = new ArrayList<>();
      for (int i = 0; i < script.operand.length; i++) {
        if (script.isMalloc[i]) {
          live.put(handle.malloc(script.operand[i]), i);
          made.add(script.operand[i]);
        } else {
          Integer malloc = live.remove(script.operand[i]);
          Expected.require(malloc != null, "free " + i + " has a pointer that no malloc gave");
          handle.free(script.operand[i]);
          made.add(-1 - malloc);
        }
      }
      live.forEach(
          (pointer, malloc) -> {
            handle.free(pointer);
            made.add(-1 - malloc);
          });
      return made.stream().mapToInt(Integer::intValue).toArray();
    }

    private long run() {
      long sum = 0;
      for (int i = 0; i < steps.length; i++) {
        int step = steps[i];
        if (step >= 0) {
          pointers[i] = handle.malloc(step);
          sum += pointers[i];
        } else {
          handle.free(pointers[-1 - step]);
        }
      }
      return sum;
    }
  }
}
