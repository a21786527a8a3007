package org.wasmheap.pool;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.pool.CallOptions.CallClass;

/**
 * What calls that wait cost those who come to the queue, on one thread: a look of the watchdog, and
 * a call that comes and is taken. With 16 calls that wait, or the numbers that are given; the
 * deadlines of those that come are in order, or any. Prints a line for each number, of the best of
 * five rounds.
 *
 * <pre>{@code
 * mvn -q test-compile exec:exec@jmh \
 *     -Djmh.main=org.wasmheap.pool.WaitingCallsCost -Djmh.args="1 500 1000 1000000"
 * }</pre>
 */
public final class WaitingCallsCost {
  private static final int ROUNDS = 5;
  private static final long ROUND_NANOS = TimeUnit.MILLISECONDS.toNanos(400);
  private static final long HOUR = TimeUnit.HOURS.toNanos(1);

  private final PoolParts pool;
  private final DueCalls<HeapHandle> due = new DueCalls<>();
  private final Deque<CallTask<HeapHandle, String>> ready = new ArrayDeque<>();
  private final boolean inOrder;
  private long made;

  private WaitingCallsCost(int waiting, boolean inOrder) {
    this.pool = PoolParts.withRoomFor(waiting + 1);
    this.inOrder = inOrder;
    for (int call = 0; call < waiting; call++) {
      pool.queue.offer(newCall());
    }
  }

  /**
   * Measures.
   *
   * @param arguments how many calls wait; none for 16
   */
  public static void main(String[] arguments) {
    best(new WaitingCallsCost(16, true)::comeAndGo); // Until the code is compiled.
    best(new WaitingCallsCost(16, false)::comeAndGo);
    System.out.println("  waiting   look, ns   come and go, ns   the same in any order, ns");
    String[] numbers = arguments.length == 0 ? new String[] {"16"} : arguments;
    for (String number : numbers) {
      int waiting = Integer.parseInt(number);
      WaitingCallsCost one = new WaitingCallsCost(waiting, true);
      double look = best(one::look);
      double ordered = best(one::comeAndGo);
      double any = best(new WaitingCallsCost(waiting, false)::comeAndGo);
      System.out.printf(Locale.ROOT, "%9d  %9.0f  %16.0f  %26.0f%n", waiting, look, ordered, any);
    }
  }

  /** Deadlines from one hour on, so that none is due. */
  private CallTask<HeapHandle, String> newCall() {
    made++;
    long after = inOrder ? made : (made * 0x9E3779B97F4A7C15L) >>> 24;
    return pool.task("call", CallClass.OFF_CHAIN, System.nanoTime() + HOUR + after);
  }

  private long look() {
    int looks = 100;
    long began = System.nanoTime();
    for (int i = 0; i < looks; i++) {
      pool.queue.awaitDue(due, 0);
    }
    return (System.nanoTime() - began) / looks;
  }

  private long comeAndGo() {
    int calls = 1000;
    for (int i = 0; i < calls; i++) {
      ready.add(newCall());
    }
    Seat<HeapHandle> last = new Seat<>();
    long began = System.nanoTime();
    for (int i = 0; i < calls; i++) {
      pool.queue.offer(ready.remove());
      last.last = pool.queue.take(last);
      last.last.complete("");
    }
    long nanos = System.nanoTime() - began;
    pool.queue.finished(last.last);
    return nanos / calls;
  }

  private interface Measure {
    long nanos();
  }

  /** The mean of the best round. */
  private static double best(Measure measure) {
    double best = Double.MAX_VALUE;
    for (int round = 0; round < ROUNDS; round++) {
      long until = System.nanoTime() + ROUND_NANOS;
      long sum = 0;
      int times = 0;
      do {
        sum += measure.nanos();
        times++;
      } while (System.nanoTime() - until < 0);
      best = Math.min(best, (double) sum / times);
    }
    return best;
  }
}
