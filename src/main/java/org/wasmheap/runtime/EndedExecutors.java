package org.wasmheap.runtime;

import org.jspecify.annotations.Nullable;
import org.wasmheap.pool.ExecutorStatistics;

/** Adds up what executors did that are no more, so that no total ever falls. */
final class EndedExecutors {
  private static final String NAME = "ended";

  private EndedExecutors() {}

  /**
   * The sum with one more.
   *
   * @param before the sum so far, if there is one
   * @param one what one executor did, when it was shut down
   * @return the sum: what is now (workers, instances, bytes) is none, but for the threads that were
   *     left
   */
  static ExecutorStatistics plus(@Nullable ExecutorStatistics before, ExecutorStatistics one) {
    ExecutorStatistics sum = before == null ? one.since(one) : before;
    return new ExecutorStatistics(
        NAME,
        sum.submitted() + one.submitted(),
        sum.completed() + one.completed(),
        sum.failed() + one.failed(),
        sum.rejected() + one.rejected(),
        sum.cancelled() + one.cancelled(),
        sum.nested() + one.nested(),
        sum.ran() + one.ran(),
        sum.queueNanos() + one.queueNanos(),
        sum.runNanos() + one.runNanos(),
        sum.resetNanos() + one.resetNanos(),
        0,
        one.queuedByClass(),
        0,
        0,
        0,
        0,
        sum.replaced() + one.replaced(),
        sum.poisoned() + one.poisoned(),
        (before == null ? 0 : before.abandonedThreads()) + one.abandonedThreads(),
        0);
  }
}
