package org.wasmheap.pool;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.wasmheap.guest.GuestFactory;
import org.wasmheap.heap.GrowthPolicy;
import org.wasmheap.memory.MemoryBudget;
import org.wasmheap.pool.CallOptions.CallClass;

/**
 * What an executor was set to; nothing of it changes while it lives but who listens. Each value was
 * checked by the builder, whose Javadoc says what it means.
 *
 * @param name of the pool
 * @param factory makes the guests
 * @param warmUp made on each new instance before it takes calls, if any
 * @param listener guarded: it does not throw; listeners may come and go
 * @param growthPolicy has a say in growth
 * @param workers threads that take calls, to begin with
 * @param minInstances workers that always have an instance; others when a call needs them
 * @param maxAbandonedThreads threads that do not come back and are replaced all the same
 * @param stackBytes stack of a thread
 * @param queueCapacities for every class, how many calls may wait
 * @param ageingNanos how long a call waits before it has aged
 * @param defaultDeadlineNanos for calls that name none
 * @param graceNanos how long an interrupted call may take to come back
 * @param instanceNanos how long an instance may take to be made before that is interrupted
 * @param maxDepth how many calls deep calls that calls make may be
 * @param budget what all memory is taken from
 * @param idleNanos how long spare memory and nested instances are kept unused
 * @param verifiesResets whether each reset is verified
 */
record PoolSettings<G>(
    String name,
    GuestFactory<G> factory,
    @Nullable WarmUp<G> warmUp,
    GuardedPoolListener listener,
    GrowthPolicy growthPolicy,
    int workers,
    int minInstances,
    int maxAbandonedThreads,
    long stackBytes,
    Map<CallClass, Integer> queueCapacities,
    long ageingNanos,
    long defaultDeadlineNanos,
    long graceNanos,
    long instanceNanos,
    int maxDepth,
    MemoryBudget budget,
    long idleNanos,
    boolean verifiesResets) {}
