package org.wasmheap.heap;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.wasmheap.allocator.AllocatorException;

/**
 * What hears of each operation of a heap: a ring of the last ones, for the report on a poison, if
 * they are kept; and an observer, if there is one, whose exceptions are kept away from the call.
 * Used by the heap's owner alone; a heap that nobody listens to has none.
 *
 * <p>An operation in the ring is one store: operand in the high half, result in the low one. No
 * pointer is 0, so a result of 0 tells a free.
 */
final class OperationTap {
  /** A power of two. */
  static final int SIZE = 64;

  private static final String HOOK = "observer";

  private final long @Nullable [] ring;
  private final @Nullable HeapObserver observer;

  /** Operations since the call began; a call that wraps it is long past anybody's patience. */
  private int count;

  private OperationTap(long @Nullable [] ring, @Nullable HeapObserver observer) {
    this.ring = ring;
    this.observer = observer;
  }

  /** The same as a tap, or nothing, with this observer. */
  static OperationTap observing(@Nullable OperationTap before, HeapObserver observer) {
    return new OperationTap(before == null ? null : before.ring, observer);
  }

  /** The same as a tap, or nothing, with a ring; that tap itself if it has one. */
  static OperationTap keeping(@Nullable OperationTap before) {
    if (before != null && before.ring != null) {
      return before;
    }
    return new OperationTap(new long[SIZE], before == null ? null : before.observer);
  }

  /** Forgets all without touching it: what a call reads in the ring, it has written itself. */
  void began() {
    count = 0;
    if (observer != null) {
      try {
        observer.began();
      } catch (Throwable e) {
        HookFailures.suppress(HOOK, e);
      }
    }
  }

  void allocated(int size, int pointer) {
    keep(size, pointer);
    if (observer != null) {
      try {
        observer.allocated(size, pointer);
      } catch (Throwable e) {
        HookFailures.suppress(HOOK, e);
      }
    }
  }

  void deallocated(int pointer) {
    keep(pointer, 0);
    if (observer != null) {
      try {
        observer.deallocated(pointer);
      } catch (Throwable e) {
        HookFailures.suppress(HOOK, e);
      }
    }
  }

  private void keep(int operand, int result) {
    long[] entries = ring;
    if (entries != null) {
      int at = count;
      count = at + 1;
      // In this form the compiler needs no bounds check.
      entries[at & entries.length - 1] =
          (long) operand << Integer.SIZE | Integer.toUnsignedLong(result);
    }
  }

  void failed(AllocatorException fault) {
    if (observer != null) {
      try {
        observer.failed(fault);
      } catch (Throwable e) {
        HookFailures.suppress(HOOK, e);
      }
    }
  }

  void grown(int fromPages, int toPages, GrowthPolicy.Cause cause) {
    if (observer != null) {
      try {
        observer.grown(fromPages, toPages, cause);
      } catch (Throwable e) {
        HookFailures.suppress(HOOK, e);
      }
    }
  }

  void ended() {
    if (observer != null) {
      try {
        observer.ended();
      } catch (Throwable e) {
        HookFailures.suppress(HOOK, e);
      }
    }
  }

  /** The operations that are still held, the oldest first. */
  List<PoisonReport.Operation> operations() {
    long[] entries = ring;
    if (entries == null) {
      return List.of();
    }
    List<PoisonReport.Operation> operations = new ArrayList<>(SIZE);
    for (int i = Math.max(0, count - SIZE); i < count; i++) {
      long entry = entries[i & SIZE - 1];
      operations.add(new PoisonReport.Operation(entry >>> Integer.SIZE, entry & 0xFFFF_FFFFL));
    }
    return List.copyOf(operations);
  }
}
