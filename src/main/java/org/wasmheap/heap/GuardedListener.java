package org.wasmheap.heap;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.wasmheap.text.Printable;

/**
 * Tells several listeners, and keeps the exceptions of each away from the others and from the calls
 * that they listen to.
 */
final class GuardedListener implements HeapListener {
  /** For hooks that are told of the heap alone. */
  private static final Object NO_FACT = new Object();

  private static final GuardedListener SILENT = new GuardedListener(List.of());

  static {
    // What a hook that fails needs is loaded with the first heap, while there is memory.
    HookFailures.ensure();
    Printable.ensure();
    Hook.ensure();
  }

  private final HeapListener[] delegates;

  /**
   * The hooks, each with the way to tell one listener. Enum constants and no lambdas, since a
   * lambda that is first linked when memory is short never works again.
   */
  private enum Hook {
    CREATED {
      @Override
      void tell(HeapListener listener, HeapView heap, Object fact, long figures) {
        listener.created(heap);
      }
    },
    GROWN {
      @Override
      void tell(HeapListener listener, HeapView heap, Object fact, long figures) {
        GrowthPolicy.Cause cause = (GrowthPolicy.Cause) fact;
        listener.grown(heap, (int) (figures >>> Integer.SIZE), (int) figures, cause);
      }
    },
    POISONED {
      @Override
      void tell(HeapListener listener, HeapView heap, Object fact, long figures) {
        listener.poisoned(heap, (PoisonReport) fact);
      }
    },
    RESET {
      @Override
      void tell(HeapListener listener, HeapView heap, Object fact, long figures) {
        listener.reset(heap, (int) figures);
      }
    },
    RETIRED {
      @Override
      void tell(HeapListener listener, HeapView heap, Object fact, long figures) {
        listener.retired(heap);
      }
    };

    /** Loaded when this returns. */
    static void ensure() {}

    private final String label = name().toLowerCase(Locale.ROOT);

    abstract void tell(HeapListener listener, HeapView heap, Object fact, long figures);
  }

  private GuardedListener(List<HeapListener> delegates) {
    this.delegates = delegates.toArray(new HeapListener[0]);
  }

  /** One for all; no listener is guarded twice. */
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

  @Override
  public void created(HeapView heap) {
    tell(Hook.CREATED, heap, NO_FACT, 0);
  }

  @Override
  public void grown(HeapView heap, int fromPages, int toPages, GrowthPolicy.Cause cause) {
    tell(Hook.GROWN, heap, cause, (long) fromPages << Integer.SIZE | toPages);
  }

  @Override
  public void poisoned(HeapView heap, PoisonReport report) {
    tell(Hook.POISONED, heap, report, 0);
  }

  @Override
  public void reset(HeapView heap, int blocksRestored) {
    tell(Hook.RESET, heap, NO_FACT, blocksRestored);
  }

  @Override
  public void retired(HeapView heap) {
    tell(Hook.RETIRED, heap, NO_FACT, 0);
  }

  /** Allocates nothing: it is on the way of every call. */
  private void tell(Hook hook, HeapView heap, Object fact, long figures) {
    if (delegates.length == 0) {
      return;
    }
    heap.telling.set = true;
    try {
      for (HeapListener each : delegates) {
        try {
          hook.tell(each, heap, fact, figures);
        } catch (Throwable e) {
          HookFailures.suppress(heap.telling, hook.label, e);
        }
      }
    } finally {
      heap.telling.set = false;
    }
  }
}
