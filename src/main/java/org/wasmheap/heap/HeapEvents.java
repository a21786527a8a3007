package org.wasmheap.heap;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;
import org.wasmheap.allocator.AllocatorException;
import org.wasmheap.allocator.AllocatorStatistics;
import org.wasmheap.heap.HeapListener.GrowthCause;
import org.wasmheap.memory.WasmHeapException;

/**
 * The structured log of a heap: one event for each fact, its values as SLF4J key-value pairs.
 *
 * <p>Used by the heap's owner alone. Where a level is off, nothing is built: not even the numbers
 * are boxed.
 */
final class HeapEvents {
  private static final Logger LOG = LoggerFactory.getLogger(Heap.class);

  private final String pool;

  HeapEvents(String pool) {
    this.pool = pool;
  }

  void poisoned(Heap heap, AllocatorException fault) {
    if (!LOG.isErrorEnabled()) {
      return;
    }
    AllocatorStatistics statistics = heap.statistics();
    about(heap, LOG.atError())
        .addKeyValue("operation", fault.operation().verb())
        .addKeyValue(fault.operation().operandName(), Integer.toUnsignedLong(fault.operand()))
        .addKeyValue("fault", fault.fault())
        .addKeyValue("bumper", statistics.bumper())
        .addKeyValue("pages", heap.memory().pages())
        .addKeyValue("bytesAllocated", statistics.bytesAllocated())
        .log("heap.poisoned");
  }

  void aborted(Heap heap, WasmHeapException cause) {
    if (LOG.isWarnEnabled()) {
      about(heap, LOG.atWarn()).addKeyValue("cause", cause.getMessage()).log("heap.aborted");
    }
  }

  void grown(Heap heap, int fromPages, int toPages, GrowthCause cause) {
    if (!LOG.isDebugEnabled()) {
      return;
    }
    about(heap, LOG.atDebug())
        .addKeyValue("fromPages", fromPages)
        .addKeyValue("toPages", toPages)
        .addKeyValue("cause", cause)
        .log("memory.grown");
  }

  private LoggingEventBuilder about(Heap heap, LoggingEventBuilder event) {
    HeapHandle call = heap.lastCall();
    return event
        .addKeyValue("pool", pool)
        .addKeyValue("heap", heap.name())
        .addKeyValue("generation", heap.generation())
        .addKeyValue("call", call == null ? null : call.call())
        .addKeyValue("callName", call == null ? null : call.callName());
  }
}
