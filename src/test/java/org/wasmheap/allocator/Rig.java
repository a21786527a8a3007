package org.wasmheap.allocator;

import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.function.Executable;
import org.wasmheap.memory.FlatMemory;
import org.wasmheap.memory.LinearMemory;

/** An allocator on a memory of its own, and what tests do to it. */
record Rig(LinearMemory memory, FreeingBumpAllocator allocator) {
  static final int PAGE = LinearMemory.PAGE_SIZE;

  /** The link of the last free header of a list. */
  static final long NIL = 0xFFFF_FFFFL;

  static final long OCCUPIED = 1L << 32;

  /** A flat memory with the limit for on-chain calls. */
  static Rig flat(int pages, int maximumPages, int heapBase) {
    return onChain(new FlatMemory(pages, maximumPages), heapBase);
  }

  static Rig onChain(LinearMemory memory, int heapBase) {
    BlockLimit limit = BlockLimit.ON_CHAIN;
    return new Rig(memory, new FreeingBumpAllocator(memory, heapBase, limit));
  }

  static Rig wide(LinearMemory memory, int heapBase) {
    BlockLimit limit = BlockLimit.WIDE;
    return new Rig(memory, new FreeingBumpAllocator(memory, heapBase, limit));
  }

  int allocate(int size) {
    return allocator.allocate(size);
  }

  void free(int pointer) {
    allocator.deallocate(pointer);
  }

  /** The header of the block at {@code pointer}. */
  long header(int pointer) {
    return memory.readLong(pointer - 8);
  }

  /** The guest overwrites the header of the block at {@code pointer}. */
  void forge(int pointer, long word) {
    memory.writeLong(pointer - 8, word);
  }

  AllocatorStatistics statistics() {
    return allocator.statistics();
  }

  HeapAudit audit() {
    return HeapAuditor.audit(allocator, memory);
  }

  /** The fault that {@code operation} must end with. */
  static AllocatorFault fault(Executable operation) {
    return assertThrows(AllocatorException.class, operation).fault();
  }
}
