package org.wasmheap.runtime;

import java.util.Locale;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.wasmheap.endive.EndiveModule.MemorySize;
import org.wasmheap.endive.EndiveModule.MemorySizing;
import org.wasmheap.memory.LinearMemory;

/**
 * How large a runtime's memory is, which is part of what two nodes must agree on: the guest's
 * {@code memory.size} shows it, and the allocator fails or not by it.
 *
 * <p>Source: the heap allocation strategies of the Polkadot SDK's executor. As there, the strategy
 * overwrites a maximum that the module itself declares.
 *
 * @param kind static or dynamic
 * @param pages static: pages added to the module's initial ones; dynamic: the maximum
 */
public record HeapStrategy(Kind kind, int pages) implements MemorySizing {
  /** Heap pages of on-chain calls where the chain does not set its own: 2,048, which is 128 MiB. */
  public static final int DEFAULT_HEAP_PAGES = 2048;

  /** The two strategies. */
  public enum Kind {
    /** Full size from the first instruction, and no growth. */
    STATIC,
    /** The module's initial size, and growth by doubling. */
    DYNAMIC;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * Checks the pages.
   *
   * @param kind static or dynamic
   * @param pages heap pages, or the maximum
   * @throws IllegalArgumentException if they are out of range
   */
  public HeapStrategy {
    if (pages < 0 || pages > LinearMemory.MAX_PAGES) {
      throw new IllegalArgumentException(
          "pages is " + pages + ", must be 0 to " + LinearMemory.MAX_PAGES);
    }
  }

  /**
   * The strategy of on-chain calls.
   *
   * @param heapPages pages added to the module's initial ones, 0 to 65,536 less those
   * @return the strategy
   */
  public static HeapStrategy ofStatic(int heapPages) {
    return new HeapStrategy(Kind.STATIC, heapPages);
  }

  /**
   * The strategy of on-chain calls, with the pages that a chain sets.
   *
   * @param heapPages what a state has under {@code :heappages}, a u64; a value that is absent or
   *     too short is none, for a node, too
   * @return {@link #DEFAULT_HEAP_PAGES} without a value
   * @throws IllegalArgumentException if it is more than a memory can have
   */
  public static HeapStrategy ofStored(byte @Nullable [] heapPages) {
    OptionalLong pages = RuntimeCode.heapPages(heapPages);
    long number = pages.orElse(DEFAULT_HEAP_PAGES);
    if (number < 0 || number > LinearMemory.MAX_PAGES) {
      throw new IllegalArgumentException(
          "the state's :heappages is "
              + Long.toUnsignedString(number)
              + ", more than a memory has");
    }
    return ofStatic((int) number);
  }

  /**
   * Growth up to a maximum.
   *
   * @param maximumPages the maximum, 65,536 for none
   * @return the strategy
   */
  public static HeapStrategy ofDynamic(int maximumPages) {
    return new HeapStrategy(Kind.DYNAMIC, maximumPages);
  }

  /**
   * {@inheritDoc}
   *
   * @param maximumPages of no effect: what a module declares is overwritten
   * @throws IllegalArgumentException if the strategy does not fit the module
   */
  @Override
  public MemorySize size(int initialPages, int maximumPages) {
    if (kind == Kind.DYNAMIC) {
      if (pages < initialPages) {
        throw new IllegalArgumentException(
            "a maximum of " + pages + " pages is below the module's initial " + initialPages);
      }
      return new MemorySize(initialPages, pages);
    }
    int total = initialPages + pages;
    if (total > LinearMemory.MAX_PAGES) {
      throw new IllegalArgumentException(
          pages
              + " heap pages and the module's initial "
              + initialPages
              + " are more than "
              + LinearMemory.MAX_PAGES);
    }
    return new MemorySize(total, total);
  }
}
