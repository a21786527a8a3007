package org.wasmheap.conformance;

import org.wasmheap.allocator.FreeingBumpAllocator;
import org.wasmheap.memory.LinearMemory;

/** Which allocator a vector file is for, and on what memory. */
enum VectorProfile {
  /** A byte slice of any size, which the allocator never grows. */
  SLICE("S", 1, FreeingBumpAllocator.ON_CHAIN_LIMIT),
  /** Pages, and the largest block of on-chain calls. */
  ON_CHAIN("P-onchain", LinearMemory.PAGE_SIZE, FreeingBumpAllocator.ON_CHAIN_LIMIT),
  /** Pages, and the wide limit. */
  OFF_CHAIN("P-offchain", LinearMemory.PAGE_SIZE, FreeingBumpAllocator.WIDE_LIMIT);

  private final String key;
  private final int unitBytes;
  private final int blockLimit;

  VectorProfile(String key, int unitBytes, int blockLimit) {
    this.key = key;
    this.unitBytes = unitBytes;
    this.blockLimit = blockLimit;
  }

  /** The profile with this name in files; throws IllegalArgumentException if there is none. */
  static VectorProfile of(String key) {
    for (VectorProfile profile : values()) {
      if (profile.key.equals(key)) {
        return profile;
      }
    }
    throw new IllegalArgumentException("there is no profile '" + key + "'");
  }

  /** What sizes are counted in. */
  int unitBytes() {
    return unitBytes;
  }

  /** Largest block in bytes, u32. */
  int blockLimit() {
    return blockLimit;
  }
}
