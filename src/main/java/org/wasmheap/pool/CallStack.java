package org.wasmheap.pool;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The calls that a worker's thread is in the middle of, over all pools, the innermost first. One
 * thread's own.
 *
 * <p>Whoever submits a call from within a call may wait for its result there, and nobody else can
 * have what the thread holds meanwhile. So such a call runs at once, on the same thread: then no
 * thread ever waits for a worker while it is one. A listener of a call that has ended holds
 * nothing, and must not wait: what it submits queues like all else.
 */
final class CallStack {
  private static final ThreadLocal<@Nullable CallStack> OF_THREAD = new ThreadLocal<>();

  /** Twice as many as calls may be deep; each takes an instance. */
  private static final int MOST_LEVELS = 128;

  /** The calls that run, the outermost first. Here, and not in the calls: few are nested. */
  private final @Nullable CallTask<?, ?>[] calls = new CallTask<?, ?>[MOST_LEVELS];

  private int depth;

  /** The same with those that have ended and whose hooks and listeners run on this thread. */
  private int levels;

  /** Whether the thread makes an instance, and a call may warm it up. */
  private boolean making;

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
    calls[depth] = task;
    depth++;
    levels++;
  }

  /**
   * A call is over, but for the hooks and listeners that hear of it: they are in no call, and stand
   * on the stack all the same.
   */
  void end(CallTask<?, ?> task) {
    if (innermost() == task) {
      depth--;
      calls[depth] = null;
    }
  }

  /** All that came of a call is over. */
  void pop(CallTask<?, ?> task) {
    end(task);
    levels--;
  }

  /** An instance is made from here on, or is not any more. */
  void making(boolean value) {
    making = value;
  }

  /** No call runs on this thread any more. */
  void clear() {
    Arrays.fill(calls, 0, depth, null);
    depth = 0;
    levels = 0;
    making = false;
  }

  /** Whether the thread is in the middle of a call, or of making an instance. */
  boolean isBusy() {
    return depth > 0 || making;
  }

  /** A call ends no later than the call that makes it. */
  long earlierDeadline(long nanoTime) {
    CallTask<?, ?> maker = innermost();
    return maker == null || nanoTime - maker.deadlineNanos() < 0 ? nanoTime : maker.deadlineNanos();
  }

  /** How many calls run on this thread. */
  int depth() {
    return depth;
  }

  /** Whether hooks or listeners that answer calls with calls have filled the stack. */
  boolean isFull() {
    return levels >= MOST_LEVELS;
  }

  /** The innermost call that runs; {@code null} outside of calls, in a listener say. */
  @Nullable CallTask<?, ?> innermost() {
    return depth == 0 ? null : calls[depth - 1];
  }
}
