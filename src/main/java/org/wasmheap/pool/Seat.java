package org.wasmheap.pool;

import org.jspecify.annotations.Nullable;

/**
 * What the queue knows of a worker.
 *
 * <p>Its last call is the worker's own: the queue takes it out in its lock, on the worker's thread,
 * before it lets that thread wait: so a thread that waits for work holds no call, not even in a
 * frame of its stack. All else is guarded by the queue's lock, but that the worker looks at {@link
 * #surplus}, which is set on its own thread, without it.
 */
final class Seat<G> {
  /** The call that the worker comes from, until the queue has heard that it is finished. */
  @Nullable CallTask<G, ?> last;

  /** Whether the worker is to end, since there are to be fewer. */
  boolean calledAway;

  /** Whether it has heard that. */
  boolean left;

  /** Whether the worker has an instance, or makes one. */
  boolean hasInstance;

  /** Whether it makes one and has not failed at it. */
  boolean makes;

  /** Whether it is to give its instance up, since no call needs it. Set on the worker's thread. */
  boolean surplus;
}
