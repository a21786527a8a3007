package org.wasmheap.allocator;

import org.wasmheap.memory.WasmHeapException;

/**
 * An operation of the allocator failed, and the allocator is poisoned until it is reset.
 *
 * <p>Thrown by {@link FreeingBumpAllocator#allocate} and {@link FreeingBumpAllocator#deallocate},
 * for the reason that {@link #fault()} gives. Reset the heap before the next call.
 */
public final class AllocatorException extends WasmHeapException {
  private static final long serialVersionUID = 1L;

  /** The reason. */
  private final AllocatorFault fault;

  /** What was asked for. */
  private final Operation operation;

  /** Size or pointer, u32. */
  private final int operand;

  /** What the allocator was asked for. */
  public enum Operation {
    /** A block of a size. */
    ALLOCATE("allocate", "size"),
    /** The return of a pointer. */
    DEALLOCATE("deallocate", "pointer");

    private final String verb;
    private final String operandName;

    Operation(String verb, String operandName) {
      this.verb = verb;
      this.operandName = operandName;
    }

    /**
     * The operation in a word.
     *
     * @return a verb
     */
    public String verb() {
      return verb;
    }

    /**
     * What the operand is.
     *
     * @return {@code size} or {@code pointer}
     */
    public String operandName() {
      return operandName;
    }
  }

  AllocatorException(AllocatorFault fault, Operation operation, int operand) {
    super(
        operation.verb()
            + " "
            + operation.operandName()
            + " "
            + Integer.toUnsignedLong(operand)
            + ": "
            + fault
            + ", "
            + fault.meaning(),
        null);
    this.fault = fault;
    this.operation = operation;
    this.operand = operand;
  }

  /**
   * The reason.
   *
   * @return the fault
   */
  public AllocatorFault fault() {
    return fault;
  }

  /**
   * What was asked for.
   *
   * @return the operation
   */
  public Operation operation() {
    return operation;
  }

  /**
   * The size asked for or the pointer given back.
   *
   * @return u32
   */
  public int operand() {
    return operand;
  }

  /** {@inheritDoc} {@code false} for what no guest can bring about, as the fault says. */
  @Override
  public boolean isDeterministic() {
    return fault.isGuestsDoing();
  }
}
