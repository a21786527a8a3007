package org.wasmheap.conformance;

import static java.util.Map.entry;
import static org.wasmheap.allocator.AllocatorFault.ACCOUNTING;
import static org.wasmheap.allocator.AllocatorFault.ADDRESS_OVERFLOW;
import static org.wasmheap.allocator.AllocatorFault.EMPTY_HEADER;
import static org.wasmheap.allocator.AllocatorFault.INVALID_LINK;
import static org.wasmheap.allocator.AllocatorFault.INVALID_ORDER;
import static org.wasmheap.allocator.AllocatorFault.INVALID_POINTER;
import static org.wasmheap.allocator.AllocatorFault.MEMORY_SHRANK;
import static org.wasmheap.allocator.AllocatorFault.OCCUPIED_LINK;
import static org.wasmheap.allocator.AllocatorFault.OUT_OF_SPACE;
import static org.wasmheap.allocator.AllocatorFault.POISONED;
import static org.wasmheap.allocator.AllocatorFault.READ_OUT_OF_BOUNDS;
import static org.wasmheap.allocator.AllocatorFault.REQUEST_TOO_LARGE;
import static org.wasmheap.allocator.AllocatorFault.WRITE_OUT_OF_BOUNDS;

import java.util.Map;
import java.util.Set;
import org.wasmheap.allocator.AllocatorFault;

/** How the reference's errors, in its own words, stand to the faults here. */
final class VectorErrors {
  /** The reference itself aborts: what must match is failure, poison and the state after it. */
  static final String PANIC = "! PANIC ";

  /** An operation after a panic in {@code R}. */
  static final String NO_ALLOCATOR = "! no-allocator";

  /** The host's growth goes past the maximum. */
  static final String NO_GROWTH = "! grow";

  /** The reference cannot hold 2^32 bytes, and the allocator here can: nothing to compare. */
  static final String SIZE_NOT_U32 = PANIC + "memory-size-not-u32";

  /** Where the reference panics on a sum of 32 bits, the check of 64 bits gives one of several. */
  private static final Map<String, Set<AllocatorFault>> FAULTS =
      Map.ofEntries(
          entry("! RequestedAllocationTooLarge", Set.of(REQUEST_TOO_LARGE)),
          entry("! AllocatorOutOfSpace", Set.of(OUT_OF_SPACE)),
          entry("! MemoryShrinked", Set.of(MEMORY_SHRANK)),
          entry("! Other: the allocator has been poisoned", Set.of(POISONED)),
          entry("! Other: Invalid pointer for deallocation", Set.of(INVALID_POINTER)),
          entry("! Other: the allocation points to an empty header", Set.of(EMPTY_HEADER)),
          entry("! Other: invalid order", Set.of(INVALID_ORDER)),
          entry("! Other: free list points to a occupied header", Set.of(OCCUPIED_LINK)),
          entry("! Other: Invalid header pointer detected", Set.of(INVALID_LINK)),
          entry("! Other: read out of heap bounds", Set.of(READ_OUT_OF_BOUNDS)),
          entry("! Other: write out of heap bounds", Set.of(WRITE_OUT_OF_BOUNDS)),
          entry("! Other: underflow of the currently allocated bytes count", Set.of(ACCOUNTING)),
          entry(
              "! Other: Unable to subtract from total heap size without overflow",
              Set.of(ACCOUNTING)),
          entry(PANIC + "assert-free-list", Set.of(INVALID_LINK)),
          entry(
              PANIC + "add-overflow",
              Set.of(OUT_OF_SPACE, ADDRESS_OVERFLOW, INVALID_LINK, ACCOUNTING)),
          entry(PANIC + "sub-overflow", Set.of(INVALID_POINTER, ACCOUNTING)));

  private VectorErrors() {}

  static boolean isKnown(String result) {
    return FAULTS.containsKey(result)
        || result.equals(NO_ALLOCATOR)
        || result.equals(NO_GROWTH)
        || result.equals(SIZE_NOT_U32);
  }

  /** Whether an operation with this result in a file may fail with this fault here. */
  static boolean standsFor(String result, AllocatorFault fault) {
    return FAULTS.getOrDefault(result, Set.of()).contains(fault);
  }
}
