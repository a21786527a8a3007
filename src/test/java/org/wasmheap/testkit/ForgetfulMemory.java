package org.wasmheap.testkit;

import java.util.concurrent.atomic.AtomicInteger;
import org.wasmheap.memory.FlatMemory;
import org.wasmheap.memory.LinearMemory;

/** A memory whose restore may leave a byte behind, and whose trim fails. */
public final class ForgetfulMemory implements LinearMemory {
  /** How often any of them was to be trimmed. */
  public static final AtomicInteger TRIMS = new AtomicInteger();

  private final FlatMemory memory = new FlatMemory(1, 1);
  private final boolean forgetful;

  public ForgetfulMemory(boolean forgetful) {
    this.forgetful = forgetful;
    memory.capture(PAGE_SIZE);
  }

  @Override
  public long sizeInBytes() {
    return memory.sizeInBytes();
  }

  @Override
  public int maximumPages() {
    return memory.maximumPages();
  }

  @Override
  public boolean grow(int deltaPages) {
    return memory.grow(deltaPages);
  }

  @Override
  public long readLong(int address) {
    return memory.readLong(address);
  }

  @Override
  public void writeLong(int address, long value) {
    memory.writeLong(address, value);
  }

  @Override
  public void read(int address, byte[] destination, int offset, int length) {
    memory.read(address, destination, offset, length);
  }

  @Override
  public void write(int address, byte[] source, int offset, int length) {
    memory.write(address, source, offset, length);
  }

  @Override
  public int restore() {
    int restored = memory.restore();
    if (forgetful) {
      memory.writeByte(5, (byte) 7);
    }
    return restored;
  }

  @Override
  public long trim() {
    TRIMS.incrementAndGet();
    throw new IllegalStateException("cannot be trimmed");
  }

  @Override
  public String difference() {
    return memory.difference();
  }
}
