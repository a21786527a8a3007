package org.wasmheap.conformance;

import org.wasmheap.allocator.BlockLimit;
import org.wasmheap.memory.LinearMemory;
import org.wasmheap.text.Printable;

/** Which allocator a vector file is for, and on what memory. */
enum VectorProfile {
  /** A byte slice of any size, which the allocator never grows. */
  SLICE("S", 1, BlockLimit.ON_CHAIN),
  /** Pages, and the largest block of on-chain calls. */
  ON_CHAIN("P-onchain", LinearMemory.PAGE_SIZE, BlockLimit.ON_CHAIN),
  /** Pages, and the wide limit. */
  OFF_CHAIN("P-offchain", LinearMemory.PAGE_SIZE, BlockLimit.WIDE);

  private final String key;
  private final int unitBytes;
  private final BlockLimit blockLimit;

  VectorProfile(String key, int unitBytes, BlockLimit blockLimit) {
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
    throw new IllegalArgumentException("there is no profile '" + Printable.name(key) + "'");
  }

  /** What sizes are counted in. */
  int unitBytes() {
    return unitBytes;
  }

  /** The largest block. */
  BlockLimit blockLimit() {
    return blockLimit;
  }
}
