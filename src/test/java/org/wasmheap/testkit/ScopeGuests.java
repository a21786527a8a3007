package org.wasmheap.testkit;

import org.wasmheap.allocator.BlockLimit;
import org.wasmheap.guest.CallScope;
import org.wasmheap.guest.GuestFactory;
import org.wasmheap.memory.FlatMemory;
import org.wasmheap.memory.LinearMemory;
import org.wasmheap.memory.MemoryImage;

/** Guests without code, whose calls see what host functions see: the scope of the call. */
public final class ScopeGuests {
  private ScopeGuests() {}

  /** Guests with so many pages, which cannot grow, and a heap from 1024 up. */
  public static GuestFactory<CallScope> withPages(int pages) {
    return withPages(pages, pages);
  }

  /** Guests with so many pages, of which next to nothing takes real memory until it is written. */
  public static GuestFactory<CallScope> withUntouchedPages(int pages) {
    MemoryImage image = new FlatMemory(pages, pages).capture(LinearMemory.PAGE_SIZE);
    return () -> new ScopeInstance(new FlatMemory(image));
  }

  /** Guests with so many pages, which can grow, and a heap from 1024 up. */
  public static GuestFactory<CallScope> withPages(int pages, int maximum) {
    MemoryImage image =
        new FlatMemory(pages, maximum).capture((long) pages * LinearMemory.PAGE_SIZE);
    return () -> new ScopeInstance(new FlatMemory(image));
  }

  private record ScopeInstance(LinearMemory memory) implements GuestFactory.Instance<CallScope> {
    @Override
    public int heapBase() {
      return 1024;
    }

    @Override
    public BlockLimit blockLimit() {
      return BlockLimit.ON_CHAIN;
    }

    @Override
    public CallScope open(CallScope scope) {
      return scope;
    }

    @Override
    public void close() {}
  }
}
