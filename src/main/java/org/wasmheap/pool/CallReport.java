package org.wasmheap.pool;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.pool.CallOptions.CallClass;
import org.wasmheap.text.MdcEntries;
import org.wasmheap.text.Printable;

/**
 * What one call was, and what it took.
 *
 * @param pool name of the pool
 * @param call number of the call, unique in its executor
 * @param name name of the call, for people
 * @param callClass what it was made for
 * @param heap name of the heap that it ran on
 * @param generation the heap's count of calls, this one included
 * @param failure the kind of failure, {@code null} if the call succeeded
 * @param queueNanos from submission until the call began on its heap
 * @param runNanos from there until its result was copied out, or it failed
 * @param resetNanos to put the heap back; 0 if the instance was discarded
 * @param pagesBefore logical size at the beginning, in pages
 * @param pagesPeak largest logical size, in pages
 * @param pagesAfter logical size after the reset, in pages; as it was left if discarded
 * @param allocations successful allocations
 * @param deallocations successful deallocations
 * @param bytesAllocatedPeak the most bytes in use at once, headers included
 * @param blocksRestored blocks of memory put back; 0 if the instance was discarded
 * @param mdc the diagnostic context (SLF4J's MDC) of the thread that submitted the call, empty if
 *     it had none: immutable, at most 32 entries, with names of at most 128 characters and values
 *     of at most 1,024
 */
public record CallReport(
    String pool,
    long call,
    String name,
    CallClass callClass,
    String heap,
    long generation,
    @Nullable FailureKind failure,
    long queueNanos,
    long runNanos,
    long resetNanos,
    int pagesBefore,
    int pagesPeak,
    int pagesAfter,
    long allocations,
    long deallocations,
    long bytesAllocatedPeak,
    int blocksRestored,
    Map<String, String> mdc) {
  @Override
  public String toString() {
    return "CallReport["
        + ("pool=" + Printable.name(pool) + ", call=" + call + ", name=" + Printable.name(name))
        + (", callClass=" + callClass + ", heap=" + Printable.name(heap))
        + (", generation=" + generation + ", failure=" + failure + ", queueNanos=" + queueNanos)
        + (", runNanos=" + runNanos + ", resetNanos=" + resetNanos)
        + (", pagesBefore=" + pagesBefore + ", pagesPeak=" + pagesPeak)
        + (", pagesAfter=" + pagesAfter + ", allocations=" + allocations)
        + (", deallocations=" + deallocations + ", bytesAllocatedPeak=" + bytesAllocatedPeak)
        + (", blocksRestored=" + blocksRestored + ", mdc={" + MdcEntries.line(mdc) + "}]");
  }
}
