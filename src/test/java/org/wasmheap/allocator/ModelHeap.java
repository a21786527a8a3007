package org.wasmheap.allocator;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What an allocator must do for a guest that keeps to its own blocks, from the rules alone: maps
 * and stacks, no header bytes, no memory.
 */
final class ModelHeap {
  private static final long PAGE = 65_536;
  private static final long HEADER = 8;

  private final long heapBase;
  private final long limit;
  private final long maximumPages;

  /** Room of each live block, by pointer. */
  private final TreeMap<Long, Long> live = new TreeMap<>();

  /** Freed pointers by room, last freed first. */
  private final Map<Long, Deque<Long>> freed = new HashMap<>();

  private long pages;
  private long next;
  private long inUse;
  private long peak;
  private long sum;
  private long allocations;
  private long deallocations;
  private AllocatorFault fault;

  ModelHeap(long heapBase, long limit, int pages, int maximumPages) {
    this.heapBase = (heapBase + 7) / 8 * 8;
    this.limit = limit;
    this.pages = pages;
    this.maximumPages = maximumPages;
    this.next = this.heapBase;
  }

  /** The pointer, or -1 with {@link #fault()} set. */
  long allocate(long size) {
    if (refusedAsPoisoned()) {
      return -1;
    }
    if (size > limit) {
      return fail(AllocatorFault.REQUEST_TOO_LARGE);
    }
    long room = 8;
    while (room < size) {
      room *= 2;
    }
    Deque<Long> reusable = freed.getOrDefault(room, new ArrayDeque<>());
    long pointer;
    if (!reusable.isEmpty()) {
      pointer = reusable.pop();
    } else {
      long end = next + HEADER + room;
      if (!makeRoom(end)) {
        return fail(AllocatorFault.OUT_OF_SPACE);
      }
      if (end >= 1L << 32) {
        return fail(AllocatorFault.ADDRESS_OVERFLOW);
      }
      pointer = next + HEADER;
      next = end;
    }
    live.put(pointer, room);
    inUse += HEADER + room;
    sum += HEADER + room;
    peak = Math.max(peak, inUse);
    allocations++;
    return pointer;
  }

  /** Whether it succeeds; {@link #fault()} is set if not. */
  boolean free(long pointer) {
    if (refusedAsPoisoned()) {
      return false;
    }
    Long room = live.remove(pointer);
    if (room == null) {
      fail(AllocatorFault.EMPTY_HEADER);
      return false;
    }
    freed.computeIfAbsent(room, unused -> new ArrayDeque<>()).push(pointer);
    inUse -= HEADER + room;
    deallocations++;
    return true;
  }

  /** The guest grows its memory. */
  boolean grow(int delta) {
    if (pages + delta > maximumPages) {
      return false;
    }
    pages += delta;
    return true;
  }

  private boolean makeRoom(long end) {
    if (end <= pages * PAGE) {
      return true;
    }
    long required = (end + PAGE - 1) / PAGE;
    if (pages >= maximumPages || required > maximumPages) {
      return false;
    }
    long doubled = Math.min(2 * pages, maximumPages);
    pages = Math.max(doubled, required);
    return true;
  }

  private boolean refusedAsPoisoned() {
    if (fault != null) {
      fault = AllocatorFault.POISONED;
      return true;
    }
    return false;
  }

  private long fail(AllocatorFault cause) {
    fault = cause;
    return -1;
  }

  /** Why the last operation failed, or null if none did. */
  AllocatorFault fault() {
    return fault;
  }

  long pages() {
    return pages;
  }

  /** The live pointers in address order. */
  List<Long> pointers() {
    return new ArrayList<>(live.keySet());
  }

  long roomAt(long pointer) {
    return live.get(pointer);
  }

  /** Pointers that were freed and not handed out again. */
  List<Long> freedPointers() {
    return freed.values().stream().flatMap(Deque::stream).sorted().toList();
  }

  AllocatorStatistics statistics() {
    return new AllocatorStatistics(
        inUse, peak, sum, next - heapBase, next, next, allocations, deallocations);
  }
}
