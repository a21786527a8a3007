package org.wasmheap.pool;

import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.heap.HeapListener;
import org.wasmheap.heap.HeapView;
import org.wasmheap.pool.CallOptions.CallClass;
import org.wasmheap.text.Printable;

/**
 * Hooks into the life of a pool: those of its heaps, and those of calls, replacements and
 * rejections. Every method does nothing unless overridden, and what {@link HeapListener} says of
 * hooks holds for these, too.
 *
 * <p>Heaps of workers tell on the worker's thread. Those for calls made inside calls are made on a
 * thread of their own, called {@code <pool>-nested}, and tell on the thread of the call that uses
 * them; one that is idle is retired on that thread of their own, or on the one that shuts down.
 */
public interface PoolListener extends HeapListener {
  /** Hears nothing. For it alone no {@link CallReport} is made. */
  PoolListener NONE = new PoolListener() {};

  /** Why an instance was discarded. */
  enum Reason {
    /** Its last call failed; {@link Replacement#failure} says how. */
    FAILED,
    /** It could not be put back after a call that ended well. */
    RESET_FAILED,
    /** It was put back and then was not equal to the image: a bug. */
    RESET_INCOMPLETE,
    /** Its thread came back too late from a call, and had been given up. */
    ABANDONED,
    /** The executor itself failed at a call, for want of memory, say. */
    BROKEN,
    /** Its slot was closed. */
    CLOSED;

    private final String label = name().toLowerCase(Locale.ROOT);

    /**
     * The name for logs, metrics and JSON.
     *
     * @return lower case with underscores
     */
    public String label() {
      return label;
    }
  }

  /**
   * A heap took the place of one that was discarded.
   *
   * @param pool name of the pool
   * @param heap name of the new heap
   * @param replaced name of the heap that was discarded
   * @param reason why it was discarded
   * @param failure how its last call failed; {@code null} unless that is the reason
   * @param nanos from the moment when the old one was discarded until the new one was ready, its
   *     factory's failures and the pauses after them included
   */
  record Replacement(
      String pool,
      String heap,
      String replaced,
      Reason reason,
      @Nullable FailureKind failure,
      long nanos) {

    /**
     * The reason for logs and metrics.
     *
     * @return the label of the failure, or else of the reason
     */
    public String label() {
      return failure == null ? reason.label() : failure.label();
    }

    @Override
    public String toString() {
      return "Replacement["
          + ("pool=" + Printable.name(pool) + ", heap=" + Printable.name(heap))
          + (", replaced=" + Printable.name(replaced) + ", reason=" + reason)
          + (", failure=" + failure + ", nanos=" + nanos + "]");
    }
  }

  /**
   * A call found no room in the queue.
   *
   * @param pool name of the pool
   * @param call number of the call, unique in its executor
   * @param name name of the call, for people
   * @param callClass the class whose places are taken
   * @param waiting calls of this class that wait
   * @param running calls of all classes that run
   * @param longestWaitNanos how long the oldest of the class has waited
   */
  record Rejection(
      String pool,
      long call,
      String name,
      CallClass callClass,
      int waiting,
      int running,
      long longestWaitNanos) {
    @Override
    public String toString() {
      return "Rejection["
          + ("pool=" + Printable.name(pool) + ", call=" + call + ", name=" + Printable.name(name))
          + (", callClass=" + callClass + ", waiting=" + waiting + ", running=" + running)
          + (", longestWaitNanos=" + longestWaitNanos + "]");
    }
  }

  /**
   * One listener for several. Each hears of everything, in the order given; what one throws keeps
   * no other from hearing.
   *
   * @param listeners all of them; there may be none
   * @return a listener that tells them all
   */
  static PoolListener all(PoolListener... listeners) {
    return GuardedPoolListener.of(listeners);
  }

  /**
   * A call that ran on a heap is over, the heap is put back or retired, and the future of the call
   * is about to complete. On the thread of the call.
   *
   * @param report what the call was and took
   */
  default void callCompleted(CallReport report) {}

  /**
   * A heap has taken the place of one that was discarded. On the thread that owns the new one,
   * after {@link #created}, before its first call.
   *
   * @param heap the new heap, ready for calls
   * @param replacement which it replaces, why, and how long that took
   */
  default void replaced(HeapView heap, Replacement replacement) {}

  /**
   * A call found no room in the queue, and its future has failed. On the thread that submitted it,
   * inside {@code submit}. Told of every such call, so possibly often.
   *
   * @param rejection which call, and what was in its way
   */
  default void rejected(Rejection rejection) {}
}
