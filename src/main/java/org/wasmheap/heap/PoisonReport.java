package org.wasmheap.heap;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.wasmheap.allocator.AllocatorException;
import org.wasmheap.allocator.AllocatorFault;
import org.wasmheap.allocator.AllocatorStatistics;
import org.wasmheap.allocator.HeapAudit;
import org.wasmheap.text.MdcEntries;
import org.wasmheap.text.Printable;

/**
 * A heap as it was when its allocator failed, for whoever must find out why. Immutable, and some
 * megabytes at most.
 *
 * @param heap name of the heap
 * @param generation the heap's count of calls, this one included
 * @param call number of the call
 * @param callName name of the call
 * @param operation the operation that failed
 * @param operand size or pointer, u32
 * @param fault why it failed
 * @param pagesBefore logical size when the call began
 * @param pages logical size now
 * @param maximumPages the size that the memory may grow to
 * @param heapBase where the heap begins, u32
 * @param blockLimit largest block, bytes
 * @param statistics what the allocator had done in this call, its bumper among it
 * @param lastOperations the last successful operations of this call, the oldest first; at most 64,
 *     and none unless the heap was told to {@link HeapView#keepOperations}
 * @param growths the last growths of this call, the oldest first; at most 16
 * @param badHeader address of the header that the operation met, or of the first bad one; -1 if
 *     none is known
 * @param bytesAddress address of the first of {@code bytes}; -1 without a bad header
 * @param bytes up to 64 bytes round the bad header, in lower-case hex
 * @param audit what the headers say; {@code null} if the memory could not be read
 * @param mdc the diagnostic context (SLF4J's MDC) of the call's thread, which is its caller's, and
 *     what host functions put there; empty if there is none. Immutable, at most 32 entries, with
 *     names of at most 128 characters and values of at most 1,024
 */
public record PoisonReport(
    String heap,
    long generation,
    long call,
    String callName,
    AllocatorException.Operation operation,
    long operand,
    AllocatorFault fault,
    int pagesBefore,
    int pages,
    int maximumPages,
    long heapBase,
    long blockLimit,
    AllocatorStatistics statistics,
    List<Operation> lastOperations,
    List<Growth> growths,
    long badHeader,
    long bytesAddress,
    String bytes,
    @Nullable HeapAudit audit,
    Map<String, String> mdc) {

  /**
   * Bounds the diagnostic context, which a file may hold or lack.
   *
   * @param heap name of the heap
   * @param generation the heap's count of calls, this one included
   * @param call number of the call
   * @param callName name of the call
   * @param operation the operation that failed
   * @param operand size or pointer, u32
   * @param fault why it failed
   * @param pagesBefore logical size when the call began
   * @param pages logical size now
   * @param maximumPages the size that the memory may grow to
   * @param heapBase where the heap begins, u32
   * @param blockLimit largest block, bytes
   * @param statistics what the allocator had done in this call, its bumper among it
   * @param lastOperations the last successful operations of this call, the oldest first; at most
   *     64, and none unless the heap was told to {@link HeapView#keepOperations}
   * @param growths the last growths of this call, the oldest first; at most 16
   * @param badHeader address of the header that the operation met, or of the first bad one; -1 if
   *     none is known
   * @param bytesAddress address of the first of {@code bytes}; -1 without a bad header
   * @param bytes up to 64 bytes round the bad header, in lower-case hex
   * @param audit what the headers say; {@code null} if the memory could not be read
   * @param mdc the diagnostic context (SLF4J's MDC) of the call's thread, which is its caller's,
   *     and what host functions put there; empty if there is none. Immutable, at most 32 entries,
   *     with names of at most 128 characters and values of at most 1,024
   */
  public PoisonReport {
    mdc = MdcEntries.bounded(mdc);
  }

  /**
   * A successful operation of a heap.
   *
   * @param operand the size asked for, or the pointer given back; u32
   * @param pointer the pointer handed out, u32; 0 if one was given back
   */
  public record Operation(long operand, long pointer) {
    @Override
    public String toString() {
      return pointer == 0 ? "free " + operand : "malloc " + operand + " = " + pointer;
    }
  }

  /**
   * A growth of the memory.
   *
   * @param operations how many operations of the call came before it
   * @param fromPages logical size before
   * @param toPages logical size after
   * @param cause who asked
   */
  public record Growth(long operations, int fromPages, int toPages, GrowthPolicy.Cause cause) {}

  /** In short: the report itself may be long. */
  @Override
  public String toString() {
    return "PoisonReport["
        + Printable.name(heap)
        + ", generation "
        + generation
        + ", call "
        + call
        + ", "
        + operation.verb()
        + " "
        + operand
        + ", "
        + fault
        + (mdc.isEmpty() ? "" : ", mdc {" + MdcEntries.line(mdc) + "}")
        + "]";
  }
}
