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
final class Lanes<G> {
  private final long ageingNanos;

  private final ImmutableMap<CallClass, Lane<G>> laneOf;

  /** The most urgent class first. */
  private final ImmutableList<Lane<G>> lanes;

  /** The calls of a class that wait, and how many may. */
  private record Lane<G>(CallTask.Chain<G> waiting, int capacity) {}

  Lanes(Map<CallClass, Integer> capacities, long ageingNanos) {
    Map<CallClass, Lane<G>> each = new EnumMap<>(CallClass.class);
    capacities.forEach((one, places) -> each.put(one, new Lane<>(new CallTask.Chain<>(), places)));
    this.laneOf = Maps.immutableEnumMap(each);
    this.lanes = ImmutableList.copyOf(each.values());
    this.ageingNanos = ageingNanos;
  }

  private Lane<G> lane(CallTask<G, ?> task) {
    return Objects.requireNonNull(laneOf.get(task.callClass()), "every class has a lane");
  }

  /** Those of a call's class. */
  CallTask.Chain<G> of(CallTask<G, ?> task) {
    return lane(task).waiting();
  }

  boolean hasRoomFor(CallTask<G, ?> task) {
    return lane(task).waiting().size() < lane(task).capacity();
  }

  // By index, here and by who calls these two: an iterator for each call is garbage, and there may
  // be no memory for one.

  int count() {
    return lanes.size();
  }

  CallTask.Chain<G> get(int index) {
    return lanes.get(index).waiting();
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
  CallTask.@Nullable Chain<G> next() {
    CallTask.Chain<G> urgent = null;
    int classesWaiting = 0;
    for (int i = 0; i < count(); i++) {
      if (get(i).size() > 0) {
        urgent = urgent == null ? get(i) : urgent;
        classesWaiting++;
      }
    }
    // The oldest of those that aged, else the most urgent.
    CallTask.Chain<G> aged = classesWaiting < 2 ? null : eldestAged(System.nanoTime());
    return aged == null ? urgent : aged;
  }

  private CallTask.@Nullable Chain<G> eldestAged(long now) {
    CallTask.Chain<G> aged = null;
    long eldest = ageingNanos;
    for (int i = 0; i < count(); i++) {
      if (longestWait(get(i), now) > eldest) {
        aged = get(i);
        eldest = longestWait(get(i), now);
      }
    }
    return aged;
  }

  /** How long the oldest of these has waited, 0 if there is none. */
  static <G> long longestWait(CallTask.Chain<G> waiting, long now) {
    CallTask<G, ?> oldest = waiting.first();
    return oldest == null ? 0 : now - oldest.submittedNanos();
  }

  /** How long the oldest of all has waited, 0 if there is none. */
  long longestWait(long now) {
    long longest = 0;
    for (int i = 0; i < count(); i++) {
      longest = Math.max(longest, longestWait(get(i), now));
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
    for (CallClass callClass : laneOf.keySet()) {
      each.put(callClass, sizes[each.size()]);
    }
    return Maps.immutableEnumMap(each);
  }
}
