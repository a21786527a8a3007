package org.wasmheap.pool;

import org.jspecify.annotations.Nullable;

/**
 * A list of calls, the oldest first, linked through the calls themselves: to move a call from one
 * list to another takes no memory. A call stands in one list at most. Guarded by the queue's lock.
 */
final class CallList<G> {
  private @Nullable CallTask<G, ?> first;
  private @Nullable CallTask<G, ?> last;
  private int size;

  @Nullable CallTask<G, ?> first() {
    return first;
  }

  @Nullable CallTask<G, ?> last() {
    return last;
  }

  /** The call behind a call in whichever list it stands. */
  static <G> @Nullable CallTask<G, ?> after(CallTask<G, ?> task) {
    return task.next;
  }

  int size() {
    return size;
  }

  /** Takes a call in, which must stand in no list. */
  void add(CallTask<G, ?> task) {
    if (task.list != null) {
      throw new IllegalStateException(task + " stands in a list already");
    }
    CallTask<G, ?> before = last;
    if (before == null) {
      first = task;
    } else {
      before.next = task;
    }
    task.previous = before;
    task.list = this;
    last = task;
    size++;
  }

  /** Lets a call out; {@code false} if it does not stand here. */
  boolean remove(CallTask<G, ?> task) {
    if (task.list != this) {
      return false;
    }
    CallTask<G, ?> before = task.previous;
    CallTask<G, ?> after = task.next;
    if (before == null) {
      first = after;
    } else {
      before.next = after;
    }
    if (after == null) {
      last = before;
    } else {
      after.previous = before;
    }
    task.previous = null;
    task.next = null;
    task.list = null;
    size--;
    return true;
  }
}
