package org.wasmheap.heap;

import java.util.HexFormat;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;
import org.wasmheap.allocator.AllocatorException;
import org.wasmheap.allocator.AllocatorException.Operation;
import org.wasmheap.allocator.AllocatorStatistics;
import org.wasmheap.allocator.FreeingBumpAllocator;
import org.wasmheap.allocator.HeapAudit;
import org.wasmheap.allocator.HeapAuditor;
import org.wasmheap.memory.LinearMemory;
import org.wasmheap.text.MdcEntries;

/**
 * Takes the report on a poison, on the thread of the call and before anybody hears of it.
 *
 * <p>The memory is hostile by now, and the stack or the JVM's memory may be at their end: each part
 * that can fail is left out if it does. Only reads, in bulk, which materialise nothing.
 */
final class PoisonReporter {
  /** Headers read at most: some milliseconds, however the guest has tangled its lists. */
  private static final int MAX_READS = 1 << 18;

  /** Blocks kept at most: a report hangs on an exception, which somebody may keep. */
  private static final int MAX_BLOCKS = 1 << 14;

  private static final int HEADER_BYTES = FreeingBumpAllocator.HEADER_BYTES;
  private static final int DUMP_BYTES = 64;
  private static final int DUMP_BEFORE = 24;
  private static final int DUMP_ALIGNMENT = 16;
  private static final long NONE = -1;

  private final HeapView heap;
  private final LinearMemory memory;
  private final FreeingBumpAllocator allocator;
  private final HeapGrowth growth;

  PoisonReporter(HeapView heap, FreeingBumpAllocator allocator, HeapGrowth growth) {
    this.heap = heap;
    this.memory = heap.memory();
    this.allocator = allocator;
    this.growth = growth;
  }

  PoisonReport take(AllocatorException fault) {
    HeapAudit audit = audit();
    long badHeader = badHeader(fault, audit);
    long from = badHeader == NONE ? NONE : Math.max(0, badHeader - DUMP_BEFORE) & -DUMP_ALIGNMENT;
    AllocatorStatistics statistics = allocator.statistics();
    return new PoisonReport(
        heap.name(),
        heap.generation(),
        heap.call(),
        Objects.requireNonNullElse(heap.callName(), ""),
        fault.operation(),
        Integer.toUnsignedLong(fault.operand()),
        fault.fault(),
        heap.pagesBefore(),
        memory.pages(),
        memory.maximumPages(),
        allocator.heapBase(),
        allocator.blockLimit().bytes(),
        statistics,
        heap.lastOperations(),
        growth.recent(),
        badHeader,
        from,
        from == NONE ? "" : dump(from),
        audit,
        mdc());
  }

  private static Map<String, String> mdc() {
    try {
      Map<String, String> copy = MDC.getCopyOfContextMap();
      return copy == null ? Map.of() : MdcEntries.bounded(copy);
    } catch (Throwable e) {
      return Map.of();
    }
  }

  private @Nullable HeapAudit audit() {
    try {
      return HeapAuditor.audit(allocator, memory, MAX_READS, MAX_BLOCKS);
    } catch (Throwable e) {
      // The memory is somebody else's, or stack or JVM memory is short: a report without it.
      return null;
    }
  }

  /**
   * The header that the operation met, if it met a bad one; else the first that the audit found.
   */
  private long badHeader(AllocatorException fault, @Nullable HeapAudit audit) {
    long met =
        switch (fault.fault()) {
          case EMPTY_HEADER, INVALID_ORDER, OCCUPIED_LINK, INVALID_LINK -> headerOf(fault);
          case ACCOUNTING -> fault.operation() == Operation.DEALLOCATE ? headerOf(fault) : NONE;
          default -> NONE;
        };
    if (met >= 0 && met + HEADER_BYTES <= memory.sizeInBytes()) {
      return met;
    }
    return audit == null
        ? NONE
        : audit.firstBadHeader().map(HeapAudit.Finding::address).orElse(NONE);
  }

  private long headerOf(AllocatorException fault) {
    return fault.operation() == Operation.DEALLOCATE
        ? Integer.toUnsignedLong(fault.operand()) - HEADER_BYTES
        : allocator.freeListHead(FreeingBumpAllocator.orderOf(fault.operand()));
  }

  private String dump(long from) {
    try {
      int length = (int) Math.max(0, Math.min(DUMP_BYTES, memory.sizeInBytes() - from));
      byte[] bytes = new byte[length];
      memory.read((int) from, bytes, 0, length);
      return HexFormat.of().formatHex(bytes);
    } catch (Throwable e) {
      return "";
    }
  }
}
