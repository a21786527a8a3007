package org.wasmheap.pool;

/**
 * What an executor has done and is doing: a snapshot, each figure exact, taken one after another.
 *
 * <p>When nothing is queued or running, {@code submitted = completed + failed + rejected +
 * cancelled}.
 *
 * @param submitted calls submitted
 * @param completed calls that succeeded
 * @param failed calls that failed, deadlines and shutdown included
 * @param rejected calls that found no room in the queue, or the executor shut down
 * @param cancelled calls whose future was cancelled
 * @param nested of the submitted calls, those that workers' threads made, which never wait
 * @param queued calls that wait now
 * @param running calls that run now
 * @param workers threads
 * @param instances instances that live now, those in reserve included
 * @param replaced instances made in place of one that was discarded
 * @param poisoned heaps that were poisoned
 * @param lostThreads threads that did not come back from a call, and have not yet
 * @param materialisedBytes real bytes set aside for the linear memories of the live instances
 */
public record ExecutorStatistics(
    long submitted,
    long completed,
    long failed,
    long rejected,
    long cancelled,
    long nested,
    int queued,
    int running,
    int workers,
    int instances,
    long replaced,
    long poisoned,
    int lostThreads,
    long materialisedBytes) {}
