package org.wasmheap.pool;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.concurrent.TimeUnit;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.pool.CallOptions.CallClass;

/** A call queue behind the operations that {@link SequentialCallQueue} specifies. */
@Param(name = "call", gen = IntGen.class, conf = "0:5")
public final class CheckedCallQueue {
  private static final long HOUR = TimeUnit.HOURS.toNanos(1);

  // Lincheck's clock stands still, and not at the time of the constructor: no call may age by it.
  private static final long PAST = 0;
  private static final long FUTURE = Long.MAX_VALUE / 2;
  private static final long NEVER = Long.MAX_VALUE;

  /** Gives the calls their numbers, and is otherwise out of it. */
  private static final PoolParts NUMBERS = PoolParts.withRoomFor(1);

  private final List<CallTask<HeapHandle, String>> calls = new ArrayList<>();
  private final CallQueue<HeapHandle> queue;

  /** Open, with some calls from the beginning. */
  public CheckedCallQueue() {
    Map<CallClass, Integer> places = new EnumMap<>(CallClass.class);
    for (CallClass each : CallClass.values()) {
      places.put(each, SequentialCallQueue.places(each));
    }
    queue = new CallQueue<>(places, NEVER, HOUR, new InstanceDemand(1, 1, HOUR));
    for (int call = 0; call < SequentialCallQueue.CALLS; call++) {
      long dueNanos = SequentialCallQueue.isDue(call) ? PAST : FUTURE;
      calls.add(NUMBERS.task("call " + call, SequentialCallQueue.classOf(call), dueNanos));
    }
    SequentialCallQueue.PRELOADED.forEach(call -> queue.offer(calls.get(call)));
  }

  @Operation
  public String offer(@Param(name = "call") int call) {
    CallQueue.Refusal refusal = queue.offer(calls.get(call));
    return refusal == null
        ? "accepted"
        : refusal.phase() + ", " + refusal.waiting() + " wait, " + refusal.running() + " run";
  }

  @Operation
  public String take() {
    return nameOf(queue.take(new Seat<>()));
  }

  @Operation
  public String takeAfter(@Param(name = "call") int call) {
    Seat<HeapHandle> last = new Seat<>();
    last.last = calls.get(call);
    return nameOf(queue.take(last));
  }

  private static String nameOf(CallTask<HeapHandle, ?> taken) {
    return taken == null ? "nothing" : taken.name();
  }

  @Operation
  public boolean begin(@Param(name = "call") int call) {
    return queue.begin(calls.get(call));
  }

  @Operation
  public void finished(@Param(name = "call") int call) {
    queue.finished(calls.get(call));
  }

  @Operation
  public boolean remove(@Param(name = "call") int call) {
    return queue.remove(calls.get(call));
  }

  @Operation
  public String due() {
    DueCalls<HeapHandle> due = new DueCalls<>();
    boolean more = queue.awaitDue(due, 0);
    StringJoiner told = new StringJoiner(", ", "", more ? "" : ", the end");
    for (int i = 0; i < due.size(); i++) {
      told.add(calls.indexOf(due.call(i)) + " " + due.verdict(i));
    }
    return told.toString();
  }

  @Operation
  public boolean drain() {
    return queue.drain(0);
  }

  @Operation
  public void close() {
    queue.close();
  }

  @Operation
  public int waiting() {
    return queue.load().waiting().values().stream().mapToInt(Integer::intValue).sum();
  }

  @Operation
  public int running() {
    return queue.load().running();
  }
}
