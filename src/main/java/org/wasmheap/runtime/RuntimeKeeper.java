package org.wasmheap.runtime;

import java.time.Duration;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * Does what a pool's registry says is to be done: loads runtimes, and ends those that drain, each
 * on a thread of the pool, and tells the registry what came of it.
 *
 * <p>Whatever changes the registry calls {@link #dispatch} afterwards, without any lock. Any
 * thread.
 */
final class RuntimeKeeper {
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
        registry.notLoaded(entry, e, false);
      }
    }
    for (RuntimeEntry<ReadyRuntime> next = registry.nextToEnd();
        next != null;
        next = registry.nextToEnd()) {
      RuntimeEntry<ReadyRuntime> entry = next;
      try {
        threads.end(() -> end(entry, drain));
      } catch (Throwable e) {
        registry.putBackToEnd(entry); // Whoever ends a lease or asks for one comes back to it.
        RuntimeEvents.failed("evict", e);
        return;
      }
    }
  }

  /** On a thread of the pool. Whatever comes of it, those who wait are told. */
  private void load(RuntimeEntry<ReadyRuntime> entry) {
    ReadyRuntime ready;
    try {
      ready = loader.load(entry.key(), Objects.requireNonNull(registry.codeOf(entry), "code"));
    } catch (Throwable e) {
      registry.notLoaded(entry, e, RuntimeLoader.isCodesDoing(e));
      dispatch();
      if (!closed) {
        RuntimeEvents.loadFailed(entry.key(), e);
      }
      return;
    }
    loaded.accept(ready);
    if (registry.loaded(entry, ready, ready.isFromStore())) {
      dispatch();
      RuntimeEvents.loaded(entry.key(), ready);
    } else {
      ready.executor().shutdown(Duration.ofMillis(1));
      gone.accept(ready);
    }
  }

  /** On a thread of the pool. */
  private void end(RuntimeEntry<ReadyRuntime> entry, Duration limit) {
    ReadyRuntime ready = registry.loadedOf(entry);
    var account = ready.executor().shutdown(limit);
    boolean news = registry.gone(entry, account.total());
    dispatch();
    if (news && !closed) {
      RuntimeEvents.evicted(entry.key(), account);
    }
    if (news) {
      gone.accept(ready);
    }
  }

  /** Has a preparation made; refused if the pool is closed. */
  void prepare(Runnable task) {
    threads.prepare(task);
  }

  /** Closes the registry, gives loads up, and has all executors shut down. */
  void close(long untilNanos) {
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
  }

  /** Waits for what {@link #close} began; whether no thread is left. */
  boolean awaitEnd(long untilNanos) {
    return threads.awaitEnd(untilNanos);
  }
}
