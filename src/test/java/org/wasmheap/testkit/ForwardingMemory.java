package org.wasmheap.testkit;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.wasmheap.memory.LinearMemory;
import org.wasmheap.memory.MemoryBudget;

/** A memory that does all by another one; what implements it says what it does otherwise. */
public interface ForwardingMemory extends LinearMemory {
  /** The other one. */
  LinearMemory inner();

  @Override
  default long sizeInBytes() {
    return inner().sizeInBytes();
  }

  @Override
  default int maximumPages() {
    return inner().maximumPages();
  }

  @Override
  default boolean grow(int deltaPages) {
    return inner().grow(deltaPages);
  }

  @Override
  default long readLong(int address) {
    return inner().readLong(address);
  }

  @Override
  default void writeLong(int address, long value) {
    inner().writeLong(address, value);
  }

  @Override
  default void read(int address, byte[] destination, int offset, int length) {
    inner().read(address, destination, offset, length);
  }

  @Override
  default void write(int address, byte[] source, int offset, int length) {
    inner().write(address, source, offset, length);
  }

  @Override
  default int restore() {
    return inner().restore();
  }

  @Override
  default @Nullable String difference() {
    return inner().difference();
  }

  @Override
  default long trim(Duration unusedFor) {
    return inner().trim(unusedFor);
  }

  @Override
  default long spareBytes() {
    return inner().spareBytes();
  }

  @Override
  default void chargeTo(MemoryBudget budget) {
    inner().chargeTo(budget);
  }

  @Override
  default void discharge() {
    inner().discharge();
  }

  @Override
  default long materialisedBytes() {
    return inner().materialisedBytes();
  }
}
