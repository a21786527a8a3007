package org.wasmheap.pool;

import org.jspecify.annotations.Nullable;

/**
 * The call that a worker comes from, until the queue has heard that it is finished. The queue takes
 * it out in its lock, on the worker's thread, before it lets that thread wait: so a thread that
 * waits for work holds no call, not even in a frame of its stack. The worker's alone.
 */
final class LastCall<G> {
  @Nullable CallTask<G, ?> task;
}
