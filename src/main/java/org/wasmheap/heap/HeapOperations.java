package org.wasmheap.heap;

import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.wasmheap.allocator.AllocatorException;
import org.wasmheap.allocator.BlockLimit;
import org.wasmheap.allocator.FreeingBumpAllocator;
import org.wasmheap.memory.GrowthRefusedException;
import org.wasmheap.memory.LinearMemory;
import org.wasmheap.memory.WasmHeapException;
import org.wasmheap.text.Printable;

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

  /**
   * Why the call fails, also if neither allocator nor host had a part in it: kept until the reset,
   * whatever comes after. The owner's alone.
   */
  private @Nullable Throwable firstCause;

  /** Whether the present call is interrupted by now. */
  private BooleanSupplier interrupted = HeapOperations::never;

  /** Whether the call was interrupted before it failed: no verdict follows from its failure. */
  private boolean interruptedFirst;

  /** Taken at the poison, and kept as long as its cause. */
  private @Nullable PoisonReport poisonReport;

  HeapOperations(
      HeapView heap,
      int heapBase,
      BlockLimit blockLimit,
      GrowthPolicy policy,
      HeapListener listener,
      HeapEvents events) {
    this.heap = heap;
    this.memory = heap.memory();
    this.listener = listener;
    this.events = events;
    this.growth = new HeapGrowth(heap, policy, listener, events);
    this.allocator =
        new FreeingBumpAllocator(memory, heapBase, blockLimit, growth::growForAllocator);
    this.reporter = new PoisonReporter(heap, allocator, growth);
    heap.allocateWith(allocator);
  }

  /** For calls that nobody interrupts. */
  static boolean never() {
    return false;
  }

  void begin(BooleanSupplier whetherInterrupted) {
    interrupted = whetherInterrupted;
  }

  @Nullable Throwable firstCause() {
    return firstCause;
  }

  boolean isInterruptedFirst() {
    return interruptedFirst;
  }

  @Nullable PoisonReport poisonReport() {
    return poisonReport;
  }

  void reset() {
    forget();
    growth.reset();
    allocator.reset();
  }

  /** The call is over: a handle of it that somebody keeps keeps nothing of how it failed. */
  void forget() {
    firstCause = null;
    interrupted = HeapOperations::never;
    interruptedFirst = false;
    poisonReport = null;
  }

  int malloc(int size) {
    if (firstCause != null) {
      refuse(firstCause);
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
      refuse(firstCause);
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
    if (firstCause != null) {
      throw failedBefore(firstCause);
    }
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

  /** The call fails with this, if it has not failed before. */
  void fail(Throwable cause) {
    isFirst(cause);
  }

  /** The host gives the call up; a cause that is there already stays. */
  void abort(WasmHeapException cause) {
    if (firstCause == null) {
      firstCause = cause;
    }
    heap.become(HeapView.State.ABORTED);
    events.aborted(cause);
  }

  private GrowthRefusedException aborted(GrowthRefusedException refusal) {
    if (isFirst(refusal)) {
      abort(refusal);
    }
    return refusal;
  }

  /** Keeps the first cause; {@code false} for a later one, and for one after an interruption. */
  private boolean isFirst(Throwable cause) {
    if (firstCause != null) {
      return false;
    }
    firstCause = cause;
    interruptedFirst = interrupted.getAsBoolean();
    return !interruptedFirst;
  }

  /** One event for a poison; the refusals that follow it pass through unchanged. */
  private AllocatorException poisoned(AllocatorException fault) {
    if (isFirst(fault)) {
      heap.become(HeapView.State.POISONED);
      try {
        report(fault);
      } catch (Throwable e) {
        // The guest's fault is what the call must end with, also where the JVM has no memory to say
        // more of it.
        HookFailures.suppress(heap.telling, "poisoned", e);
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

  /** After a failure nothing is done any more; a poisoned allocator says so itself. */
  private void refuse(Throwable before) {
    if (!(before instanceof AllocatorException)) {
      throw failedBefore(before);
    }
  }

  private GrowthRefusedException failedBefore(Throwable before) {
    return new GrowthRefusedException(
        "the call on heap "
            + Printable.name(heap.name())
            + " has failed, and its heap does nothing more",
        before);
  }
}
