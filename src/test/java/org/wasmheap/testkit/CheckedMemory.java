package org.wasmheap.testkit;

import org.wasmheap.memory.LinearMemory;

/**
 * A user's memory that stands for no access outside itself: such an access is an error in the test,
 * not an exception that anybody might catch. Counts accesses, so that a test can bound work.
 */
public final class CheckedMemory implements ForwardingMemory {
  private final LinearMemory inner;
  private long accesses;

  public CheckedMemory(LinearMemory inner) {
    this.inner = inner;
  }

  /** Reads and writes since the last time this was asked. */
  public long takeAccesses() {
    long taken = accesses;
    accesses = 0;
    return taken;
  }

  private void check(int address, int length) {
    accesses++;
    if (Integer.toUnsignedLong(address) + length > inner.sizeInBytes()) {
      throw new AssertionError(
          "access of %d bytes at %d, outside the %d of the memory"
              .formatted(length, Integer.toUnsignedLong(address), inner.sizeInBytes()));
    }
  }

  @Override
  public LinearMemory inner() {
    return inner;
  }

  @Override
  public long readLong(int address) {
    check(address, Long.BYTES);
    return inner.readLong(address);
  }

  @Override
  public void writeLong(int address, long value) {
    check(address, Long.BYTES);
    inner.writeLong(address, value);
  }

  @Override
  public void read(int address, byte[] destination, int offset, int length) {
    check(address, length);
    inner.read(address, destination, offset, length);
  }

  @Override
  public void write(int address, byte[] source, int offset, int length) {
    check(address, length);
    inner.write(address, source, offset, length);
  }
}
