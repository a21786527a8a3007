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
 * One audit on its way: follows the free lists, then walks the headers. Every loop reads a header
 * in each turn, and reads are what is bounded.
 */
final class HeapWalk {
  static final int HEADER_BYTES = 8;

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
  private static final long NIL = 0xFFFF_FFFFL;
  private static final long OCCUPIED = 1L << 32;

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
  private final byte[] buffer = new byte[HEADER_BYTES];
  private int reads;

  private final long[] liveByOrder;
  private final long[] freeByOrder;
  private long unknownBytes;
  private long unreachable;
  private final List<Finding> findings = new ArrayList<>();
  private long findingCount;
  private final List<Block> blocks = new ArrayList<>();
  private long blockCount;

  HeapWalk(FreeingBumpAllocator allocator, LinearMemory memory, int maxReads, int maxBlocks) {
    this.allocator = allocator;
    this.memory = memory;
    this.maxReads = maxReads;
    this.maxBlocks = maxBlocks;
    this.heapBase = allocator.heapBase();
    this.bumper = allocator.statistics().bumper();
    this.memorySize = memory.sizeInBytes();
    this.end = Math.max(heapBase, Math.min(bumper, memorySize & -HEADER_BYTES));
    this.free = new FreeHeaders(heapBase);
    this.liveByOrder = new long[allocator.orders()];
    this.freeByOrder = new long[allocator.orders()];
  }

  /** Bytes that a block takes, header included. */
  static long taken(int order) {
    return (8L << order) + HEADER_BYTES;
  }

  HeapAudit audit() {
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
      if (broken == null && (word & OCCUPIED) != 0) {
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
      at = link(word) == NIL ? NONE : link(word);
    }
  }

  /** What is wrong with a link, apart from the header that it leads to. */
  private @Nullable Kind brokenLink(long to, int order) {
    if (to < heapBase || to >= end) {
      return Kind.LINK_OUTSIDE;
    }
    if (to % HEADER_BYTES != 0) {
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
      } else if ((word & OCCUPIED) != 0) {
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
    long blockEnd = at + taken(order);
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
        return at + taken(fits);
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
      report(Kind.INVALID_ORDER, at, word, "no order is " + link(word));
      return resynchronise(at);
    }
    int order = (int) word;
    long blockEnd = at + taken(order);
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
    long at = bad + HEADER_BYTES;
    // Ends at the end at the latest, which counts as followed.
    while (!headersFollow(at) && !spent()) {
      at += HEADER_BYTES;
    }
    unknown(bad, at);
    return at;
  }

  /** The order, if not this one, after whose end headers follow one another; or -1. */
  private int otherOrder(long at, int order) {
    for (int other = 0; other < allocator.orders(); other++) {
      if (other != order && headersFollow(at + taken(other))) {
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
      if (word >>> 32 != 1 || !orderExists(word)) {
        return false;
      }
      at += taken((int) word);
    }
    return at <= end;
  }

  /** Whether these may be bits that the allocator wrote. */
  private boolean wellFormed(long at) {
    long word = word(at);
    if (word >>> 32 == 1) {
      return orderExists(word);
    }
    boolean inHeap = link(word) >= heapBase && link(word) < end && word % HEADER_BYTES == 0;
    return word >>> 32 == 0 && (inHeap || link(word) == NIL);
  }

  private boolean orderExists(long word) {
    return link(word) < allocator.orders();
  }

  private void checkStrayBits(long at, long word) {
    if (word >>> 33 != 0) {
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
    keep(new Block(at, taken(order), order, use));
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

  /** The low half of a header: a link, or an order. */
  private static long link(long word) {
    return word & 0xFFFF_FFFFL;
  }

  /** Reads a header; in bulk, as a single load may make the memory materialise. */
  private long word(long at) {
    reads++;
    try {
      memory.read((int) at, buffer, 0, HEADER_BYTES);
      return (long) LONG.get(buffer, 0);
    } catch (MemoryAccessException | IndexOutOfBoundsException e) {
      report(Kind.UNREADABLE, at, 0, "the memory of %d bytes refuses it".formatted(memorySize));
      reads = maxReads;
      return 0;
    }
  }
}
