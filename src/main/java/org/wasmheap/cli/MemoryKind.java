package org.wasmheap.cli;

import org.wasmheap.conformance.MemoryFactory;
import org.wasmheap.memory.FlatMemory;
import org.wasmheap.memory.SparseMemory;

/** The memories that vectors and traces can be replayed on. */
enum MemoryKind {
  /** That of pooled instances. */
  FLAT,
  /** For up to 4 GiB of address space. */
  SPARSE;

  MemoryFactory memories() {
    return this == FLAT ? FlatMemory::new : SparseMemory::new;
  }

  /** As it stands on the command line. */
  @Override
  public String toString() {
    return this == FLAT ? "flat" : "sparse";
  }
}
