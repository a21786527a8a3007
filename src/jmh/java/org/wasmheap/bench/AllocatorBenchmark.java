package org.wasmheap.bench;

import java.util.ArrayList;
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
import org.wasmheap.allocator.BlockLimit;
import org.wasmheap.allocator.FreeingBumpAllocator;
import org.wasmheap.memory.FlatMemory;
import org.wasmheap.memory.LinearMemory;

/**
 * malloc and free of seven recorded calls of real runtimes, on our allocator and on the plain port,
 * with one kind of memory loaded and with three.
 *
 * <p>{@code mvn -q test-compile exec:exec@jmh -Djmh.args="AllocatorBenchmark"}
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(3)
public class AllocatorBenchmark {
  /** Kinds of memory that were used in this JVM before: their call sites stay polymorphic. */
  @Param({"1", "3"})
  public int kinds;

  private final List<TraceScript> scripts = TraceScript.all();
  private final List<FreeingBumpAllocator> ours = new ArrayList<>();
  private final List<PlainAllocator> plain = new ArrayList<>();

  /** Uses the other kinds of memory enough to be compiled in. */
  @Setup
  public void setUp() {
    for (TraceScript script : scripts) {
      int bytes = script.pages * LinearMemory.PAGE_SIZE;
      ours.add(allocator(new FlatMemory(script.pages, script.pages), script));
      plain.add(new PlainAllocator(new PlainMemory.Heap(bytes), script.heapBase));
      for (int i = 0; kinds > 1 && i < 500; i++) {
        replay(allocator(new OtherMemories.Buffer(script.pages), script), script);
        replay(allocator(new OtherMemories.Words(script.pages), script), script);
        replay(new PlainAllocator(new PlainMemory.Direct(bytes), script.heapBase), script);
        replay(new PlainAllocator(new PlainMemory.Words(bytes), script.heapBase), script);
      }
    }
  }

  /**
   * Both give the pointers that were recorded; asked after all measuring, which it cannot change.
   */
  @TearDown
  public void check() {
    for (int i = 0; i < scripts.size(); i++) {
      FreeingBumpAllocator our = ours.get(i);
      our.reset();
      scripts.get(i).check(our::allocate, our::deallocate);
      PlainAllocator other = plain.get(i);
      other.reset();
      scripts.get(i).check(other::allocate, other::deallocate);
    }
  }

  private static FreeingBumpAllocator allocator(LinearMemory memory, TraceScript script) {
    return new FreeingBumpAllocator(memory, script.heapBase, BlockLimit.ON_CHAIN);
  }

  /** Ours, on the memory of pooled instances. */
  @Benchmark
  public long ours() {
    long sum = 0;
    for (int i = 0; i < scripts.size(); i++) {
      sum += replay(ours.get(i), scripts.get(i));
    }
    return sum;
  }

  /** The plain port, on a buffer in the Java heap. */
  @Benchmark
  public long plain() {
    long sum = 0;
    for (int i = 0; i < scripts.size(); i++) {
      sum += replay(plain.get(i), scripts.get(i));
    }
    return sum;
  }

  private static long replay(FreeingBumpAllocator allocator, TraceScript script) {
    allocator.reset();
    long sum = 0;
    for (int i = 0; i < script.operand.length; i++) {
      if (script.isMalloc[i]) {
        sum += allocator.allocate(script.operand[i]);
      } else {
        allocator.deallocate(script.operand[i]);
      }
    }
    return sum;
  }

  private static long replay(PlainAllocator allocator, TraceScript script) {
    allocator.reset();
    long sum = 0;
    for (int i = 0; i < script.operand.length; i++) {
      if (script.isMalloc[i]) {
        sum += allocator.allocate(script.operand[i]);
      } else {
        allocator.deallocate(script.operand[i]);
      }
    }
    return sum + allocator.peak();
  }
}
