package org.wasmheap.runtime;

import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.wasmheap.pool.ExecutorStatistics;
import org.wasmheap.text.Printable;

/** What a pool of runtimes tells the log: an event for each fact. Nobody calls it under a lock. */
final class RuntimeEvents {
  private static final Logger LOG = LoggerFactory.getLogger(RuntimeEvents.class);

  private RuntimeEvents() {}

  static void loaded(RuntimeKey key, ReadyRuntime ready) {
    LOG.atInfo()
        .addKeyValue("event", "runtime.loaded")
        .addKeyValue("codeHash", key.codeHash())
        .addKeyValue("strategy", key.strategy().kind())
        .addKeyValue("pages", key.strategy().pages())
        .addKeyValue("origin", Printable.value(ready.runtime().code().origin()))
        .addKeyValue("pool", Printable.name(ready.executor().statistics().pool()))
        .addKeyValue("millis", TimeUnit.NANOSECONDS.toMillis(ready.loadNanos()))
        .addKeyValue("fromStore", ready.isFromStore())
        .log("A runtime was loaded");
  }

  static void loadFailed(RuntimeKey key, Throwable thrown) {
    LOG.atWarn()
        .addKeyValue("event", "runtime.load_failed")
        .addKeyValue("codeHash", key.codeHash())
        .addKeyValue("strategy", key.strategy().kind())
        .addKeyValue("pages", key.strategy().pages())
        .addKeyValue("why", Printable.value(String.valueOf(thrown.getMessage())))
        .setCause(thrown)
        .log("A runtime could not be loaded");
  }

  static void evicted(RuntimeKey key, ExecutorStatistics.ShutdownAccount account) {
    LOG.atInfo()
        .addKeyValue("event", "runtime.evicted")
        .addKeyValue("codeHash", key.codeHash())
        .addKeyValue("strategy", key.strategy().kind())
        .addKeyValue("pages", key.strategy().pages())
        .addKeyValue("pool", Printable.name(account.total().pool()))
        .addKeyValue("calls", account.total().submitted())
        .addKeyValue("cutOff", account.cutOff())
        .addKeyValue("threadsLeft", account.threadsLeft())
        .log("A runtime was given up");
  }

  /** A thread cannot be had, or foreign code failed that was told of something. */
  static void failed(String at, Throwable thrown) {
    try {
      LOG.atError()
          .addKeyValue("event", "runtime_pool.failed")
          .addKeyValue("at", at)
          .setCause(thrown)
          .log("The pool of runtimes failed at something of its own, and goes on");
    } catch (Throwable unlogged) {
      // Without memory, say: nothing here that could fail.
      return;
    }
  }
}
