package org.wasmheap.conformance;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.wasmheap.allocator.AllocatorException;
import org.wasmheap.allocator.AllocatorFault;
import org.wasmheap.allocator.AllocatorStatistics;
import org.wasmheap.allocator.FreeingBumpAllocator;
import org.wasmheap.conformance.Trace.Header;
import org.wasmheap.conformance.Trace.Kind;
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

  private TraceReplay(Trace trace, LinearMemory memory) {
    this.trace = trace;
    this.memory = memory;
    this.allocator =
        new FreeingBumpAllocator(
            memory, (int) trace.header().heapBase(), (int) trace.header().blockLimit(), this::grow);
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
        try {
          int pointer = allocator.allocate(operand);
          yield "A " + unsigned + " " + Integer.toUnsignedLong(pointer);
        } catch (AllocatorException e) {
          yield "A " + unsigned + " ! " + e.fault();
        }
      }
      case DEALLOCATE, DEALLOCATE_FAILED -> {
        AllocatorFault fault = deallocate(operand);
        yield "F " + unsigned + (fault == null ? "" : " ! " + fault);
      }
      case GUEST_GREW -> {
        int from = memory.pages();
        memory.grow(trace.result(step) - operand);
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
