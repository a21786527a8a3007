package org.wasmheap.pool;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;
import org.wasmheap.pool.CallOptions.CallClass;
import org.wasmheap.pool.CallQueue.Phase;

/**
 * What a call queue must do when one thread uses it, written as plainly as it can be: the
 * specification that {@link CallQueueLinearizabilityTest} holds the real one against.
 *
 * <p>Call {@code k} is of class {@code k % 3}; one of them is due at once. None is ever done, so
 * those that are finished all the same must be failed. The clock stands still: who was told of once
 * is not told of again.
 */
public final class SequentialCallQueue {
  /** How many different calls there are. */
  static final int CALLS = 6;

  /** Places of each class for calls that are offered. */
  private static final int PLACES = 1;

  private static final int DUE = 3;

  private static final List<CallClass> CLASSES =
      List.of(CallClass.BLOCK_IMPORT, CallClass.AUTHORING, CallClass.OFF_CHAIN);

  /** The calls that wait from the beginning, on places of their own. */
  static final List<Integer> PRELOADED = List.of(2, 1, DUE, 5);

  private final List<Integer> waiting = new ArrayList<>(PRELOADED);
  private final List<Integer> running = new ArrayList<>();
  private final Map<Verdict, Set<Integer>> verdicts = new EnumMap<>(Verdict.class);
  private final List<Integer> condemned = new ArrayList<>();
  private final Set<Integer> due = new HashSet<>(Set.of(DUE));
  private final Set<Integer> interrupted = new HashSet<>();
  private Phase phase = Phase.OPEN;

  static CallClass classOf(int call) {
    return CLASSES.get(call % CLASSES.size());
  }

  static boolean isDue(int call) {
    return call == DUE;
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
    requireNowhere(call);
    waiting.add(call);
    return "accepted";
  }

  private void requireNowhere(Integer call) {
    if (waiting.contains(call) || running.contains(call) || condemned.contains(call)) {
      throw new IllegalStateException("it stands in a list already");
    }
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
    if (phase == Phase.CLOSED) {
      return false;
    }
    requireNowhere(call);
    return running.add(call);
  }

  public void finished(int call) {
    condemn(running, call, Verdict.UNFINISHED);
  }

  private void condemn(List<Integer> from, Integer call, Verdict verdict) {
    if (from.remove(call)) {
      condemned.add(call);
      verdicts.computeIfAbsent(verdict, none -> new HashSet<>()).add(call);
      due.add(call);
    }
  }

  public boolean remove(int call) {
    return waiting.remove((Integer) call);
  }

  public String due() {
    List<String> told = new ArrayList<>();
    for (Integer call : List.copyOf(running)) {
      if (due.contains(call) && interrupted.add(call)) {
        due.remove(call);
        told.add(call + " " + Verdict.INTERRUPT);
      } else if (due.contains(call)) {
        condemn(running, call, Verdict.GIVE_UP);
      }
    }
    for (CallClass each : CLASSES) {
      for (Integer call : List.copyOf(waiting)) {
        if (classOf(call) == each && due.contains(call)) {
          condemn(waiting, call, Verdict.EXPIRED);
        }
      }
    }
    for (Integer call : condemned) {
      if (due.remove(call)) {
        verdicts.forEach(
            (verdict, calls) -> {
              if (calls.contains(call)) {
                told.add(call + " " + verdict);
              }
            });
      }
    }
    boolean ended = phase == Phase.CLOSED && isIdle();
    StringJoiner text = new StringJoiner(", ", "", ended ? ", the end" : "");
    told.forEach(text::add);
    return text.toString();
  }

  private boolean isIdle() {
    return waiting.isEmpty() && running.isEmpty() && condemned.isEmpty();
  }

  public boolean drain() {
    phase = phase == Phase.OPEN ? Phase.DRAINING : phase;
    return isIdle();
  }

  public void close() {
    phase = Phase.CLOSED;
    for (CallClass each : CLASSES) {
      for (Integer call : List.copyOf(waiting)) {
        if (classOf(call) == each) {
          condemn(waiting, call, Verdict.EXPIRED);
        }
      }
    }
    running.stream().filter(call -> !interrupted.contains(call)).forEach(due::add);
  }

  public int waiting() {
    return waiting.size();
  }

  public int running() {
    return running.size();
  }
}
