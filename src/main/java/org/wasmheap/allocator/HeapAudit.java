package org.wasmheap.allocator;

import java.util.List;
import java.util.Optional;
import org.wasmheap.text.Printable;

/**
 * What the headers of a heap say, as {@link HeapAuditor} found them: read from heap base to bumper
 * and held against the free lists. Immutable.
 *
 * <ol>
 *   <li>A heap whose headers and links only its allocator has written has no findings.
 *   <li>Damage is found; its kind is a judgement. Headers hold too little to tell a wrong order
 *       from a neighbour that was overwritten in every case.
 *   <li>What was not looked at, because the work is bounded, counts as unknown.
 * </ol>
 *
 * @param heapBase where the heap begins, u32
 * @param bumper where it ends
 * @param memorySize bytes in the memory
 * @param orders blocks that the walk met, for each order from 0 up
 * @param unknownBytes bytes between heap base and bumper of which no header says what they are
 * @param unreachable free headers on no list at which the walk lost its way; more may lie in the
 *     unknown bytes
 * @param findings the damage: first the lists', then the headers' in address order; the first
 *     {@value HeapAuditor#MAX_FINDINGS}
 * @param findingCount how many findings there were in all
 * @param blocks the heap in address order, to be drawn; the first {@value HeapAuditor#MAX_BLOCKS}
 * @param blockCount how many entries {@code blocks} would have without a limit
 * @param complete whether every list and header was looked at
 */
public record HeapAudit(
    long heapBase,
    long bumper,
    long memorySize,
    List<OrderCount> orders,
    long unknownBytes,
    long unreachable,
    List<Finding> findings,
    long findingCount,
    List<Block> blocks,
    long blockCount,
    boolean complete) {

  /** A kind of damage. */
  public enum Kind {
    /** A free list leads below the heap base, to the bumper or beyond. */
    LINK_OUTSIDE,
    /** A free list leads to an address that is no multiple of 8. */
    LINK_UNALIGNED,
    /** A free list leads to the header of a live block or into its payload. */
    LINK_TO_LIVE,
    /** A free list leads back to a header that it already passed. */
    LINK_CYCLE,
    /** A free list leads to a header that is on the list of another order. */
    LINK_SHARED,
    /** A header is free and on no list: the block is lost, or the header was overwritten. */
    UNREACHABLE,
    /** Two free blocks overlap. */
    OVERLAP,
    /** A free block is on a list whose order does not fit the place of the next header. */
    WRONG_ORDER,
    /** An occupied header holds an order that does not exist. */
    INVALID_ORDER,
    /** A block of the order that its header or its list says would end beyond the bumper. */
    BEYOND_BUMPER,
    /** A header has bits set that the allocator writes as 0. */
    STRAY_BITS,
    /** The heap reaches beyond the end of the memory. */
    BEYOND_MEMORY,
    /** The memory refused a read inside the size that it reports. */
    UNREADABLE,
    /** The live blocks do not add up to what the allocator counted. */
    ACCOUNTING
  }

  /**
   * One piece of damage.
   *
   * @param kind what it is
   * @param address u32 of the header that is bad, or holds the bad link; -1 if no header does
   * @param word the raw u64 at that address, 0 without one
   * @param why one clause for a person to read
   */
  public record Finding(Kind kind, long address, long word, String why) {
    @Override
    public String toString() {
      return address < 0
          ? "%s: %s".formatted(kind, Printable.text(why))
          : "%s at %d (0x%016x): %s".formatted(kind, address, word, Printable.text(why));
    }
  }

  /** What a piece of the heap is. */
  public enum Use {
    /** A block that the guest holds. */
    LIVE,
    /** A block on a free list. */
    FREE,
    /** Bytes of which no header says what they are. */
    UNKNOWN
  }

  /**
   * A piece of the heap, from its header to the next. Damaged heaps may hold overlapping ones.
   *
   * @param address u32 of the header
   * @param bytes its length, header included
   * @param order the block's order, -1 if the use is unknown
   * @param use what it is
   */
  public record Block(long address, long bytes, int order, Use use) {}

  /**
   * The blocks of one order.
   *
   * @param order the order, from 0
   * @param live blocks that the guest holds
   * @param free blocks on the list
   */
  public record OrderCount(int order, long live, long free) {
    /**
     * Bytes that one block takes.
     *
     * @return bytes, header included
     */
    public long blockBytes() {
      return BlockHeader.blockBytes(order);
    }
  }

  /**
   * Whether nothing is wrong with what was looked at.
   *
   * @return {@code true} if there are no findings
   */
  public boolean healthy() {
    return findingCount == 0;
  }

  /**
   * The bad header at the lowest address.
   *
   * @return the finding, if one concerns a header
   */
  public Optional<Finding> firstBadHeader() {
    Finding lowest = null;
    for (Finding each : findings) {
      if (each.address() >= 0 && (lowest == null || each.address() < lowest.address())) {
        lowest = each;
      }
    }
    return Optional.ofNullable(lowest);
  }

  /**
   * Blocks that the guest holds.
   *
   * @return how many
   */
  public long liveBlocks() {
    return orders.stream().mapToLong(OrderCount::live).sum();
  }

  /**
   * Blocks on a free list.
   *
   * @return how many
   */
  public long freeBlocks() {
    return orders.stream().mapToLong(OrderCount::free).sum();
  }

  /**
   * Bytes in live blocks.
   *
   * @return bytes, headers included
   */
  public long liveBytes() {
    return orders.stream().mapToLong(count -> count.live() * count.blockBytes()).sum();
  }

  /**
   * Bytes in free blocks.
   *
   * @return bytes, headers included
   */
  public long freeBytes() {
    return orders.stream().mapToLong(count -> count.free() * count.blockBytes()).sum();
  }

  /** Some lines for a person to read: the sums, the orders in use, the findings. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(256);
    text.append(
        "heap %d to %d of %d bytes of memory: %s%s%n"
            .formatted(
                heapBase,
                bumper,
                memorySize,
                healthy() ? "no damage found" : findingCount + " findings",
                complete ? "" : ", not all was looked at"));
    text.append(
        "  live %d blocks, %d bytes; free %d blocks, %d bytes; unknown %d bytes%n"
            .formatted(liveBlocks(), liveBytes(), freeBlocks(), freeBytes(), unknownBytes));
    for (OrderCount count : orders) {
      if (count.live() + count.free() > 0) {
        text.append(
            "  order %d (%d bytes): %d live, %d free%n"
                .formatted(
                    count.order(),
                    count.blockBytes() - BlockHeader.BYTES,
                    count.live(),
                    count.free()));
      }
    }
    findings.forEach(finding -> text.append("  %s%n".formatted(finding)));
    if (findingCount > findings.size()) {
      text.append("  and %d more%n".formatted(findingCount - findings.size()));
    }
    return text.toString();
  }
}
