package org.wasmheap.heap;

import java.util.List;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;
import org.wasmheap.allocator.AllocatorException;
import org.wasmheap.allocator.AllocatorStatistics;
import org.wasmheap.allocator.HeapAudit;
import org.wasmheap.memory.WasmHeapException;
import org.wasmheap.text.EventRate;
import org.wasmheap.text.Printable;

/**
 * The structured log of a heap: one event for each fact, its values as SLF4J key-value pairs.
 *
 * <p>Used by the heap's owner alone. Where a level is off, nothing is built: not even the numbers
 * are boxed. What guests bring about at levels that are on by default is written a few times a
 * second at most; the growth of memories, at debug, each time.
 */
final class HeapEvents {
  private static final Logger LOG = LoggerFactory.getLogger(HeapEvents.class);

  private static final int OPERATIONS_SHOWN = 6;

  private final HeapView heap;
  private final EventRate poisons;
  private final EventRate aborts;

  /** Whether events are made and dropped: where failures are brought about to load classes. */
  private final boolean silent;

  HeapEvents(HeapView heap, boolean silent) {
    this.heap = heap;
    this.poisons = heap.events.event("heap.poisoned");
    this.aborts = heap.events.event("heap.aborted");
    this.silent = silent;
  }

  void poisoned(AllocatorException fault, PoisonReport report) {
    if (!LOG.isErrorEnabled()) {
      return;
    }
    long leftOut = admit(poisons);
    if (leftOut == EventRate.LEFT_OUT) {
      return;
    }
    AllocatorStatistics statistics = report.statistics();
    log(
        about(EventRate.withLeftOut(LOG.atError().addKeyValue("event", "heap.poisoned"), leftOut))
            .addKeyValue("operation", fault.operation().verb())
            .addKeyValue(fault.operation().operandName(), Integer.toUnsignedLong(fault.operand()))
            .addKeyValue("fault", fault.fault())
            .addKeyValue("bumper", statistics.bumper())
            .addKeyValue("pages", heap.memory().pages())
            .addKeyValue("bytesAllocated", statistics.bytesAllocated())
            .addKeyValue("lastOperations", lastOperations(report))
            .addKeyValue("badHeader", badHeader(report))
            .addKeyValue("audit", audit(report.audit())),
        "An allocator failed, and its heap is poisoned: the first cause");
  }

  /** The last few, in one short line: the report holds them all. */
  private static @Nullable String lastOperations(PoisonReport report) {
    List<PoisonReport.Operation> all = report.lastOperations();
    if (all.isEmpty()) {
      return null;
    }
    StringJoiner text = new StringJoiner("; ");
    for (PoisonReport.Operation each :
        all.subList(Math.max(0, all.size() - OPERATIONS_SHOWN), all.size())) {
      text.add(each.toString());
    }
    return text.toString();
  }

  private static @Nullable String badHeader(PoisonReport report) {
    return report.badHeader() < 0
        ? null
        : report.badHeader() + "; from " + report.bytesAddress() + ": " + report.bytes();
  }

  private static String audit(@Nullable HeapAudit audit) {
    if (audit == null) {
      return "the memory could not be read";
    }
    return audit.findings().isEmpty()
        ? "no damage found"
        : audit.findingCount() + " findings, the first: " + audit.findings().get(0);
  }

  void aborted(WasmHeapException cause) {
    if (!LOG.isWarnEnabled()) {
      return;
    }
    long leftOut = admit(aborts);
    if (leftOut == EventRate.LEFT_OUT) {
      return;
    }
    log(
        about(EventRate.withLeftOut(LOG.atWarn().addKeyValue("event", "heap.aborted"), leftOut))
            .addKeyValue("cause", Printable.value(cause.getMessage())),
        "The host failed a call, and its heap is aborted: nothing follows about the guest");
  }

  void grown(int fromPages, int toPages, GrowthPolicy.Cause cause) {
    if (!LOG.isDebugEnabled()) {
      return;
    }
    log(
        about(LOG.atDebug().addKeyValue("event", "memory.grown"))
            .addKeyValue("fromPages", fromPages)
            .addKeyValue("toPages", toPages)
            .addKeyValue("cause", cause),
        "The memory of a heap has grown");
  }

  /** Where nothing is written, each failure goes all the way. */
  private long admit(EventRate rate) {
    long leftOut = rate.admit();
    return silent ? 1 : leftOut;
  }

  private void log(LoggingEventBuilder event, String sentence) {
    if (!silent) {
      event.log(sentence);
    }
  }

  private LoggingEventBuilder about(LoggingEventBuilder event) {
    String callName = heap.callName();
    return event
        .addKeyValue("pool", Printable.name(heap.pool()))
        .addKeyValue("heap", Printable.name(heap.name()))
        .addKeyValue("generation", heap.generation())
        .addKeyValue("call", callName == null ? null : heap.call())
        .addKeyValue("callName", callName == null ? null : Printable.name(callName));
  }
}
