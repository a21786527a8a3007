package org.wasmheap.pool;

import java.util.ArrayList;
import java.util.List;

/**
 * The calls that are due in one look at the queue, and why. One thread's own, and made once, see
 * {@link FullJavaHeap}. What finds no room is due in the next look.
 */
final class DueCalls<G> {
  private static final int ROOM = 64;

  // Lists that never grow beyond their first array.
  private final List<CallTask<G, ?>> calls = new ArrayList<>(ROOM);
  private final List<Verdict> verdicts = new ArrayList<>(ROOM);
  private boolean atEnd;

  /** Begins anew, for a queue that is closed or not. */
  void clear(boolean closed) {
    calls.clear();
    verdicts.clear();
    atEnd = closed;
  }

  boolean isFull() {
    return calls.size() == ROOM;
  }

  void add(CallTask<G, ?> task, Verdict verdict) {
    calls.add(task);
    verdicts.add(verdict);
  }

  int size() {
    return calls.size();
  }

  CallTask<G, ?> call(int index) {
    return calls.get(index);
  }

  Verdict verdict(int index) {
    return verdicts.get(index);
  }

  /** Whether the executor ends, which is then the reason. */
  boolean atEnd() {
    return atEnd;
  }
}
