package org.wasmheap.observe;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * What all things of one name did, one after the other or at once: sums that never become smaller,
 * also when a thing goes and another comes that begins at zero. Keeps no thing from being
 * collected; what one had done when it was last asked stays in the sums.
 *
 * <p>Any thread.
 *
 * @param <T> what is watched
 */
final class Totals<T> {
  private final Function<? super T, double[]> figures;

  // All below: guarded by the monitor.

  /** What things did that are no more. */
  private final double[] gone;

  /** In the order in which they came. */
  private final List<Source<T>> sources = new ArrayList<>();

  /** A thing and the most that it was seen to have done. */
  private static final class Source<T> {
    private final WeakReference<T> thing;
    private final double[] seen;

    /** By how many it is watched. */
    private int watched;

    Source(T thing, int figures) {
      this.thing = new WeakReference<>(thing);
      this.seen = new double[figures];
    }

    void look(Function<? super T, double[]> figures) {
      T living = thing.get();
      if (living != null && watched > 0) {
        double[] now = figures.apply(living);
        for (int i = 0; i < seen.length; i++) {
          seen[i] = Math.max(seen[i], now[i]);
        }
      }
    }
  }

  /**
   * Sums of nothing yet.
   *
   * @param count how many figures there are
   * @param figures what a thing has done so far; each figure only ever grows
   */
  Totals(int count, Function<? super T, double[]> figures) {
    this.gone = new double[count];
    this.figures = figures;
  }

  /** A thing is watched from here on; all that it has ever done counts, and counts once. */
  synchronized void add(T thing) {
    fold();
    Source<T> source = sourceOf(thing);
    if (source == null) {
      source = new Source<>(thing, gone.length);
    }
    sources.remove(source);
    sources.add(source); // The newest.
    source.watched++;
  }

  /** A thing is watched no more: what it has done stays, and what it does is not seen. */
  synchronized void remove(T thing) {
    Source<T> source = sourceOf(thing);
    if (source != null) {
      source.look(figures);
      source.watched--;
    }
  }

  @SuppressWarnings("ReferenceEquality") // That very thing.
  private @Nullable Source<T> sourceOf(T thing) {
    for (Source<T> each : sources) {
      if (each.thing.get() == thing) {
        return each;
      }
    }
    return null;
  }

  /** A figure, summed over all things. */
  synchronized double sum(int figure) {
    fold();
    double sum = gone[figure];
    for (Source<T> each : sources) {
      each.look(figures);
      sum += each.seen[figure];
    }
    return sum;
  }

  /** Things that were collected need no place of their own. */
  private void fold() {
    for (Iterator<Source<T>> all = sources.iterator(); all.hasNext(); ) {
      Source<T> each = all.next();
      if (each.thing.get() == null) {
        for (int i = 0; i < gone.length; i++) {
          gone[i] += each.seen[i];
        }
        all.remove();
      }
    }
  }

  /** Something about the newest thing that is watched; not a number if there is none. */
  double ofNewest(ToDoubleFunction<? super T> what) {
    T newest = newest();
    return newest == null ? Double.NaN : what.applyAsDouble(newest);
  }

  private synchronized @Nullable T newest() {
    for (int i = sources.size() - 1; i >= 0; i--) {
      Source<T> each = sources.get(i);
      T living = each.thing.get();
      if (living != null && each.watched > 0) {
        return living;
      }
    }
    return null;
  }

  /** Whether anything is watched that is still there. */
  boolean isWatched() {
    return newest() != null;
  }
}
