package org.wasmheap.block;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.wasmheap.endive.CodeStore;
import org.wasmheap.memory.MemoryBudget;
import org.wasmheap.pool.PoolListener;
import org.wasmheap.runtime.HeapStrategy;

/**
 * What a block executor was set to; {@link BlockExecutor.Builder} says what each value means.
 *
 * @param mostRuntimes that may be there at once
 * @param codeStore where compiled code is kept, if anywhere
 * @param workers instances of each runtime, and threads
 * @param queueCapacity calls of each class that may wait
 * @param strategy size of the memories; {@code null} for what each state says
 * @param deadline of a block or a call, from its submission
 * @param loadDeadline of loading a runtime
 * @param instanceDeadline of making an instance
 * @param overlayBytes what a call's changes may take
 * @param verifyResets whether each reset is verified
 * @param memoryBudget what all memory of the instances is taken from
 * @param warmUp what new instances of its runtime execute first, if anything
 * @param listener hears of all heaps
 */
record ExecutorOptions(
    int mostRuntimes,
    @Nullable CodeStore codeStore,
    int workers,
    int queueCapacity,
    @Nullable HeapStrategy strategy,
    Duration deadline,
    Duration loadDeadline,
    Duration instanceDeadline,
    long overlayBytes,
    boolean verifyResets,
    MemoryBudget memoryBudget,
    @Nullable WarmUpBlock warmUp,
    PoolListener listener) {}
