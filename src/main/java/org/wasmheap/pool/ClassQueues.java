package org.wasmheap.pool;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Maps;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.wasmheap.pool.CallOptions.CallClass;

/** The calls that wait, by class, and which of them is next. Guarded by the queue's lock. */
final class ClassQueues<G> {
  private final long ageingNanos;

  private final ImmutableMap<CallClass, ClassQueue<G>> queueOf;

  /** The most urgent class first. */
  private final ImmutableList<ClassQueue<G>> queues;

  /** The calls of a class that wait, and how many may. */
  private record ClassQueue<G>(CallList<G> waiting, int capacity) {}

  ClassQueues(Map<CallClass, Integer> capacities, long ageingNanos) {
    Map<CallClass, ClassQueue<G>> each = new EnumMap<>(CallClass.class);
    capacities.forEach((one, places) -> each.put(one, new ClassQueue<>(new CallList<>(), places)));
    this.queueOf = Maps.immutableEnumMap(each);
    this.queues = ImmutableList.copyOf(each.values());
    this.ageingNanos = ageingNanos;
  }

  private ClassQueue<G> queueOf(CallTask<G, ?> task) {
    return Objects.requireNonNull(queueOf.get(task.callClass()), "every class has a queue");
  }

  /** Those of a call's class. */
  CallList<G> of(CallTask<G, ?> task) {
    return queueOf(task).waiting();
  }

  boolean hasRoomFor(CallTask<G, ?> task) {
    return queueOf(task).waiting().size() < queueOf(task).capacity();
  }

  // By index, here and by those who call these two: an iterator is garbage for each call, and see
  // FullJavaHeap.

  int count() {
    return queues.size();
  }

  CallList<G> get(int index) {
    return queues.get(index).waiting();
  }

  /** How many calls wait, of all classes. */
  int size() {
    int calls = 0;
    for (int i = 0; i < count(); i++) {
      calls += get(i).size();
    }
    return calls;
  }

  /** Where the call that is next is the first; {@code null} if none waits. */
  @Nullable CallList<G> next() {
    CallList<G> urgent = null;
    int classesWaiting = 0;
    for (int i = 0; i < count(); i++) {
      if (get(i).size() > 0) {
        urgent = urgent == null ? get(i) : urgent;
        classesWaiting++;
      }
    }
    // The oldest of those that aged, else the most urgent.
    CallList<G> aged = classesWaiting < 2 ? null : eldestAged(System.nanoTime());
    return aged == null ? urgent : aged;
  }

  private @Nullable CallList<G> eldestAged(long now) {
    CallList<G> aged = null;
    long eldest = ageingNanos;
    for (int i = 0; i < count(); i++) {
      if (get(i).longestWait(now) > eldest) {
        aged = get(i);
        eldest = get(i).longestWait(now);
      }
    }
    return aged;
  }

  /** How long the oldest of all has waited, 0 if there is none. */
  long longestWait(long now) {
    long longest = 0;
    for (int i = 0; i < count(); i++) {
      longest = Math.max(longest, get(i).longestWait(now));
    }
    return longest;
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
