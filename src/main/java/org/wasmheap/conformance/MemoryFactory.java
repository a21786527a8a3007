package org.wasmheap.conformance;

import org.wasmheap.memory.GrowthRefusedException;
import org.wasmheap.memory.LinearMemory;

/** Makes the memories that vectors and traces are replayed on: mostly a constructor. */
@FunctionalInterface
public interface MemoryFactory {
  /**
   * Makes a memory of zeros.
   *
   * @param initialPages its size, 0 to {@value LinearMemory#MAX_PAGES} pages
   * @param maximumPages what it may grow to, from {@code initialPages} to {@value
   *     LinearMemory#MAX_PAGES} pages
   * @return a new memory that nobody else uses
   * @throws IllegalArgumentException if this kind of memory cannot be that large
   * @throws GrowthRefusedException if the host has no memory for it
   */
  LinearMemory create(int initialPages, int maximumPages);
}
