package org.wasmheap.runtime;

import com.google.common.util.concurrent.Futures;
import com.google.common.util.concurrent.ListenableFuture;
import com.google.common.util.concurrent.MoreExecutors;
import com.google.common.util.concurrent.SettableFuture;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * Prepares a runtime, and ends early if its future is completed by others: cancelled by its caller,
 * or failed by a pool that is closed. The thread that prepares is interrupted then, and never later
 * than this.
 */
final class PreparationTask implements Runnable {
  private final Callable<Preparation> work;
  private final SettableFuture<Preparation> future = SettableFuture.create();

  /** Who waits for it, and whether all have given it up. Guarded by this object's monitor. */
  private int askers;

  private boolean isGivenUp;

  /** Who is at work. Guarded by this object's monitor, under which it is interrupted. */
  private @Nullable Thread runner;

  PreparationTask(Callable<Preparation> work) {
    this.work = work;
    future.addListener(this::interruptRunner, MoreExecutors.directExecutor());
  }

  /**
   * A future for one more who asks for it; it is cancelled when all have cancelled theirs.
   *
   * @return {@code null} if it has ended, or all have given it up
   */
  synchronized @Nullable ListenableFuture<Preparation> join() {
    if (isGivenUp || future.isDone()) {
      return null;
    }
    askers++;
    ListenableFuture<Preparation> own = Futures.nonCancellationPropagating(future);
    own.addListener(
        () -> {
          if (own.isCancelled()) {
            leave();
          }
        },
        MoreExecutors.directExecutor());
    return own;
  }

  private void leave() {
    synchronized (this) {
      askers--;
      isGivenUp |= askers == 0;
      if (!isGivenUp) {
        return;
      }
    }
    future.cancel(false); // Its listeners are called without the monitor.
  }

  /** Has something done when it has ended, however it did. */
  void whenDone(Runnable action) {
    future.addListener(action, MoreExecutors.directExecutor());
  }

  /** Fails it, if it has not ended. */
  void fail(Throwable why) {
    future.setException(why);
  }

  private synchronized void interruptRunner() {
    if (runner != null && runner != Thread.currentThread()) {
      runner.interrupt();
    }
  }

  /** Whether there is anything to do; from here on the calling thread may be interrupted. */
  private synchronized boolean begin() {
    if (future.isDone()) {
      return false;
    }
    runner = Thread.currentThread();
    return true;
  }

  private synchronized void end() {
    runner = null;
    Thread.interrupted(); // Meant for this task, if it came.
  }

  @Override
  public void run() {
    if (!begin()) {
      return;
    }
    try {
      future.set(work.call());
    } catch (Throwable e) {
      future.setException(e);
    } finally {
      end();
    }
  }
}
