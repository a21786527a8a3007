package org.wasmheap.pool;

import org.jspecify.annotations.Nullable;

/**
 * The calls of one class that wait: which came first, and which is due first.
 *
 * <p>Calls mostly come in the order in which they are due, as they have the same time. Those that
 * do stand in a list of their own, which both questions are answered by: such a call comes and goes
 * at the cost of a list. The others stand in a second list in the order in which they came, and in
 * a heap by the time when they are due. So no question and no change walks over the calls.
 *
 * <p>Guarded by the queue's lock.
 */
final class ClassQueue<G> {
  private final int capacity;

  /** Each is due no earlier than those before it. */
  private final CallList<G> inOrder = new CallList<>();

  private final CallList<G> others = new CallList<>();

  /** The same calls as the others, or none once they {@linkplain #forgetDue were forgotten}. */
  private final DueHeap<CallTask<G, ?>> dueOthers = new DueHeap<>();

  /**
   * Empty.
   *
   * @param capacity how many calls may wait
   */
  ClassQueue(int capacity) {
    this.capacity = capacity;
  }

  int size() {
    return inOrder.size() + others.size();
  }

  boolean hasRoom() {
    return size() < capacity;
  }

  /** Takes a call in, which must stand in no list. If that fails, nothing has changed. */
  void add(CallTask<G, ?> task) {
    CallTask<G, ?> last = inOrder.last();
    if (last == null || task.wakeNanos() - last.wakeNanos() >= 0) {
      inOrder.add(task);
    } else {
      dueOthers.reserve();
      others.add(task);
      dueOthers.add(task);
    }
  }

  /** Lets a call out; {@code false} if it does not wait here. */
  boolean remove(CallTask<G, ?> task) {
    if (inOrder.remove(task)) {
      return true;
    }
    boolean removed = others.remove(task);
    if (removed && task.place() != DueHeap.NOWHERE) {
      dueOthers.remove(task);
    }
    return removed;
  }

  /** The call that came first; {@code null} if none waits. */
  @Nullable CallTask<G, ?> first() {
    CallTask<G, ?> one = inOrder.first();
    CallTask<G, ?> other = others.first();
    return other == null || (one != null && one.number() < other.number()) ? one : other;
  }

  /** The call that is due first; {@code null} if none waits. */
  @Nullable CallTask<G, ?> firstDue() {
    return earlier(inOrder.first(), dueOthers.first());
  }

  /** Of two calls that which is due first; {@code null} if there is none. */
  static <G> @Nullable CallTask<G, ?> earlier(
      @Nullable CallTask<G, ?> one, @Nullable CallTask<G, ?> other) {
    return other == null || (one != null && one.wakeNanos() - other.wakeNanos() <= 0) ? one : other;
  }

  /** How long the call that came first has waited, 0 if none waits. */
  long longestWait(long now) {
    CallTask<G, ?> oldest = first();
    return oldest == null ? 0 : now - oldest.submittedNanos();
  }

  /**
   * All are about to be let out, whenever they are due: from here on none is found by that, and to
   * let out a million costs what their list costs.
   */
  void forgetDue() {
    dueOthers.clear();
  }
}
