package org.wasmheap.heap;

import java.util.concurrent.TimeUnit;
import org.wasmheap.allocator.AllocatorException;
import org.wasmheap.allocator.AllocatorFault;
import org.wasmheap.allocator.BlockLimit;
import org.wasmheap.allocator.FreeingBumpAllocator;
import org.wasmheap.memory.FlatMemory;
import org.wasmheap.memory.MemoryImage;
import org.wasmheap.memory.WasmHeapException;

/**
 * Brings about each failure of a heap once: see {@link Heap#preload}. Nothing is logged as if it
 * had happened.
 */
final class HeapPreloader {
  private static final int HEAP_BASE = 1024;

  // What the policy makes of a growth to so many pages.
  private static final int REFUSED_PAGES = 3;
  private static final int FAILING_PAGES = 4;

  private static final int GROWN_PAGES = 2;
  private static final int BLOCK_BYTES = 100;

  static {
    try {
      new HeapPreloader().preload();
    } catch (Throwable e) {
      HookFailures.suppress("preload", e); // No memory even now: heaps work all the same.
    }
  }

  private final HeapView view;
  private final HeapOperations operations;

  private AllocatorFault last = AllocatorFault.POISONED;
  private int ways;

  /** A call that fails. */
  @FunctionalInterface
  private interface Way {
    void go(HeapHandle handle);
  }

  /** Says that nothing has happened, without a trace that would look as if. */
  private static final class NothingHappened extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NothingHappened() {
      super(
          "nothing has failed: each failure was brought about once, before any guest",
          null,
          false,
          false);
    }
  }

  /** Hears of everything and does nothing. */
  private static final class Silent implements HeapListener, HeapObserver {
    @Override
    public void began() {}

    @Override
    public void allocated(int size, int pointer) {}

    @Override
    public void deallocated(int pointer) {}

    @Override
    public void failed(AllocatorException fault) {}

    @Override
    public void grown(int fromPages, int toPages, GrowthPolicy.Cause cause) {}

    @Override
    public void ended() {}
  }

  private HeapPreloader() {
    MemoryImage image = new FlatMemory(1, FlatMemory.ADDRESSABLE_PAGES + 1).capture(0);
    this.view = new HeapView("preload", "preload/1", new FlatMemory(image));
    this.operations =
        new HeapOperations(
            view,
            HEAP_BASE,
            BlockLimit.ON_CHAIN,
            HeapPreloader::allows,
            HeapListener.all(new Silent()),
            new HeapEvents(view, true));
  }

  /** Done when this returns, once in a JVM: with the class. */
  static void ensure() {}

  private static boolean allows(String heap, int fromPages, int toPages, GrowthPolicy.Cause cause) {
    if (toPages == FAILING_PAGES) {
      throw new IllegalStateException("a policy fails");
    }
    return toPages != REFUSED_PAGES;
  }

  private void preload() {
    long began = System.nanoTime();
    view.take();
    view.observe(new Silent());
    view.keepOperations();
    go(handle -> handle.malloc(-1));
    go(handle -> handle.free(1));
    go(handle -> handle.free(-1));
    go(HeapPreloader::freeTwice);
    go(handle -> overwrite(handle, -1));
    go(handle -> overwrite(handle, 0));
    go(this::leadOutside);
    go(this::leadToOccupied);
    go(handle -> handle.growMemory(GROWN_PAGES - 1));
    go(handle -> handle.growMemory(REFUSED_PAGES - 1));
    go(handle -> handle.growMemory(FAILING_PAGES - 1));
    go(handle -> handle.growMemory(FlatMemory.ADDRESSABLE_PAGES));
    go(handle -> handle.growMemory(-1));
    go(handle -> handle.malloc(FlatMemory.BLOCK_SIZE << 4));
    go(handle -> handle.read(-1, 2));
    go(handle -> handle.write(-1, new byte[2]));
    go(handle -> handle.fail(new IllegalStateException("a guest fails")));
    HeapHandle dead = begin();
    end();
    go(handle -> dead.check());
    go(this::tellAndCheck);
    long micros = TimeUnit.NANOSECONDS.toMicros(System.nanoTime() - began);
    HookFailures.logPreloaded(ways, micros, last, new NothingHappened());
  }

  private void go(Way way) {
    ways++;
    HeapHandle handle = begin();
    try {
      way.go(handle);
    } catch (AllocatorException e) {
      last = e.fault();
    } catch (WasmHeapException | IllegalStateException e) {
      // As it should be. Whoever catches it asks for these.
      ways += String.valueOf(e.getMessage()).isEmpty() ? 1 : 0;
    }
    PoisonReport report = operations.poisonReport();
    ways += report != null && report.toString().isEmpty() ? 1 : 0;
    end();
  }

  private HeapHandle begin() {
    operations.begin(HeapOperations::never);
    long generation = view.nextGeneration(0, "preload");
    HeapHandle handle = new HeapHandle(view, operations, Thread.currentThread(), generation);
    view.allow(handle);
    return handle;
  }

  private void end() {
    view.allow(null);
    operations.reset();
    view.memory().restore();
    view.become(HeapView.State.READY);
  }

  private static void freeTwice(HeapHandle handle) {
    int pointer = handle.malloc(BLOCK_BYTES);
    handle.free(pointer);
    handle.free(pointer);
  }

  /** Writes a header anew and gives the block back: the audit finds something, too. */
  private void overwrite(HeapHandle handle, long header) {
    int pointer = handle.malloc(BLOCK_BYTES);
    handle.malloc(BLOCK_BYTES);
    view.memory().writeLong(pointer - FreeingBumpAllocator.HEADER_BYTES, header);
    handle.free(pointer);
  }

  /** Two blocks are free; the link of the one at the head leads out of the memory. */
  private void leadOutside(HeapHandle handle) {
    int head = freeTwoBlocks(handle);
    view.memory().writeLong(head - FreeingBumpAllocator.HEADER_BYTES, 0xFFFF_0000L);
    handle.malloc(BLOCK_BYTES);
    handle.malloc(BLOCK_BYTES);
  }

  /** The same, and it leads to a block that is in use. */
  private void leadToOccupied(HeapHandle handle) {
    int used = handle.malloc(BLOCK_BYTES);
    int head = freeTwoBlocks(handle);
    int target = used - FreeingBumpAllocator.HEADER_BYTES;
    view.memory().writeLong(head - FreeingBumpAllocator.HEADER_BYTES, target);
    handle.malloc(BLOCK_BYTES);
    handle.malloc(BLOCK_BYTES);
  }

  private static int freeTwoBlocks(HeapHandle handle) {
    int first = handle.malloc(BLOCK_BYTES);
    int second = handle.malloc(BLOCK_BYTES);
    handle.free(first);
    handle.free(second);
    return second;
  }

  private void tellAndCheck(HeapHandle handle) {
    view.telling.set = true;
    try {
      handle.check();
    } finally {
      view.telling.set = false;
    }
  }
}
