package org.wasmheap.pool;

import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;
import org.wasmheap.text.Printable;

/**
 * The making of an instance as the watchdog sees it: since when a thread has been at it, and the
 * way to interrupt that thread while it makes the instance and at no other time.
 *
 * <p>The watchdog interrupts inside the monitor, and only while something is made. The thread says
 * inside the same monitor that it is done, and clears its flag there. So an interrupt comes before
 * the end and is gone with it, whatever the timing: no call and no later making can meet it.
 */
final class Making {
  private static final Logger LOG = LoggerFactory.getLogger(Making.class);

  private final PoolSettings<?> settings;

  // All below: guarded by the monitor.

  /** Who makes an instance; {@code null} if nobody does. */
  private @Nullable Thread maker;

  /** When it began, nanoTime. */
  private long sinceNanos;

  /** Whether it was reported to take long. */
  private boolean isSlow;

  /** Whether it was interrupted, since it took longer than it may. */
  private boolean isLate;

  /** How long it must have taken when it is interrupted next. */
  private long nextInterruptNanos;

  Making(PoolSettings<?> settings) {
    this.settings = settings;
  }

  /** The calling thread begins to make an instance. */
  synchronized void begin() {
    maker = Thread.currentThread();
    sinceNanos = System.nanoTime();
    isSlow = false;
    isLate = false;
    nextInterruptNanos = 0;
  }

  /** It is done, well or not. Its interrupt flag is clean afterwards, whoever has set it. */
  synchronized void end() {
    maker = null;
    Thread.interrupted();
  }

  /**
   * Reports a making that has taken longer than the grace time, and interrupts one that has taken
   * longer than an instance may, again after each grace time. Tells of each once. For the watchdog
   * alone.
   */
  void look(long now) {
    Thread who;
    long nanos;
    boolean becomesSlow;
    boolean becomesLate;
    synchronized (this) {
      who = maker;
      if (who == null) {
        return;
      }
      nanos = now - sinceNanos;
      becomesSlow = !isSlow && nanos > settings.graceNanos();
      isSlow |= becomesSlow;
      boolean late = nanos > settings.instanceNanos();
      becomesLate = late && !isLate;
      isLate |= becomesLate;
      if (late && nanos >= nextInterruptNanos) {
        // Again and again: a factory that tries again may have swallowed the one before.
        nextInterruptNanos = nanos + settings.graceNanos();
        who.interrupt();
      }
    }
    // Outside the monitor: an appender that blocks must not hold up the thread that makes.
    if (becomesSlow) {
      about(LOG.atWarn().addKeyValue("event", "instance.slow"), who, nanos)
          .log("An instance takes long to be made");
    }
    if (becomesLate) {
      about(LOG.atWarn().addKeyValue("event", "instance.interrupted"), who, nanos)
          .log("The making of an instance was interrupted, since it takes too long");
    }
  }

  private LoggingEventBuilder about(LoggingEventBuilder event, Thread who, long nanos) {
    return event
        .addKeyValue("pool", Printable.name(settings.name()))
        .addKeyValue("worker", who.getName())
        .addKeyValue("sinceMillis", TimeUnit.NANOSECONDS.toMillis(nanos));
  }
}
