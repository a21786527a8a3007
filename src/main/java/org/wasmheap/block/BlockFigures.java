package org.wasmheap.block;

import org.wasmheap.pool.CallReport;

/**
 * What executing a block took. All zero if no guest ran.
 *
 * @param queueNanos from its submission until it began on a heap
 * @param nanos from there to the checked root, or until it failed
 * @param resetNanos to put the heap back; 0 if the instance was discarded
 * @param allocations successful allocations of the guest
 * @param peakBytes the most bytes that the guest had allocated at once, headers included
 * @param storageReads operations that read storage
 * @param storageWrites operations that changed storage
 * @param blocksRestored blocks of memory, 4 KiB each, that were put back
 */
public record BlockFigures(
    long queueNanos,
    long nanos,
    long resetNanos,
    long allocations,
    long peakBytes,
    long storageReads,
    long storageWrites,
    int blocksRestored) {
  /** No guest began. */
  static final BlockFigures NONE = new BlockFigures(0, 0, 0, 0, 0, 0, 0, 0);

  /**
   * Whether a guest began: if not, no other figure means anything.
   *
   * @return {@code false} if the block failed before
   */
  public boolean ran() {
    return nanos > 0;
  }

  static BlockFigures of(CallReport report, long reads, long writes) {
    return new BlockFigures(
        report.queueNanos(),
        report.runNanos(),
        report.resetNanos(),
        report.allocations(),
        report.bytesAllocatedPeak(),
        reads,
        writes,
        report.blocksRestored());
  }
}
