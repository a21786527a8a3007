package org.wasmheap.allocator;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.wasmheap.allocator.HeapAudit.Block;
import org.wasmheap.allocator.HeapAudit.Finding;
import org.wasmheap.allocator.HeapAudit.Kind;
import org.wasmheap.allocator.HeapAudit.OrderCount;
import org.wasmheap.allocator.HeapAudit.Use;
import org.wasmheap.memory.LinearMemory;
import org.wasmheap.memory.MemoryAccessException;

/**
 * Audits a heap: reads its headers from heap base to bumper, and holds them against the free lists.
 *
 * <ol>
 *   <li>The memory is taken for hostile: an audit throws nothing for what it finds there, reads
 *       nothing outside the memory, changes nothing and materialises nothing.
 *   <li>Its work is bounded, whatever the headers say. Where the bound does not reach, {@link
 *       HeapAudit#complete()} is {@code false}, and what was not looked at counts as unknown.
 * </ol>
 *
 * <p>A free header does not hold its block's order: only the list that leads to it knows. So the
 * lists are followed first, each to its end or first bad link, and then all headers in address
 * order. Where a header is bad, or free and on no list, the next one is unknown: the audit goes on
 * at the next address that a list leads to, or from which four well-formed occupied headers or
 * those up to the bumper follow one another; what lies between is unknown.
 *
 * <p>Use it on the thread that owns the heap.
 */
public final class HeapAuditor {
  /** Headers read in one audit: enough for 2.8 million free blocks, or 8 million live ones. */
  static final int MAX_READS = 1 << 23;

  /** Findings that are kept; more than there are lists, so that each list's first is kept. */
  static final int MAX_FINDINGS = 100;

  /** Blocks that are kept to be drawn. */
  static final int MAX_BLOCKS = 1 << 16;

  /**
   * Occupied headers in a row that are taken for true. One may be payload by chance: an empty
   * vector of Rust looks like a header of order 0.
   */
  private static final int SOUND_RUN = 4;

  private static final long NONE = -1;

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final FreeingBumpAllocator allocator;
  private final LinearMemory memory;
  private final int maxReads;
  private final int maxBlocks;

  private final long heapBase;
  private final long bumper;
  private final long memorySize;

  /**
   * What can be walked ends here: the bumper, or the last multiple of 8 in the memory if that comes
   * first. So a header fits at every multiple of 8 before it.
   */
  private final long end;

  private final FreeHeaders free;
  private final byte[] buffer = new byte[BlockHeader.BYTES];

  /** Every loop reads a header in each turn, so that to bound these bounds the work. */
  private int reads;

  private final long[] liveByOrder;
  private final long[] freeByOrder;
  private long unknownBytes;
  private long unreachable;
  private final List<Finding> findings = new ArrayList<>();
  private long findingCount;
  private final List<Block> blocks = new ArrayList<>();
  private long blockCount;

  private HeapAuditor(
      FreeingBumpAllocator allocator, LinearMemory memory, int maxReads, int maxBlocks) {
    this.allocator = allocator;
    this.memory = memory;
    this.maxReads = maxReads;
    this.maxBlocks = maxBlocks;
    this.heapBase = allocator.heapBase();
    this.bumper = allocator.statistics().bumper();
    this.memorySize = memory.sizeInBytes();
    this.end = Math.max(heapBase, Math.min(bumper, memorySize & -BlockHeader.BYTES));
    this.free = new FreeHeaders(heapBase);
    this.liveByOrder = new long[allocator.orders()];
    this.freeByOrder = new long[allocator.orders()];
  }

  /**
   * Audits a heap as it is now, poisoned or not, with at most some 8 million reads.
   *
   * @param allocator the heap's allocator
   * @param memory the memory that it allocates from
   * @return what was found
   */
  public static HeapAudit audit(FreeingBumpAllocator allocator, LinearMemory memory) {
    return audit(allocator, memory, MAX_READS, MAX_BLOCKS);
  }

  /**
   * Audits a heap within other bounds: for a caller who has less time.
   *
   * @param allocator the heap's allocator
   * @param memory the memory that it allocates from
   * @param maxReads headers read at most, 0 and up
   * @param maxBlocks entries of {@link HeapAudit#blocks()} at most, 0 and up
   * @return what was found
   */
  public static HeapAudit audit(
      FreeingBumpAllocator allocator, LinearMemory memory, int maxReads, int maxBlocks) {
    return new HeapAuditor(allocator, memory, maxReads, maxBlocks).audit();
  }

  private HeapAudit audit() {
    if (bumper > end) {
      report(Kind.BEYOND_MEMORY, NONE, 0, "the memory ends at " + memorySize);
    }
    for (int order = 0; order < allocator.orders() && !spent(); order++) {
      followList(order);
    }
    free.sort();
    // With lists half followed, headers would pass for unreachable.
    long reached = spent() ? heapBase : walk();
    if (reached < bumper) {
      unknown(reached, bumper);
    }
    List<OrderCount> orders = new ArrayList<>();
    for (int order = 0; order < allocator.orders(); order++) {
      orders.add(new OrderCount(order, liveByOrder[order], freeByOrder[order]));
    }
    boolean complete = !spent();
    if (complete && findingCount == 0) {
      checkAccounting(orders);
    }
    return new HeapAudit(
        heapBase,
        bumper,
        memorySize,
        List.copyOf(orders),
        unknownBytes,
        unreachable,
        List.copyOf(findings),
        findingCount,
        List.copyOf(blocks),
        blockCount,
        complete);
  }

  private void followList(int order) {
    long holder = NONE;
    long holderWord = 0;
    long at = allocator.freeListHead(order);
    while (at != NONE) {
      Kind broken = brokenLink(at, order);
      long word = broken == null ? word(at) : 0;
      if (broken == null && BlockHeader.isOccupied(word)) {
        broken = Kind.LINK_TO_LIVE;
      }
      if (spent()) {
        return;
      }
      if (broken != null) {
        report(broken, holder, holderWord, leadsTo(order, at));
        return;
      }
      free.add(at, order, holder == NONE ? at : holder);
      holder = at;
      holderWord = word;
      at = BlockHeader.link(word) == BlockHeader.NIL ? NONE : low(word);
    }
  }

  /** What is wrong with a link, apart from the header that it leads to. */
  private @Nullable Kind brokenLink(long to, int order) {
    if (to < heapBase || to >= end) {
      return Kind.LINK_OUTSIDE;
    }
    if (to % BlockHeader.BYTES != 0) {
      return Kind.LINK_UNALIGNED;
    }
    if (free.contains(to)) {
      return free.orderOf(to) == order ? Kind.LINK_CYCLE : Kind.LINK_SHARED;
    }
    return null;
  }

  private static String leadsTo(int order, long at) {
    return "the list of order " + order + " leads to " + at;
  }

  /** Visits header after header; gives the address that was reached. */
  private long walk() {
    long at = heapBase;
    int next = 0;
    while (at < end) {
      long word = word(at);
      if (spent()) {
        return at;
      }
      while (free.address(next) < at) {
        next++;
      }
      if (free.address(next) == at) {
        at = visitFree(at, word, next);
      } else if (BlockHeader.isOccupied(word)) {
        at = visitOccupied(at, word, next);
      } else {
        unreachable++;
        report(Kind.UNREACHABLE, at, word, "it is free and on no list");
        at = resynchronise(at);
      }
    }
    return at;
  }

  /** A header that is the {@code index}th on a list; gives the address to go on at. */
  private long visitFree(long at, long word, int index) {
    checkStrayBits(at, word);
    int order = free.order(index);
    long blockEnd = at + BlockHeader.blockBytes(order);
    long other = free.address(index + 1);
    if (other < blockEnd) {
      report(Kind.OVERLAP, at, word, "of order " + order + ", it reaches past the free " + other);
      count(at, order, Use.FREE);
      return other;
    }
    if (blockEnd > end || (blockEnd < end && !wellFormed(blockEnd))) {
      int fits = spent() ? -1 : otherOrder(at, order);
      if (fits >= 0) {
        String why = "it is on the list of order %d, the next header is where order %d ends";
        report(Kind.WRONG_ORDER, at, word, why.formatted(order, fits));
        count(at, fits, Use.FREE);
        return at + BlockHeader.blockBytes(fits);
      }
    }
    if (blockEnd > end) {
      report(Kind.BEYOND_BUMPER, at, word, "on the list of order " + order + ", it ends too late");
      return resynchronise(at);
    }
    count(at, order, Use.FREE);
    return blockEnd;
  }

  /** An occupied header; {@code next} is the first listed one after it. */
  private long visitOccupied(long at, long word, int next) {
    if (!orderExists(word)) {
      report(Kind.INVALID_ORDER, at, word, "no order is " + low(word));
      return resynchronise(at);
    }
    int order = BlockHeader.order(word);
    long blockEnd = at + BlockHeader.blockBytes(order);
    if (blockEnd > end) {
      report(Kind.BEYOND_BUMPER, at, word, "of order " + order + ", it ends too late");
      return resynchronise(at);
    }
    checkStrayBits(at, word);
    for (int i = next; free.address(i) < blockEnd; i++) {
      long inside = free.address(i);
      long holder = free.holder(i) == inside ? NONE : free.holder(i);
      String why = leadsTo(free.order(i), inside) + ", inside the live block at " + at;
      report(Kind.LINK_TO_LIVE, holder, holder == NONE ? 0 : word(holder), why);
    }
    count(at, order, Use.LIVE);
    return blockEnd;
  }

  /** The next address after a bad header from which headers follow one another. */
  private long resynchronise(long bad) {
    long at = bad + BlockHeader.BYTES;
    // Ends at the end at the latest, which counts as followed.
    while (!headersFollow(at) && !spent()) {
      at += BlockHeader.BYTES;
    }
    unknown(bad, at);
    return at;
  }

  /** The order, if not this one, after whose end headers follow one another; or -1. */
  private int otherOrder(long at, int order) {
    for (int other = 0; other < allocator.orders(); other++) {
      if (other != order && headersFollow(at + BlockHeader.blockBytes(other))) {
        return other;
      }
    }
    return -1;
  }

  /** Whether occupied headers follow: four, or fewer up to a listed one or to the end. */
  private boolean headersFollow(long from) {
    long at = from;
    for (int seen = 0; seen < SOUND_RUN && at < end; seen++) {
      if (free.contains(at)) {
        return true;
      }
      long word = word(at);
      boolean sound = BlockHeader.isOccupied(word) && !BlockHeader.hasStrayBits(word);
      if (!sound || !orderExists(word)) {
        return false;
      }
      at += BlockHeader.blockBytes(BlockHeader.order(word));
    }
    return at <= end;
  }

  /** Whether these may be bits that the allocator wrote. */
  private boolean wellFormed(long at) {
    long word = word(at);
    if (BlockHeader.hasStrayBits(word)) {
      return false;
    }
    if (BlockHeader.isOccupied(word)) {
      return orderExists(word);
    }
    long link = low(word);
    boolean inHeap = link >= heapBase && link < end && link % BlockHeader.BYTES == 0;
    return inHeap || BlockHeader.link(word) == BlockHeader.NIL;
  }

  private boolean orderExists(long word) {
    return low(word) < allocator.orders();
  }

  private void checkStrayBits(long at, long word) {
    if (BlockHeader.hasStrayBits(word)) {
      report(Kind.STRAY_BITS, at, word, "bits from 33 up are set");
    }
  }

  /** Bytes and blocks: a header may swallow its neighbour and the bytes be the same. */
  private void checkAccounting(List<OrderCount> orders) {
    long blocksLive = 0;
    long bytesLive = 0;
    // No stream: a lambda that is linked first when the JVM has no memory never works again.
    for (OrderCount each : orders) {
      blocksLive += each.live();
      bytesLive += each.live() * each.blockBytes();
    }
    AllocatorStatistics counted = allocator.statistics();
    long blocksCounted = counted.allocations() - counted.deallocations();
    if (blocksLive != blocksCounted || bytesLive != counted.bytesAllocated()) {
      String why = "%d blocks, %d bytes are live, the allocator counted %d blocks, %d bytes";
      why = why.formatted(blocksLive, bytesLive, blocksCounted, counted.bytesAllocated());
      report(Kind.ACCOUNTING, NONE, 0, why);
    }
  }

  private void count(long at, int order, Use use) {
    (use == Use.LIVE ? liveByOrder : freeByOrder)[order]++;
    keep(new Block(at, BlockHeader.blockBytes(order), order, use));
  }

  private void unknown(long from, long to) {
    unknownBytes += to - from;
    keep(new Block(from, to - from, -1, Use.UNKNOWN));
  }

  private void keep(Block block) {
    blockCount++;
    if (blocks.size() < maxBlocks) {
      blocks.add(block);
    }
  }

  private void report(Kind kind, long address, long word, String why) {
    findingCount++;
    if (findings.size() < MAX_FINDINGS) {
      findings.add(new Finding(kind, address, word, why));
    }
  }

  private boolean spent() {
    return reads >= maxReads;
  }

  /** The link or the order of a header, as the u32 that it is. */
  private static long low(long word) {
    return Integer.toUnsignedLong(BlockHeader.link(word));
  }

  /** Reads a header; in bulk, as a single load may make the memory materialise. */
  private long word(long at) {
    reads++;
    try {
      memory.read((int) at, buffer, 0, BlockHeader.BYTES);
      return (long) LONG.get(buffer, 0);
    } catch (MemoryAccessException | IndexOutOfBoundsException e) {
      report(Kind.UNREADABLE, at, 0, "the memory of %d bytes refuses it".formatted(memorySize));
      reads = maxReads;
      return 0;
    }
  }
}
