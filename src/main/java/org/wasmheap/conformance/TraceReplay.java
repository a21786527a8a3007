package org.wasmheap.conformance;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.wasmheap.allocator.AllocatorException;
import org.wasmheap.allocator.AllocatorFault;
import org.wasmheap.allocator.AllocatorStatistics;
import org.wasmheap.allocator.FreeingBumpAllocator;
import org.wasmheap.conformance.Trace.Header;
import org.wasmheap.conformance.Trace.Kind;
import org.wasmheap.heap.GrowthPolicy;
import org.wasmheap.heap.PoisonReport.Growth;
import org.wasmheap.memory.GrowthRefusedException;
import org.wasmheap.memory.LinearMemory;

/**
 * Replays a trace on a memory, and compares every pointer, fault and growth, and what the header
 * says of the end.
 */
public final class TraceReplay {
  private final Trace trace;
  private final LinearMemory memory;
  private final FreeingBumpAllocator allocator;
  private final List<String> mismatches = new ArrayList<>();

  /** Growths that the allocator made in the step that is being replayed. */
  private final List<String> growths = new ArrayList<>();

  private final List<Growth> allGrowths = new ArrayList<>();

  /** Size asked for by the pointer that it got, for live blocks. */
  private final Map<Integer, Integer> asked = new HashMap<>();

  /** Allocations and deallocations that were replayed. */
  private int operations;

  /**
   * A heap in the middle of a trace, or at its end.
   *
   * @param allocator the heap's allocator
   * @param memory its memory, in which only headers were written
   * @param asked the size that was asked for, u32, by the pointer of each live block
   * @param growths all growths so far, the oldest first
   * @param operations allocations and deallocations so far
   * @param mismatch where the heap left the trace, if it did: its last operation
   */
  public record State(
      FreeingBumpAllocator allocator,
      LinearMemory memory,
      Map<Integer, Integer> asked,
      List<Growth> growths,
      int operations,
      @Nullable String mismatch) {}

  private TraceReplay(Trace trace, LinearMemory memory) {
    this.trace = trace;
    this.memory = memory;
    this.allocator =
        new FreeingBumpAllocator(
            memory, (int) trace.header().heapBase(), trace.header().blockLimit(), this::grow);
  }

  /**
   * Replays a trace.
   *
   * @param trace what to replay
   * @param memories makes the memory to replay on
   * @return one line for each mismatch; empty if all is equal
   * @throws IllegalArgumentException if this kind of memory cannot be as large as the trace's
   * @throws GrowthRefusedException if it cannot grow as far as the trace's did
   */
  public static List<String> run(Trace trace, MemoryFactory memories) {
    Header header = trace.header();
    return new TraceReplay(trace, memories.create(header.initialPages(), header.maximumPages()))
        .run();
  }

  /**
   * Replays a trace up to an operation, or to the first that does not come out as the trace says:
   * headers that a guest overwrote are not in a trace, and what follows from them neither.
   *
   * @param trace what to replay
   * @param operations how many allocations and deallocations to replay, 0 and up
   * @param memories makes the memory to replay on
   * @return the heap as it then is
   * @throws IllegalArgumentException if this kind of memory cannot be as large as the trace's
   * @throws GrowthRefusedException if it cannot grow as far as the trace's did
   */
  public static State until(Trace trace, int operations, MemoryFactory memories) {
    Header header = trace.header();
    return new TraceReplay(trace, memories.create(header.initialPages(), header.maximumPages()))
        .until(operations);
  }

  private State until(int last) {
    for (int step = 0; step < trace.size() && operations < last && mismatches.isEmpty(); step++) {
      if (trace.kind(step) != Kind.ALLOCATOR_GREW) {
        compare("step " + (step + 1), trace.line(step), replay(step));
      }
    }
    return new State(
        allocator,
        memory,
        Map.copyOf(asked),
        List.copyOf(allGrowths),
        operations,
        mismatches.isEmpty() ? null : mismatches.get(0));
  }

  private List<String> run() {
    List<String> announced = new ArrayList<>();
    for (int step = 0; step < trace.size(); step++) {
      if (trace.kind(step) == Kind.ALLOCATOR_GREW) {
        announced.add(trace.line(step));
        continue;
      }
      String actual = replay(step);
      compare("step " + (step + 1), trace.line(step), actual);
      compare("growth before step " + (step + 1), announced.toString(), growths.toString());
      announced.clear();
      growths.clear();
    }
    compare("growth at the end", announced.toString(), "[]");
    compareEnd();
    return mismatches;
  }

  private String replay(int step) {
    int operand = trace.operand(step);
    long unsigned = Integer.toUnsignedLong(operand);
    return switch (trace.kind(step)) {
      case ALLOCATE, ALLOCATE_FAILED -> {
        operations++;
        try {
          int pointer = allocator.allocate(operand);
          asked.put(pointer, operand);
          yield "A " + unsigned + " " + Integer.toUnsignedLong(pointer);
        } catch (AllocatorException e) {
          yield "A " + unsigned + " ! " + e.fault();
        }
      }
      case DEALLOCATE, DEALLOCATE_FAILED -> {
        operations++;
        asked.remove(operand);
        AllocatorFault fault = deallocate(operand);
        yield "F " + unsigned + (fault == null ? "" : " ! " + fault);
      }
      case GUEST_GREW -> {
        int from = memory.pages();
        if (memory.grow(trace.result(step) - operand)) {
          allGrowths.add(new Growth(operations, from, memory.pages(), GrowthPolicy.Cause.GUEST));
        }
        yield "G " + from + " " + memory.pages();
      }
      case ALLOCATOR_GREW -> throw new IllegalStateException("is compared with what follows it");
    };
  }

  private @Nullable AllocatorFault deallocate(int pointer) {
    try {
      allocator.deallocate(pointer);
      return null;
    } catch (AllocatorException e) {
      return e.fault();
    }
  }

  private boolean grow(int fromPages, int toPages) {
    boolean grown = memory.grow(toPages - fromPages);
    if (grown) {
      growths.add("# grow " + fromPages + " " + toPages);
      // The operation that makes it grow is not over yet.
      allGrowths.add(new Growth(operations - 1, fromPages, toPages, GrowthPolicy.Cause.ALLOCATOR));
    }
    return grown;
  }

  private void compareEnd() {
    Header header = trace.header();
    AllocatorStatistics end = allocator.statistics();
    compareIfSaid("mallocs", header.allocations(), end.allocations());
    compareIfSaid("frees", header.deallocations(), end.deallocations());
    compareIfSaid("peak_live_bytes", header.bytesAllocatedPeak(), end.bytesAllocatedPeak());
    compareIfSaid("peak_bumper", header.bumperPeak(), end.bumper());
    compareIfSaid("final_pages", header.finalPages(), memory.pages());
  }

  private void compareIfSaid(String what, @Nullable Long expected, long actual) {
    if (expected != null) {
      compare(what, expected.toString(), Long.toString(actual));
    }
  }

  private void compare(String what, String expected, String actual) {
    if (!expected.equals(actual)) {
      mismatches.add(what + ": expected '" + expected + "', was '" + actual + "'");
    }
  }
}
