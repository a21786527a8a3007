package org.wasmheap.heap;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.wasmheap.text.EventRate;

/** Logs what a hook or an observer threw; the call that it listens to goes on. */
final class HookFailures {
  private static final Logger LOG = LoggerFactory.getLogger(HookFailures.class);

  private HookFailures() {}

  /** Loaded when this returns: a hook may fail for want of memory. */
  static void ensure() {}

  /** An event of each kind of value, with a cause, for what writes the log to have met them all. */
  static void logPreloaded(int ways, long micros, Enum<?> last, Throwable cause) {
    LOG.atInfo()
        .addKeyValue("event", "failures.preloaded")
        .addKeyValue("ways", ways)
        .addKeyValue("tookMicros", micros)
        .addKeyValue("last", last)
        .addKeyValue("hook", "none")
        .setCause(cause)
        .log("Every failure was brought about once, so that each is ready");
  }

  /** Logs the failure of a hook of a heap, but for those that come too often. */
  static void suppress(HookMark mark, String hook, Throwable thrown) {
    try {
      long leftOut = mark.events.hook(hook).admit();
      if (leftOut != EventRate.LEFT_OUT) {
        log(hook, thrown, leftOut);
      }
    } catch (Throwable unlogged) {
      // Where stack or memory ran out in the hook, they may run out here as well.
      return;
    }
  }

  /** The same where there is no heap yet. */
  static void suppress(String hook, Throwable thrown) {
    try {
      log(hook, thrown, 0);
    } catch (Throwable unlogged) {
      return;
    }
  }

  private static void log(String hook, Throwable thrown, long leftOut) {
    EventRate.withLeftOut(LOG.atWarn().addKeyValue("event", "hook.failed"), leftOut)
        .addKeyValue("hook", hook)
        .setCause(thrown)
        .log("A hook threw an exception, which changes nothing");
  }
}
