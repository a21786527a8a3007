package org.wasmheap.guest;

import java.util.Locale;
import org.wasmheap.allocator.AllocatorException;
import org.wasmheap.heap.HeapConfinementException;
import org.wasmheap.memory.GrowthRefusedException;
import org.wasmheap.memory.MemoryAccessException;

/**
 * The two kinds of failure, never mixed, and what they are in detail.
 *
 * <p>A deterministic failure is the guest's doing and the same on every node with the same host
 * functions; only from such a one may a verdict about a block follow.
 */
public enum FailureKind {
  /** An operation of the allocator failed, and the heap is poisoned. */
  ALLOCATOR_FAULT(true),
  /** The guest trapped, as the specification of WebAssembly says. */
  TRAP(true),
  /** The guest returned a result that lies outside its memory. */
  RESULT_OUT_OF_BOUNDS(true),
  /** The growth policy, the engine or the JVM refused memory that the module's limits allow. */
  GROWTH_REFUSED(false),
  /** The thread's stack ran out: Java's stack depth is no node's consensus. */
  STACK_OVERFLOW(false),
  /** The JVM ran out of memory. */
  OUT_OF_MEMORY(false),
  /** The deadline passed, in the queue or while the guest ran. */
  DEADLINE(false),
  /** The caller cancelled the call. */
  CANCELLED(false),
  /** The worker's thread was interrupted from outside. */
  INTERRUPTED(false),
  /** A host function, or the call's own code, threw an exception. */
  HOST_FUNCTION(false),
  /** The guest called an import that this host does not provide: another one may. */
  MISSING_IMPORT(false),
  /** The engine, the memory under the heap, or this library did what it must not. */
  ENGINE_FAULT(false),
  /** A heap was used by a thread or in a call that does not own it. */
  CONFINEMENT(false),
  /** No room in the queue. */
  REJECTED(false),
  /** The call was made by calls that were made by calls, more of them than is allowed. */
  NESTED_TOO_DEEP(false),
  /** The executor is shut down, or was before the call could end. */
  SHUTDOWN(false);

  private final boolean deterministic;
  private final String label;

  FailureKind(boolean deterministic) {
    this.deterministic = deterministic;
    this.label = name().toLowerCase(Locale.ROOT);
  }

  /**
   * The kind that an exception of this library or of the JVM stands for.
   *
   * @param thrown what ended a call
   * @return the kind; {@link #HOST_FUNCTION} for whatever nobody knows
   */
  public static FailureKind of(Throwable thrown) {
    if (thrown instanceof AllocatorException fault) {
      return fault.isDeterministic() ? ALLOCATOR_FAULT : ENGINE_FAULT;
    } else if (thrown instanceof MemoryAccessException) {
      return TRAP;
    } else if (thrown instanceof GrowthRefusedException) {
      return GROWTH_REFUSED;
    } else if (thrown instanceof HeapConfinementException) {
      return CONFINEMENT;
    } else if (thrown instanceof StackOverflowError) {
      return STACK_OVERFLOW;
    } else if (thrown instanceof OutOfMemoryError) {
      return OUT_OF_MEMORY;
    } else if (thrown instanceof InterruptedException) {
      return INTERRUPTED;
    }
    return HOST_FUNCTION;
  }

  /**
   * Tells whose doing it is.
   *
   * @return {@code true} if the guest's, {@code false} if the host's
   */
  public boolean isDeterministic() {
    return deterministic;
  }

  /**
   * The name for logs, metrics and JSON.
   *
   * @return lower case with underscores
   */
  public String label() {
    return label;
  }
}
