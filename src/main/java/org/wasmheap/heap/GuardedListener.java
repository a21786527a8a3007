package org.wasmheap.heap;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.wasmheap.allocator.AllocatorException;

/**
 * Tells several listeners, and keeps the exceptions of each away from the others and from the calls
 * that they listen to.
 */
final class GuardedListener implements HeapListener {
  private static final Logger LOG = LoggerFactory.getLogger(HeapListener.class);
  private static final GuardedListener SILENT = new GuardedListener(List.of());

  private final HeapListener[] delegates;

  private GuardedListener(List<HeapListener> delegates) {
    this.delegates = delegates.toArray(new HeapListener[0]);
  }

  /** One for all; nobody is guarded twice. */
  static GuardedListener of(HeapListener... listeners) {
    List<HeapListener> flat = new ArrayList<>();
    for (HeapListener each : listeners) {
      if (each instanceof GuardedListener guarded) {
        flat.addAll(List.of(guarded.delegates));
      } else if (each != NONE) {
        flat.add(Objects.requireNonNull(each, "listener"));
      }
    }
    return flat.isEmpty() ? SILENT : new GuardedListener(flat);
  }

  /** Whether nobody hears: then nothing that is only to be told need be made. */
  boolean isSilent() {
    return delegates.length == 0;
  }

  // No lambdas, which would be garbage in each call. The heap's mark is a plain write, since a hook
  // may run where hardly any stack is left: a method call might fail and leave the mark set.

  @Override
  public void created(Heap heap) {
    heap.telling = true;
    for (HeapListener each : delegates) {
      try {
        each.created(heap);
      } catch (Throwable e) {
        suppress("created", e);
      }
    }
    heap.telling = false;
  }

  /** Not guarded: an exception is a refusal. */
  @Override
  public boolean mayGrow(Heap heap, int fromPages, int toPages, GrowthCause cause) {
    heap.telling = true;
    try {
      for (HeapListener each : delegates) {
        if (!each.mayGrow(heap, fromPages, toPages, cause)) {
          return false;
        }
      }
      return true;
    } finally {
      heap.telling = false;
    }
  }

  @Override
  public void grown(Heap heap, int fromPages, int toPages, GrowthCause cause) {
    heap.telling = true;
    for (HeapListener each : delegates) {
      try {
        each.grown(heap, fromPages, toPages, cause);
      } catch (Throwable e) {
        suppress("grown", e);
      }
    }
    heap.telling = false;
  }

  @Override
  public void poisoned(Heap heap, AllocatorException cause, PoisonReport report) {
    heap.telling = true;
    for (HeapListener each : delegates) {
      try {
        each.poisoned(heap, cause, report);
      } catch (Throwable e) {
        suppress("poisoned", e);
      }
    }
    heap.telling = false;
  }

  @Override
  public void reset(Heap heap, int blocksRestored) {
    heap.telling = true;
    for (HeapListener each : delegates) {
      try {
        each.reset(heap, blocksRestored);
      } catch (Throwable e) {
        suppress("reset", e);
      }
    }
    heap.telling = false;
  }

  @Override
  public void retired(Heap heap) {
    heap.telling = true;
    for (HeapListener each : delegates) {
      try {
        each.retired(heap);
      } catch (Throwable e) {
        suppress("retired", e);
      }
    }
    heap.telling = false;
  }

  @Override
  public void callCompleted(CallReport report) {
    for (HeapListener each : delegates) {
      try {
        each.callCompleted(report);
      } catch (Throwable e) {
        suppress("callCompleted", e);
      }
    }
  }

  @Override
  public void replaced(Heap heap, Replacement replacement) {
    heap.telling = true;
    for (HeapListener each : delegates) {
      try {
        each.replaced(heap, replacement);
      } catch (Throwable e) {
        suppress("replaced", e);
      }
    }
    heap.telling = false;
  }

  @Override
  public void rejected(Rejection rejection) {
    for (HeapListener each : delegates) {
      try {
        each.rejected(rejection);
      } catch (Throwable e) {
        suppress("rejected", e);
      }
    }
  }

  static void suppress(String hook, Throwable e) {
    try {
      LOG.atWarn().addKeyValue("hook", hook).setCause(e).log("hook.failed");
    } catch (Throwable unlogged) {
      // Where stack or memory ran out in the hook, they may run out here as well.
      return;
    }
  }
}
