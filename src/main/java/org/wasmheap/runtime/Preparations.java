package org.wasmheap.runtime;

import com.google.common.util.concurrent.ListenableFuture;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.FailureKind;

/** The preparations of a pool that have not ended: one of each runtime at a time. Any thread. */
final class Preparations {
  private final RuntimeKeeper keeper;

  /** Added to and removed from by any thread. */
  private final Map<RuntimeKey, PreparationTask> tasks = new ConcurrentHashMap<>();

  /** Written once, by the thread that closes the pool; read by those that add preparations. */
  private volatile boolean closed;

  Preparations(RuntimeKeeper keeper) {
    this.keeper = keeper;
  }

  /** Has a runtime prepared, or shares the preparation of it that is under way. */
  ListenableFuture<Preparation> share(RuntimeKey key, Callable<Preparation> work) {
    PreparationTask mine = new PreparationTask(work);
    mine.whenDone(
        () -> {
          tasks.remove(key, mine);
          keeper.forget(mine);
        });
    while (true) {
      PreparationTask there = tasks.putIfAbsent(key, mine);
      ListenableFuture<Preparation> future = (there == null ? mine : there).join();
      if (there == null) {
        begin(mine);
        return Objects.requireNonNull(future, "future");
      }
      if (future != null) {
        return future;
      }
      tasks.remove(key, there); // It has ended, or all who asked for it gave it up.
    }
  }

  private void begin(PreparationTask task) {
    try {
      keeper.prepare(task);
    } catch (RejectedExecutionException e) {
      task.fail(closedException());
    } catch (Throwable e) {
      task.fail(new CallException(FailureKind.of(e), "no thread can be had for a preparation", e));
    }
    if (closed) {
      task.fail(closedException()); // Whoever closes the pool may have looked before it was added.
    }
  }

  /** Fails all, and all that will be asked for. */
  void close() {
    closed = true;
    tasks.values().forEach(each -> each.fail(closedException()));
  }

  private static CallException closedException() {
    return new CallException(FailureKind.SHUTDOWN, "the pool of runtimes is closed", null);
  }
}
