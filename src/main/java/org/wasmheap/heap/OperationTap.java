package org.wasmheap.heap;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
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

  /** What an observer is told. */
  private enum Fact {
    BEGAN,
    ALLOCATED,
    DEALLOCATED,
    FAILED,
    GROWN,
    ENDED
  }

  private final HookMark telling;
  private final long @Nullable [] ring;
  private final @Nullable HeapObserver observer;

  /** Operations since the call began; a call that wraps it is long past anybody's patience. */
  private int count;

  private OperationTap(HookMark telling, long @Nullable [] ring, @Nullable HeapObserver observer) {
    this.telling = telling;
    this.ring = ring;
    this.observer = observer;
  }

  /** The same as a tap, or nothing, with this observer. */
  static OperationTap observing(
      HookMark telling, @Nullable OperationTap before, HeapObserver observer) {
    return new OperationTap(telling, before == null ? null : before.ring, observer);
  }

  /** The same as a tap, or nothing, with a ring; that tap itself if it has one. */
  static OperationTap keeping(HookMark telling, @Nullable OperationTap before) {
    if (before != null && before.ring != null) {
      return before;
    }
    return new OperationTap(telling, new long[SIZE], before == null ? null : before.observer);
  }

  /** Forgets all without touching it: what a call reads in the ring, it has written itself. */
  void began() {
    count = 0;
    tell(Fact.BEGAN, 0, 0, null);
  }

  void allocated(int size, int pointer) {
    keep(size, pointer);
    tell(Fact.ALLOCATED, size, pointer, null);
  }

  void deallocated(int pointer) {
    keep(pointer, 0);
    tell(Fact.DEALLOCATED, pointer, 0, null);
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
    tell(Fact.FAILED, 0, 0, fault);
  }

  void grown(int fromPages, int toPages, GrowthPolicy.Cause cause) {
    tell(Fact.GROWN, fromPages, toPages, cause);
  }

  void ended() {
    tell(Fact.ENDED, 0, 0, null);
  }

  private void tell(Fact fact, int first, int second, @Nullable Object about) {
    HeapObserver hears = observer;
    if (hears == null) {
      return;
    }
    telling.set = true;
    try {
      switch (fact) {
        case BEGAN -> hears.began();
        case ALLOCATED -> hears.allocated(first, second);
        case DEALLOCATED -> hears.deallocated(first);
        case FAILED -> hears.failed((AllocatorException) Objects.requireNonNull(about, "fault"));
        case GROWN ->
            hears.grown(first, second, (GrowthPolicy.Cause) Objects.requireNonNull(about, "cause"));
        default -> hears.ended();
      }
    } catch (Throwable e) {
      HookFailures.suppress(telling, HOOK, e);
    } finally {
      telling.set = false;
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
