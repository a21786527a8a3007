package org.wasmheap.pool;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.wasmheap.heap.FailureKind;

/** The end of an executor: drains, cuts off, waits for the threads. Every wait has a limit. */
final class Shutdown<G> {
  private final PoolContext<G> pool;
  private final Crew<G> crew;
  private final Reserve<G> reserve;
  private final Thread watchdog;

  Shutdown(PoolContext<G> pool, Crew<G> crew, Reserve<G> reserve, Thread watchdog) {
    this.pool = pool;
    this.crew = crew;
    this.reserve = reserve;
    this.watchdog = watchdog;
  }

  /** Lets calls end for so long, then cuts them off; how many were. */
  long cutOff(long drainNanos) {
    CallQueue<G> queue = pool.queue();
    queue.drain(drainNanos);
    CallQueue.Due<G> left = queue.close();
    left.waiting().forEach(task -> task.fail(Failures.cutOff(task, pool.name(), "waited")));
    left.running().forEach(task -> task.interrupt(FailureKind.SHUTDOWN));
    queue.awaitIdle(System.nanoTime() + pool.graceNanos());
    for (CallTask<G, ?> task : left.running()) {
      crew.giveUp(task);
      task.fail(Failures.cutOff(task, pool.name(), "ran"));
      queue.finished(task);
    }
    reserve.close();
    pool.exhaustion().tellRest();
    // A call may end well in its grace time after all, or be cancelled.
    return Stream.of(left.waiting(), left.running())
        .flatMap(List::stream)
        .filter(CallTask::wasCutOff)
        .count();
  }

  /** Waits for the threads, a grace time for all together; how many are left. */
  int join() {
    long until = System.nanoTime() + pool.graceNanos();
    int left = crew.join(until);
    try {
      left += reserve.join(until) ? 0 : 1;
      TimeUnit.NANOSECONDS.timedJoin(watchdog, Math.max(1, until - System.nanoTime()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return left;
  }
}
