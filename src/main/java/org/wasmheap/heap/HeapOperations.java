package org.wasmheap.heap;

import org.jspecify.annotations.Nullable;
import org.wasmheap.allocator.AllocatorException;
import org.wasmheap.allocator.BlockLimit;
import org.wasmheap.allocator.FreeingBumpAllocator;
import org.wasmheap.memory.GrowthRefusedException;
import org.wasmheap.memory.LinearMemory;
import org.wasmheap.memory.WasmHeapException;

/**
 * What a call does with its heap, through its handle: the allocator, growth, and the first cause if
 * the call fails by them. Used by the heap's owner alone.
 */
final class HeapOperations {
  private final HeapView heap;
  private final LinearMemory memory;
  private final FreeingBumpAllocator allocator;
  private final HeapGrowth growth;
  private final HeapListener listener;
  private final HeapEvents events;
  private final PoisonReporter reporter;

  /** Why the call fails: kept until the reset, whatever comes after. The owner's alone. */
  private @Nullable WasmHeapException firstCause;

  /** Taken at the poison, and kept as long as its cause. */
  private @Nullable PoisonReport poisonReport;

  HeapOperations(
      HeapView heap,
      int heapBase,
      BlockLimit blockLimit,
      GrowthPolicy policy,
      HeapListener listener) {
    this.heap = heap;
    this.memory = heap.memory();
    this.listener = listener;
    this.events = new HeapEvents(heap);
    this.growth = new HeapGrowth(heap, policy, listener, events);
    this.allocator =
        new FreeingBumpAllocator(memory, heapBase, blockLimit, growth::growForAllocator);
    this.reporter = new PoisonReporter(heap, allocator, growth);
    heap.allocateWith(allocator);
  }

  @Nullable WasmHeapException firstCause() {
    return firstCause;
  }

  @Nullable PoisonReport poisonReport() {
    return poisonReport;
  }

  void reset() {
    firstCause = null;
    poisonReport = null;
    growth.reset();
    allocator.reset();
  }

  int malloc(int size) {
    if (firstCause != null) {
      refuseAborted();
    }
    int pointer;
    try {
      pointer = allocator.allocate(size);
    } catch (AllocatorException e) {
      throw poisoned(e);
    } catch (GrowthRefusedException e) {
      throw aborted(e);
    }
    OperationTap tap = heap.tap();
    if (tap != null) {
      tap.allocated(size, pointer);
    }
    return pointer;
  }

  void free(int pointer) {
    if (firstCause != null) {
      refuseAborted();
    }
    try {
      allocator.deallocate(pointer);
    } catch (AllocatorException e) {
      throw poisoned(e);
    } catch (GrowthRefusedException e) {
      throw aborted(e);
    }
    OperationTap tap = heap.tap();
    if (tap != null) {
      tap.deallocated(pointer);
    }
  }

  int growForGuest(int deltaPages) {
    int from = memory.pages();
    long to = from + Integer.toUnsignedLong(deltaPages);
    if (to > memory.maximumPages()) {
      return -1;
    }
    try {
      return deltaPages == 0 || growth.grow(from, (int) to, GrowthPolicy.Cause.GUEST) ? from : -1;
    } catch (GrowthRefusedException e) {
      throw aborted(e);
    }
  }

  void write(int address, byte[] bytes) {
    try {
      memory.write(address, bytes, 0, bytes.length);
    } catch (GrowthRefusedException e) {
      throw aborted(e);
    }
  }

  /** The host gives the call up; a cause that is there already stays. */
  void abort(WasmHeapException cause) {
    if (firstCause == null) {
      firstCause = cause;
      heap.become(HeapView.State.ABORTED);
      events.aborted(cause);
    }
  }

  private GrowthRefusedException aborted(GrowthRefusedException refusal) {
    abort(refusal);
    return refusal;
  }

  /** One event for a poison; the refusals that follow it pass through unchanged. */
  private AllocatorException poisoned(AllocatorException fault) {
    if (firstCause == null) {
      firstCause = fault;
      heap.become(HeapView.State.POISONED);
      try {
        report(fault);
      } catch (Throwable e) {
        // The guest's fault is what the call must end with, also where the JVM has no memory to say
        // more of it.
        HookFailures.suppress("poisoned", e);
      }
    }
    return fault;
  }

  private void report(AllocatorException fault) {
    PoisonReport report = reporter.take(fault);
    poisonReport = report;
    events.poisoned(fault, report);
    OperationTap tap = heap.tap();
    if (tap != null) {
      tap.failed(fault);
    }
    listener.poisoned(heap, report);
  }

  /** After a refusal by the host nothing is done any more; a poisoned allocator says so itself. */
  private void refuseAborted() {
    if (!(firstCause instanceof AllocatorException)) {
      throw new GrowthRefusedException(
          "heap " + heap.name() + " was aborted in this call, and stays so until its reset",
          firstCause);
    }
  }
}
