package org.wasmheap.bench;

import java.util.Arrays;

/**
 * What the allocator is measured against: a straightforward port, with headers and links as objects
 * and the memory behind an interface, as a JVM node has it today.
 */
final class PlainAllocator {
  private static final int ORDERS = 23;
  private static final long MAX_BLOCK = 32L << 20;
  private static final long OCCUPIED = 1L << 32;
  private static final long NIL = 0xFFFF_FFFFL;

  private final PlainMemory memory;
  private final long heapBase;
  private final Link[] freeLists = new Link[ORDERS];
  private long bumper;
  private long bytesAllocated;
  private long bytesAllocatedPeak;
  private long bytesAllocatedSum;
  private boolean poisoned;

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
    reset();
  }

  void reset() {
    Arrays.fill(freeLists, Link.NONE);
    bumper = heapBase;
    bytesAllocated = 0;
    bytesAllocatedPeak = 0;
    bytesAllocatedSum = 0;
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
    int order = order(unsigned);
    long block = 8L << order;
    Link link = freeLists[order];
    long header;
    if (link.header() != NIL) {
      header = link.header();
      if (header + block + 8 > memory.size()) {
        throw new IllegalStateException("invalid link");
      }
      Header free = Header.read(memory, header);
      if (free.occupied()) {
        throw new IllegalStateException("occupied link");
      }
      freeLists[order] = free.next();
    } else {
      header = bumper;
      if (bumper + block + 8 > memory.size()) {
        throw new IllegalStateException("out of space");
      }
      bumper += block + 8;
    }
    new Header(true, order, Link.NONE).write(memory, header);
    bytesAllocated += block + 8;
    bytesAllocatedSum += block + 8;
    bytesAllocatedPeak = Math.max(bytesAllocatedPeak, bytesAllocated);
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
    new Header(false, 0, freeLists[block.order()]).write(memory, header);
    freeLists[block.order()] = new Link(header);
    bytesAllocated -= (8L << block.order()) + 8;
    poisoned = false;
  }

  long peak() {
    return bytesAllocatedPeak + bytesAllocatedSum;
  }

  private static int order(long size) {
    long power = Long.highestOneBit(Math.max(size, 8));
    if (power < size) {
      power <<= 1;
    }
    return Long.numberOfTrailingZeros(power) - 3;
  }
}
