package org.wasmheap.pool;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;
import org.wasmheap.pool.CallOptions.CallClass;
import org.wasmheap.text.Printable;

/**
 * Tells the log that calls find no room: at once when it begins, then at most one event an interval
 * with the counts since the last one. What was counted and not told is told when the next event is
 * due, by the watchdog if no rejection comes, or at the end.
 *
 * <p>Any thread; nobody logs inside the monitor.
 */
final class RejectionLog {
  static final long INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(10);

  private static final Logger LOG = LoggerFactory.getLogger(RejectionLog.class);

  /** Made once: an event concatenates nothing. */
  private static final Map<CallClass, String> KEYS = new EnumMap<>(CallClass.class);

  static {
    for (CallClass each : CallClass.values()) {
      KEYS.put(each, "rejected." + each.label());
    }
  }

  private final String pool;
  private final LongSupplier nanoClock;

  // All below: guarded by the monitor.

  /** What was not told yet; {@code null} if nothing. */
  private @Nullable Untold untold;

  /** When the next event may come, nanoTime. */
  private long dueNanos;

  /** Rejections since the last event, and the largest figures that they met. */
  private static final class Untold {
    private final long sinceNanos;
    private final Map<CallClass, Long> rejected = new EnumMap<>(CallClass.class);
    private int waiting;
    private int running;
    private long longestWaitNanos;

    Untold(long sinceNanos) {
      this.sinceNanos = sinceNanos;
    }

    void add(CallClass callClass, CallQueue.Refusal refusal) {
      long before = rejected.getOrDefault(callClass, 0L);
      rejected.put(callClass, before + 1);
      waiting = Math.max(waiting, refusal.waiting());
      running = Math.max(running, refusal.running());
      longestWaitNanos = Math.max(longestWaitNanos, refusal.longestWaitNanos());
    }
  }

  RejectionLog(String pool, LongSupplier nanoClock) {
    this.pool = pool;
    this.nanoClock = nanoClock;
    this.dueNanos = nanoClock.getAsLong();
  }

  /** A call of a class found no room. */
  void rejected(CallClass callClass, CallQueue.Refusal refusal) {
    if (!LOG.isWarnEnabled()) {
      return;
    }
    long now = nanoClock.getAsLong();
    log(count(callClass, refusal, now), now);
  }

  /** From time to time: tells what nobody was told of, if it is due. */
  void tellIfDue() {
    long now = nanoClock.getAsLong();
    log(takeIfDue(now), now);
  }

  /** The executor ends: tells what nobody was told of. */
  void tellRest() {
    log(take(), nanoClock.getAsLong());
  }

  private synchronized @Nullable Untold count(
      CallClass callClass, CallQueue.Refusal refusal, long now) {
    if (untold == null) {
      untold = new Untold(now);
    }
    untold.add(callClass, refusal);
    return takeIfDue(now);
  }

  private synchronized @Nullable Untold takeIfDue(long now) {
    if (untold == null || now - dueNanos < 0) {
      return null;
    }
    dueNanos = now + INTERVAL_NANOS;
    return take();
  }

  private synchronized @Nullable Untold take() {
    Untold taken = untold;
    untold = null;
    return taken;
  }

  private void log(@Nullable Untold told, long now) {
    if (told == null) {
      return;
    }
    LoggingEventBuilder event =
        LOG.atWarn()
            .addKeyValue("event", "pool.exhausted")
            .addKeyValue("pool", Printable.name(pool));
    long total = 0;
    for (Map.Entry<CallClass, String> key : KEYS.entrySet()) {
      long rejected = told.rejected.getOrDefault(key.getKey(), 0L);
      total += rejected;
      event = event.addKeyValue(key.getValue(), rejected);
    }
    event
        .addKeyValue("rejected", total)
        .addKeyValue("sinceMillis", TimeUnit.NANOSECONDS.toMillis(now - told.sinceNanos))
        .addKeyValue("waiting", told.waiting)
        .addKeyValue("running", told.running)
        .addKeyValue("longestWaitMillis", TimeUnit.NANOSECONDS.toMillis(told.longestWaitNanos))
        .log("Calls find no room in the queue");
  }
}
