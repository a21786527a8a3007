package org.wasmheap.pool;

import java.util.ArrayList;
import java.util.List;

/**
 * The calls that are due in one look at the queue, and why. One thread's own, and made once: it is
 * filled when there may be no memory to make anything. What finds no room is due in the next look.
 */
final class DueCalls<G> {
  private static final int ROOM = 64;

  /** What is to become of a call. */
  enum Verdict {
    /** It runs past its deadline or the executor's end: to be interrupted. */
    INTERRUPT,
    /** It waited until its deadline or the executor's end: to be failed. */
    EXPIRED,
    /** It did not react to its interruption: its thread is to be given up, then it is failed. */
    GIVE_UP,
    /** Its thread is done with it, and could not even fail it: to be failed. */
    UNFINISHED
  }

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
