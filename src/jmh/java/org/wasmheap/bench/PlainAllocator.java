package org.wasmheap.bench;

import java.util.ArrayList;
import java.util.List;

/**
 * What the allocator is measured against: a straightforward port, built as the one JVM node has it
 * today: a list of order objects that each hold their free list, headers and links as objects, an
 * object for the statistics, and the memory as a buffer behind an interface.
 */
final class PlainAllocator {
  private static final int ORDERS = 23;
  private static final long MAX_BLOCK = 32L << 20;
  private static final long OCCUPIED = 1L << 32;
  private static final long NIL = 0xFFFF_FFFFL;

  private final PlainMemory memory;
  private final long heapBase;
  private final List<Order> orders = new ArrayList<>();
  private final Statistics statistics = new Statistics();
  private long bumper;
  private boolean poisoned;

  /** Blocks of one size, and those of them that are free. */
  private static final class Order {
    private final int value;
    private Link freeList = Link.NONE;

    Order(int value) {
      this.value = value;
    }

    long blockSize() {
      return 8L << value;
    }
  }

  /** What was allocated. */
  private static final class Statistics {
    private long bytesAllocated;
    private long bytesAllocatedPeak;
    private long bytesAllocatedSum;
    private long addressSpaceUsed;

    void allocated(long bytes, long addressSpace) {
      bytesAllocated += bytes;
      bytesAllocatedSum += bytes;
      bytesAllocatedPeak = Math.max(bytesAllocatedPeak, bytesAllocated);
      addressSpaceUsed = addressSpace;
    }

    void deallocated(long bytes) {
      bytesAllocated -= bytes;
    }

    void reset() {
      bytesAllocated = 0;
      bytesAllocatedPeak = 0;
      bytesAllocatedSum = 0;
      addressSpaceUsed = 0;
    }
  }

  /** Where a free list leads. */
  private record Link(long header) {
    static final Link NONE = new Link(NIL);
  }

  /** What stands before a block. */
  private record Header(boolean occupied, int order, Link next) {
    static Header read(PlainMemory memory, long address) {
      long raw = memory.getLong((int) address);
      return (raw & OCCUPIED) != 0
          ? new Header(true, (int) raw, Link.NONE)
          : new Header(false, 0, new Link(raw & NIL));
    }

    void write(PlainMemory memory, long address) {
      memory.putLong((int) address, occupied ? OCCUPIED | order : next.header());
    }
  }

  PlainAllocator(PlainMemory memory, int heapBase) {
    this.memory = memory;
    this.heapBase = (heapBase + 7L) & ~7L;
    for (int value = 0; value < ORDERS; value++) {
      orders.add(new Order(value));
    }
    reset();
  }

  void reset() {
    orders.forEach(order -> order.freeList = Link.NONE);
    statistics.reset();
    bumper = heapBase;
    poisoned = false;
  }

  int allocate(int size) {
    if (poisoned) {
      throw new IllegalStateException("poisoned");
    }
    poisoned = true;
    long unsigned = Integer.toUnsignedLong(size);
    if (unsigned > MAX_BLOCK) {
      throw new IllegalArgumentException("too large");
    }
    Order order = orders.get(order(unsigned));
    long taken = order.blockSize() + 8;
    long header;
    if (order.freeList.header() != NIL) {
      header = order.freeList.header();
      if (header + taken > memory.size()) {
        throw new IllegalStateException("invalid link");
      }
      Header free = Header.read(memory, header);
      if (free.occupied()) {
        throw new IllegalStateException("occupied link");
      }
      order.freeList = free.next();
    } else {
      header = bumper;
      if (bumper + taken > memory.size()) {
        throw new IllegalStateException("out of space");
      }
      bumper += taken;
    }
    new Header(true, order.value, Link.NONE).write(memory, header);
    statistics.allocated(taken, bumper - heapBase);
    poisoned = false;
    return (int) (header + 8);
  }

  void deallocate(int pointer) {
    if (poisoned) {
      throw new IllegalStateException("poisoned");
    }
    poisoned = true;
    long header = Integer.toUnsignedLong(pointer) - 8;
    Header block = Header.read(memory, header);
    if (!block.occupied() || block.order() >= ORDERS) {
      throw new IllegalStateException("empty header");
    }
    Order order = orders.get(block.order());
    new Header(false, 0, order.freeList).write(memory, header);
    order.freeList = new Link(header);
    statistics.deallocated(order.blockSize() + 8);
    poisoned = false;
  }

  long peak() {
    return statistics.bytesAllocatedPeak
        + statistics.bytesAllocatedSum
        + statistics.addressSpaceUsed;
  }

  private static int order(long size) {
    long power = Long.highestOneBit(Math.max(size, 8));
    if (power < size) {
      power <<= 1;
    }
    return Long.numberOfTrailingZeros(power) - 3;
  }
}
