package org.wasmheap.memory;

/**
 * An access outside the logical size of a linear memory: the guest's trap, also where a host
 * function made the access at an address that the guest gave it.
 */
public final class MemoryAccessException extends WasmHeapException {
  private static final long serialVersionUID = 1L;

  /**
   * Names the range and the memory's size.
   *
   * @param address first byte of the range, u32
   * @param length bytes in the range, 0 and up
   * @param sizeInBytes logical size of the memory
   */
  public MemoryAccessException(int address, long length, long sizeInBytes) {
    super(
        "out of bounds memory access: "
            + length
            + " bytes at address "
            + Integer.toUnsignedLong(address)
            + ", memory size is "
            + sizeInBytes
            + " bytes",
        null);
  }

  /** {@inheritDoc} Always {@code true}: the logical size is the same on every node. */
  @Override
  public boolean isDeterministic() {
    return true;
  }
}
