package org.wasmheap.pool;

import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.wasmheap.heap.HeapView;
import org.wasmheap.pool.CallOptions.CallClass;
import org.wasmheap.text.Printable;

/**
 * What an executor has done and is doing: a snapshot, each figure exact, taken one after another.
 *
 * <p>When nothing is queued or running, or about to be failed, {@code submitted = completed +
 * failed + rejected + cancelled}.
 *
 * @param pool name of the pool
 * @param submitted calls submitted
 * @param completed calls that succeeded
 * @param failed calls that failed, deadlines and shutdown included
 * @param rejected calls that found no room in the queue, or the executor shut down
 * @param cancelled calls whose future was cancelled
 * @param nested of the submitted calls, those that ran at once on a worker's thread, inside calls
 * @param ran calls that ran on a heap and are over, however they ended
 * @param queueNanos what these waited, together
 * @param runNanos what they took to run, together
 * @param resetNanos what putting back their heaps took, together
 * @param queued calls that wait now
 * @param queuedByClass the same for each class
 * @param longestWaitNanos how long the oldest of these has waited; 0 if none waits
 * @param running calls that run now
 * @param workers threads
 * @param instances instances that live now, nested ones included
 * @param replaced instances made in place of one that was discarded
 * @param poisoned heaps that were poisoned
 * @param abandonedThreads threads that did not come back from a call, and have not yet
 * @param materialisedBytes real bytes set aside for the linear memories of the instances, those
 *     included that are being made or replaced
 */
public record ExecutorStatistics(
    String pool,
    long submitted,
    long completed,
    long failed,
    long rejected,
    long cancelled,
    long nested,
    long ran,
    long queueNanos,
    long runNanos,
    long resetNanos,
    int queued,
    Map<CallClass, Integer> queuedByClass,
    long longestWaitNanos,
    int running,
    int workers,
    int instances,
    long replaced,
    long poisoned,
    int abandonedThreads,
    long materialisedBytes) {

  /**
   * What the heap of a live instance is and did: a snapshot, each figure a recent value.
   *
   * @param name name of the heap
   * @param state where it is in its life
   * @param calls how many calls were begun: its generation
   * @param failures how many calls failed on its slot, on earlier heaps too
   * @param materialisedBytes real bytes set aside for its memory
   * @param lastCall the call that ended last on its slot, on an earlier heap perhaps; {@code null}
   *     if there was none, or no listener
   */
  public record OfHeap(
      String name,
      HeapView.State state,
      long calls,
      long failures,
      long materialisedBytes,
      @Nullable CallReport lastCall) {
    @Override
    public String toString() {
      return "OfHeap["
          + ("name=" + Printable.name(name) + ", state=" + state + ", calls=" + calls)
          + (", failures=" + failures + ", materialisedBytes=" + materialisedBytes)
          + (", lastCall=" + lastCall + "]");
    }
  }

  /**
   * Whether an executor is well: a snapshot.
   *
   * @param pool name of the pool
   * @param workers threads that take calls
   * @param kept of these, how many have an instance when all is well; 0 once it is closed
   * @param ready how many have one, in a call or not
   * @param degraded whether less than all is there: fewer instances than are always kept, a thread
   *     that did not come back, or an instance that a call needs and that could not be made
   * @param lastFailure what the factory or the warm-up failed with last; {@code null} if it never
   *     did
   * @param failuresInARow how often it failed since it last made an instance; 0 if it did not
   * @param sinceFailureNanos how long ago it failed last; 0 if it never did
   * @param longestWaitNanos how long the oldest call that waits has waited; 0 if none waits
   * @param abandonedThreads threads that did not come back from a call, and have not yet
   */
  public record Health(
      String pool,
      int workers,
      int kept,
      int ready,
      boolean degraded,
      @Nullable Throwable lastFailure,
      int failuresInARow,
      long sinceFailureNanos,
      long longestWaitNanos,
      int abandonedThreads) {
    /**
     * Whether every worker has an instance, or as many as are always kept.
     *
     * @return {@code false} if some are still to be made
     */
    public boolean isReady() {
      return ready >= kept;
    }
  }

  /**
   * How an executor was shut down. The first four count the calls that it had accepted and that had
   * not ended when its shutdown began.
   *
   * @param finished calls that returned normally
   * @param failed calls that failed, those that were cut off included
   * @param cancelled calls whose callers cancelled them
   * @param cutOff calls that were ended, waiting or running, since their time was over
   * @param threadsLeft threads that have not ended: what they wait for is not the executor's to end
   * @param total all that the executor ever did
   */
  public record ShutdownAccount(
      long finished,
      long failed,
      long cancelled,
      long cutOff,
      int threadsLeft,
      ExecutorStatistics total) {}

  /**
   * What happened since an earlier snapshot: what only ever grows is the difference, what is now
   * (queued, running, workers, instances, abandoned threads, bytes, the longest wait) stays as it
   * is.
   *
   * @param earlier a snapshot of the same executor
   * @return the difference
   * @throws IllegalArgumentException if the other one is of another pool, or is the later one
   */
  public ExecutorStatistics since(ExecutorStatistics earlier) {
    if (!earlier.pool.equals(pool) || earlier.submitted > submitted) {
      throw new IllegalArgumentException(
          "a snapshot of %s with %d calls submitted is none before one of %s with %d"
              .formatted(
                  Printable.name(earlier.pool),
                  earlier.submitted,
                  Printable.name(pool),
                  submitted));
    }
    return new ExecutorStatistics(
        pool,
        submitted - earlier.submitted,
        completed - earlier.completed,
        failed - earlier.failed,
        rejected - earlier.rejected,
        cancelled - earlier.cancelled,
        nested - earlier.nested,
        ran - earlier.ran,
        queueNanos - earlier.queueNanos,
        runNanos - earlier.runNanos,
        resetNanos - earlier.resetNanos,
        queued,
        queuedByClass,
        longestWaitNanos,
        running,
        workers,
        instances,
        replaced - earlier.replaced,
        poisoned - earlier.poisoned,
        abandonedThreads,
        materialisedBytes);
  }

  /** A table for people, a line for each figure; times are means of the calls that ran. */
  @Override
  public String toString() {
    StringBuilder table = new StringBuilder();
    table.append("pool").append(" ".repeat(WIDTH - "pool".length())).append(Printable.name(pool));
    line(table, "submitted", submitted);
    line(table, "completed", completed);
    line(table, "failed", failed);
    line(table, "rejected", rejected);
    line(table, "cancelled", cancelled);
    line(table, "nested", nested);
    line(table, "queued", queued);
    queuedByClass.forEach((each, calls) -> line(table, "  " + each.label(), calls));
    line(table, "longest_wait_ms", TimeUnit.NANOSECONDS.toMillis(longestWaitNanos));
    line(table, "running", running);
    mean(table, "mean_queue_us", queueNanos);
    mean(table, "mean_run_us", runNanos);
    mean(table, "mean_reset_us", resetNanos);
    line(table, "workers", workers);
    line(table, "instances", instances);
    line(table, "replaced", replaced);
    line(table, "poisoned", poisoned);
    line(table, "abandoned_threads", abandonedThreads);
    line(table, "materialised_bytes", materialisedBytes);
    return table.toString();
  }

  /** Wide enough for the longest label. */
  private static final int WIDTH = 20;

  private static void line(StringBuilder table, String label, long value) {
    table.append(String.format(Locale.ROOT, "%n%-" + WIDTH + "s%,15d", label, value));
  }

  private void mean(StringBuilder table, String label, long nanos) {
    double micros = ran == 0 ? 0 : nanos / 1e3 / ran;
    table.append(String.format(Locale.ROOT, "%n%-" + WIDTH + "s%,15.1f", label, micros));
  }
}
