package org.wasmheap.runtime;

import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.wasmheap.pool.ExecutorStatistics;
import org.wasmheap.runtime.BackOff.Blame;
import org.wasmheap.runtime.RuntimeLoader.LoadFailure;

/**
 * Does what a pool's registry says is to be done: loads runtimes, and ends those that drain, each
 * on a thread of the pool, and tells the registry what came of it.
 *
 * <p>Whatever changes the registry calls {@link #dispatch} afterwards, without any lock. Any
 * thread.
 */
final class RuntimeKeeper {
  private static final long FOREVER_NANOS = Long.MAX_VALUE / 2;
  private static final long BRIEF_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final RuntimeRegistry<ReadyRuntime> registry;
  private final RuntimeLoader loader;
  private final RuntimeThreads threads;
  private final Duration drain;

  /** Foreign code behind both; it throws nothing. */
  private final Consumer<ReadyRuntime> loaded;

  private final Consumer<ReadyRuntime> gone;

  /**
   * Written by the thread that closes; read by those whose loads then fail as they should, and who
   * end what was not evicted.
   */
  private volatile boolean closed;

  RuntimeKeeper(
      RuntimeRegistry<ReadyRuntime> registry,
      RuntimeLoader loader,
      int most,
      Duration drain,
      Consumer<ReadyRuntime> loaded,
      Consumer<ReadyRuntime> gone) {
    this.registry = registry;
    this.loader = loader;
    this.threads = new RuntimeThreads(most);
    this.drain = drain;
    this.loaded = loaded;
    this.gone = gone;
  }

  /** Has done, on other threads, what is to be done now. Never waits. */
  void dispatch() {
    for (RuntimeEntry<ReadyRuntime> next = registry.nextToLoad();
        next != null;
        next = registry.nextToLoad()) {
      RuntimeEntry<ReadyRuntime> entry = next;
      try {
        threads.load(() -> load(entry));
      } catch (Throwable e) { // No thread to be had, or the pool is closed.
        registry.notLoaded(entry, e, Blame.HOST);
      }
    }
    for (RuntimeEntry<ReadyRuntime> next = registry.nextToEnd();
        next != null;
        next = registry.nextToEnd()) {
      RuntimeEntry<ReadyRuntime> entry = next;
      try {
        threads.end(() -> end(entry, drain));
      } catch (Throwable e) {
        registry.putBackToEnd(entry); // Whoever ends a lease or waits for one comes back to it.
        if (!closed) {
          RuntimeEvents.failed("evict", e);
        }
        return;
      }
    }
  }

  /** On a thread of the pool. Whatever comes of it, those who wait are told. */
  private void load(RuntimeEntry<ReadyRuntime> entry) {
    ReadyRuntime ready;
    try {
      ready = loader.load(entry.key(), Objects.requireNonNull(registry.codeOf(entry), "code"));
    } catch (LoadFailure e) {
      notLoaded(entry, e.thrown(), e.blame());
      return;
    } catch (Throwable e) { // Without memory, say.
      notLoaded(entry, e, Blame.HOST);
      return;
    }
    loaded.accept(ready);
    if (registry.loaded(entry, ready, ready.isFromStore())) {
      dispatch();
      RuntimeEvents.loaded(entry.key(), ready);
    } else {
      ready.executor().shutdown(Duration.ofMillis(1));
      tellGone(ready);
    }
  }

  private void notLoaded(RuntimeEntry<ReadyRuntime> entry, Throwable thrown, Blame blame) {
    registry.notLoaded(entry, thrown, blame);
    dispatch();
    if (!closed) {
      RuntimeEvents.loadFailed(entry.key(), thrown);
    }
  }

  /** Its name is free when all have heard: what they have under it is not the next one's. */
  private void tellGone(ReadyRuntime ready) {
    gone.accept(ready);
    loader.gone(ready);
  }

  /** On a thread of the pool. Whatever comes of it, the room is free. */
  private void end(RuntimeEntry<ReadyRuntime> entry, Duration limit) {
    ReadyRuntime ready = registry.loadedOf(entry);
    ExecutorStatistics.@Nullable ShutdownAccount account = null;
    boolean news;
    try {
      account = ready.executor().shutdown(limit);
    } catch (Throwable e) {
      RuntimeEvents.failed("end", e);
    } finally {
      news = registry.gone(entry, account == null ? null : account.total());
    }
    dispatch();
    if (news && account != null && !closed) {
      RuntimeEvents.evicted(entry.key(), account);
    }
    if (news) {
      tellGone(ready);
    }
  }

  /** Has a preparation made; refused if the pool is closed. */
  void prepare(Runnable task) {
    threads.prepare(task);
  }

  /** A preparation that was queued will not be made. */
  void forget(Runnable task) {
    threads.forget(task);
  }

  /**
   * Closes the registry, gives loads up, and has all executors shut down. One thread at a time: who
   * comes second finds all ends begun.
   */
  synchronized void close(long untilNanos) {
    closed = true;
    var left = registry.close();
    threads.giveUp();
    for (RuntimeEntry<ReadyRuntime> each : left) {
      Duration time = Duration.ofNanos(Math.max(1, untilNanos - System.nanoTime()));
      try {
        threads.end(() -> end(each, time));
      } catch (Throwable e) { // No thread to be had: one after the other, then.
        RuntimeEvents.failed("shutdown", e);
        end(each, time);
      }
    }
    threads.endNoMore();
  }

  /**
   * Waits for what {@link #close} began; whether nothing and no thread is left.
   *
   * @param untilNanos for the threads; what ends an executor has the executor's own limits
   */
  boolean awaitEnd(long untilNanos) {
    boolean interrupted = false;
    boolean ended = false;
    try {
      ended = registry.isAllGoneWithin(FOREVER_NANOS) && threads.awaitEnd(untilNanos);
    } catch (InterruptedException e) {
      interrupted = true;
      ended = endBriefly();
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return ended;
  }

  /** What is being ended is interrupted, and has a second. */
  private boolean endBriefly() {
    threads.interruptEnds();
    try {
      return registry.isAllGoneWithin(BRIEF_NANOS) && threads.awaitEnd(System.nanoTime());
    } catch (InterruptedException e) {
      return false;
    }
  }
}
