package org.wasmheap.pool;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.wasmheap.heap.GrowthPolicy;
import org.wasmheap.heap.HeapListener;
import org.wasmheap.heap.HeapView;
import org.wasmheap.heap.PoisonReport;
import org.wasmheap.text.EventRate;
import org.wasmheap.text.EventRates;

/**
 * Tells several listeners, and keeps the exceptions of each away from the others and from the calls
 * that they listen to. Listeners may come and go while heaps live.
 */
final class GuardedPoolListener implements PoolListener {
  private static final Logger LOG = LoggerFactory.getLogger(GuardedPoolListener.class);

  static {
    Hook.ensure(); // Loaded with the first pool, see FullJavaHeap.
  }

  /**
   * The listeners. The array is never changed once it is here; it is written in the monitor and
   * read by any thread that tells.
   */
  private volatile PoolListener[] delegates;

  /** The same, for the hooks of heaps. Written with it. */
  private volatile HeapListener heapHooks;

  /** See the heaps' guarded listener: enum constants and no lambdas. */
  private enum Hook {
    CALL_COMPLETED("callCompleted") {
      @Override
      void tell(PoolListener listener, Object fact) {
        listener.callCompleted((CallReport) fact);
      }
    },
    REPLACED("replaced") {
      @Override
      void tell(PoolListener listener, Object fact) {
        Replaced told = (Replaced) fact;
        listener.replaced(told.heap(), told.replacement());
      }
    },
    REJECTED("rejected") {
      @Override
      void tell(PoolListener listener, Object fact) {
        listener.rejected((Rejection) fact);
      }
    };

    private final String label;

    /** Loaded when this returns. */
    static void ensure() {}

    Hook(String label) {
      this.label = label;
    }

    abstract void tell(PoolListener listener, Object fact);
  }

  /** What is told of a replacement. */
  private record Replaced(HeapView heap, Replacement replacement) {}

  private GuardedPoolListener(List<PoolListener> delegates) {
    this.delegates = delegates.toArray(new PoolListener[0]);
    this.heapHooks = HeapListener.all(this.delegates);
  }

  /** A new one for all of them; no listener is guarded twice. */
  static GuardedPoolListener of(PoolListener... listeners) {
    List<PoolListener> flat = new ArrayList<>();
    for (PoolListener each : listeners) {
      flat.addAll(flattened(each));
    }
    return new GuardedPoolListener(flat);
  }

  /** The listeners that one stands for. */
  private static List<PoolListener> flattened(PoolListener listener) {
    if (Objects.requireNonNull(listener, "listener") instanceof GuardedPoolListener guarded) {
      return Arrays.asList(guarded.delegates);
    }
    return listener == NONE ? List.of() : List.of(listener);
  }

  synchronized void add(PoolListener listener) {
    List<PoolListener> all = new ArrayList<>(Arrays.asList(delegates));
    all.addAll(flattened(listener));
    become(all);
  }

  /** Takes out all that one stands for, each once; {@code false} if one of them is not there. */
  synchronized boolean remove(PoolListener listener) {
    List<PoolListener> all = new ArrayList<>(Arrays.asList(delegates));
    boolean removed = true;
    for (PoolListener each : flattened(listener)) {
      removed &= removeSame(all, each);
    }
    become(all);
    return removed;
  }

  @SuppressWarnings("ReferenceEquality") // That very listener, whatever its equals says.
  private static boolean removeSame(List<PoolListener> all, PoolListener listener) {
    for (int i = 0; i < all.size(); i++) {
      if (all.get(i) == listener) {
        all.remove(i);
        return true;
      }
    }
    return false;
  }

  private void become(List<PoolListener> all) {
    PoolListener[] next = all.toArray(new PoolListener[0]);
    heapHooks = HeapListener.all(next);
    delegates = next;
  }

  /** Whether nobody hears: then nothing that is only to be told need be made. */
  boolean isSilent() {
    return delegates.length == 0;
  }

  @Override
  public void created(HeapView heap) {
    heapHooks.created(heap);
  }

  @Override
  public void grown(HeapView heap, int fromPages, int toPages, GrowthPolicy.Cause cause) {
    heapHooks.grown(heap, fromPages, toPages, cause);
  }

  @Override
  public void poisoned(HeapView heap, PoisonReport report) {
    heapHooks.poisoned(heap, report);
  }

  @Override
  public void reset(HeapView heap, int blocksRestored) {
    heapHooks.reset(heap, blocksRestored);
  }

  @Override
  public void retired(HeapView heap) {
    heapHooks.retired(heap);
  }

  @Override
  public void callCompleted(CallReport report) {
    tell(Hook.CALL_COMPLETED, report.pool(), report);
  }

  @Override
  public void replaced(HeapView heap, Replacement replacement) {
    tell(Hook.REPLACED, heap.pool(), new Replaced(heap, replacement));
  }

  @Override
  public void rejected(Rejection rejection) {
    tell(Hook.REJECTED, rejection.pool(), rejection);
  }

  private void tell(Hook hook, String pool, Object fact) {
    for (PoolListener each : delegates) {
      try {
        hook.tell(each, fact);
      } catch (Throwable e) {
        suppress(hook, pool, e);
      }
    }
  }

  private static void suppress(Hook hook, String pool, Throwable thrown) {
    try {
      long leftOut = EventRates.of(pool).hook(hook.label).admit();
      if (leftOut == EventRate.LEFT_OUT) {
        return;
      }
      EventRate.withLeftOut(LOG.atWarn().addKeyValue("event", "hook.failed"), leftOut)
          .addKeyValue("hook", hook.label)
          .setCause(thrown)
          .log("A hook threw an exception, which changes nothing");
    } catch (Throwable unlogged) {
      // Where stack or memory ran out in the hook, they may run out here as well.
      return;
    }
  }
}
