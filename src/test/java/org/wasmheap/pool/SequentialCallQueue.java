package org.wasmheap.pool;

import java.util.ArrayList;
import java.util.List;
import org.wasmheap.pool.CallOptions.CallClass;
import org.wasmheap.pool.CallQueue.Phase;

/**
 * What a call queue must do when one thread uses it, written as plainly as it can be: the
 * specification that {@link CallQueueLinearizabilityTest} holds the real one against.
 *
 * <p>Call {@code k} is of class {@code k % 3}; the last one of {@link #CALLS} is due at once.
 */
public final class SequentialCallQueue {
  /** How many different calls there are. */
  static final int CALLS = 4;

  /** Places of each class for calls that are offered. */
  private static final int PLACES = 2;

  private static final List<CallClass> CLASSES =
      List.of(CallClass.BLOCK_IMPORT, CallClass.AUTHORING, CallClass.OFF_CHAIN);

  /** The calls that wait from the beginning, on places of their own. */
  static final List<Integer> PRELOADED = List.of(2, 1, 3, 2);

  private final List<Integer> waiting = new ArrayList<>(PRELOADED);
  private final List<Integer> running = new ArrayList<>();
  private Phase phase = Phase.OPEN;
  private boolean overdue;

  static CallClass classOf(int call) {
    return CLASSES.get(call % CLASSES.size());
  }

  static boolean isDue(int call) {
    return call == CALLS - 1;
  }

  /** How many calls of a class may wait. */
  static int places(CallClass callClass) {
    return PLACES + (int) PRELOADED.stream().filter(call -> classOf(call) == callClass).count();
  }

  public String offer(int call) {
    long before = waiting.stream().filter(each -> classOf(each) == classOf(call)).count();
    if (phase != Phase.OPEN || before >= places(classOf(call))) {
      return phase + ", " + before + " wait, " + running.size() + " run";
    }
    waiting.add(call);
    return "accepted";
  }

  public String take() {
    if (phase == Phase.CLOSED) {
      return "nothing";
    }
    for (CallClass each : CLASSES) {
      for (Integer call : waiting) {
        if (classOf(call) == each) {
          waiting.remove(call);
          running.add(call);
          return "call " + call;
        }
      }
    }
    return "nothing";
  }

  public String takeAfter(int call) {
    finished(call);
    return take();
  }

  public boolean begin(int call) {
    return phase != Phase.CLOSED && running.add(call);
  }

  public void finished(int call) {
    running.remove((Integer) call);
  }

  public boolean remove(int call) {
    return waiting.remove((Integer) call);
  }

  public String due() {
    if (phase == Phase.CLOSED) {
      return "closed";
    }
    List<Integer> expired = new ArrayList<>();
    List<Integer> interrupted = new ArrayList<>();
    if (!overdue) {
      waiting.stream().filter(SequentialCallQueue::isDue).forEach(expired::add);
      waiting.removeAll(expired);
      running.stream().filter(SequentialCallQueue::isDue).limit(1).forEach(interrupted::add);
      overdue = !interrupted.isEmpty();
    }
    return "expired " + expired + ", interrupted " + interrupted;
  }

  public boolean drain() {
    phase = phase == Phase.OPEN ? Phase.DRAINING : phase;
    return waiting.isEmpty() && running.isEmpty();
  }

  public String close() {
    phase = Phase.CLOSED;
    List<Integer> left = new ArrayList<>();
    for (CallClass each : CLASSES) {
      waiting.stream().filter(call -> classOf(call) == each).forEach(left::add);
    }
    waiting.clear();
    return "waited " + left + ", ran " + running;
  }

  public int waiting() {
    return waiting.size();
  }

  public int running() {
    return running.size();
  }
}
