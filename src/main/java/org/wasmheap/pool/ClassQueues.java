package org.wasmheap.pool;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Maps;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.wasmheap.pool.CallOptions.CallClass;

/**
 * The calls that wait, by class, and which of them is next. Guarded by the queue's lock.
 *
 * <p>The more urgent class goes first. Once the call that has waited longest of all has aged, it is
 * next at the latest after {@value #BY_CLASS} others. So at most every fourth call is taken out of
 * the order of the classes, however many have aged, and none waits for ever: each is at some time
 * the one that has waited longest.
 */
final class ClassQueues<G> {
  /** How many calls in a row go by class while one waits that has aged. */
  private static final int BY_CLASS = 3;

  private final long ageingNanos;

  private final ImmutableMap<CallClass, ClassQueue<G>> queueOf;

  /** The most urgent class first. */
  private final ImmutableList<ClassQueue<G>> queues;

  /** How many calls were taken since the one that had waited longest; {@link #BY_CLASS} at most. */
  private int sinceEldest;

  ClassQueues(Map<CallClass, Integer> capacities, long ageingNanos) {
    Map<CallClass, ClassQueue<G>> each = new EnumMap<>(CallClass.class);
    capacities.forEach((one, places) -> each.put(one, new ClassQueue<>(places)));
    this.queueOf = Maps.immutableEnumMap(each);
    this.queues = ImmutableList.copyOf(each.values());
    this.ageingNanos = ageingNanos;
  }

  /** That of a call's class. */
  ClassQueue<G> of(CallTask<G, ?> task) {
    return Objects.requireNonNull(queueOf.get(task.callClass()), "every class has a queue");
  }

  // By index, here and by those who call these two: an iterator is garbage for each call, and see
  // FullJavaHeap.

  int count() {
    return queues.size();
  }

  ClassQueue<G> get(int index) {
    return queues.get(index);
  }

  /** How many calls wait, of all classes. */
  int size() {
    int calls = 0;
    for (int i = 0; i < count(); i++) {
      calls += get(i).size();
    }
    return calls;
  }

  /** The call that is due first; {@code null} if none waits. */
  @Nullable CallTask<G, ?> firstDue() {
    CallTask<G, ?> first = null;
    for (int i = 0; i < count(); i++) {
      first = ClassQueue.earlier(first, get(i).firstDue());
    }
    return first;
  }

  /** Takes out the call that is next; {@code null} if none waits. */
  @Nullable CallTask<G, ?> take() {
    CallTask<G, ?> next = mostUrgent();
    if (next != null) {
      CallTask<G, ?> eldest = eldest(next);
      if (eldest != next && sinceEldest == BY_CLASS && hasAged(eldest)) {
        next = eldest;
      }
      sinceEldest = next == eldest ? 0 : Math.min(sinceEldest + 1, BY_CLASS);
      of(next).remove(next);
    }
    return next;
  }

  /** The first of the most urgent class in which one waits; {@code null} if none waits. */
  private @Nullable CallTask<G, ?> mostUrgent() {
    CallTask<G, ?> urgent = null;
    for (int i = 0; i < count() && urgent == null; i++) {
      urgent = get(i).first();
    }
    return urgent;
  }

  /** Which has waited longest, of a call and the first of each class. */
  private CallTask<G, ?> eldest(CallTask<G, ?> any) {
    CallTask<G, ?> eldest = any;
    for (int i = 0; i < count(); i++) {
      CallTask<G, ?> first = get(i).first();
      if (first != null && first.submittedNanos() - eldest.submittedNanos() < 0) {
        eldest = first;
      }
    }
    return eldest;
  }

  private boolean hasAged(CallTask<G, ?> task) {
    return System.nanoTime() - task.submittedNanos() > ageingNanos;
  }

  /** How long the oldest of all has waited, 0 if there is none. */
  long longestWait(long now) {
    CallTask<G, ?> any = mostUrgent();
    return any == null ? 0 : now - eldest(any).submittedNanos();
  }

  /** How many calls wait in each class, the most urgent first, into an array for all of them. */
  void sizes(int[] sizes) {
    for (int i = 0; i < count(); i++) {
      sizes[i] = get(i).size();
    }
  }

  /** The same by class; needs no lock. */
  Map<CallClass, Integer> byClass(int[] sizes) {
    Map<CallClass, Integer> each = new EnumMap<>(CallClass.class);
    for (CallClass callClass : queueOf.keySet()) {
      each.put(callClass, sizes[each.size()]);
    }
    return Maps.immutableEnumMap(each);
  }
}
