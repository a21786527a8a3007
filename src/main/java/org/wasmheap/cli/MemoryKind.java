package org.wasmheap.cli;

import org.wasmheap.conformance.MemoryFactory;
import org.wasmheap.memory.FlatMemory;
import org.wasmheap.memory.LinearMemory;

/** The memories that vectors and traces can be replayed on. */
enum MemoryKind {
  /** That of pooled instances. */
  FLAT,
  /** For up to 4 GiB of address space. */
  SPARSE;

  MemoryFactory memories() {
    return this == FLAT ? FlatMemory::new : LinearMemory::sparse;
  }

  /** As it stands on the command line. */
  @Override
  public String toString() {
    return this == FLAT ? "flat" : "sparse";
  }
}
