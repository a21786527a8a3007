package org.wasmheap.pool;

import org.jspecify.annotations.Nullable;

/**
 * The calls that a worker's thread is in the middle of, over all pools, the innermost first. One
 * thread's own.
 *
 * <p>Whoever submits a call from a worker's thread may wait for its result there, and nobody else
 * can have what the thread holds meanwhile. So such a call runs at once, on the same thread: then
 * no thread ever waits for a worker while it is one.
 */
final class CallStack {
  private static final ThreadLocal<@Nullable CallStack> OF_THREAD = new ThreadLocal<>();

  private @Nullable CallTask<?, ?> innermost;
  private int depth;

  CallStack() {}

  /** The stack of the calling thread, which is a worker's from here on. */
  static CallStack install() {
    CallStack stack = new CallStack();
    OF_THREAD.set(stack);
    return stack;
  }

  /** The stack of the calling thread; {@code null} if it is no worker's. */
  static @Nullable CallStack current() {
    return OF_THREAD.get();
  }

  void push(CallTask<?, ?> task) {
    task.setMaker(innermost);
    innermost = task;
    depth++;
  }

  /** A call is over; nothing if it was taken off before. */
  void pop(CallTask<?, ?> task) {
    if (innermost == task) {
      innermost = task.maker();
      task.setMaker(null);
      depth--;
    }
  }

  /** No call runs on this thread any more. */
  void clear() {
    innermost = null;
    depth = 0;
  }

  /** A call ends no later than the call that makes it. */
  long earlierDeadline(long nanoTime) {
    CallTask<?, ?> maker = innermost;
    return maker == null || nanoTime - maker.deadlineNanos() < 0 ? nanoTime : maker.deadlineNanos();
  }

  /** How many calls run on this thread. */
  int depth() {
    return depth;
  }

  /** The innermost call that runs; {@code null} outside of calls, in a listener say. */
  @Nullable CallTask<?, ?> innermost() {
    return innermost;
  }
}
