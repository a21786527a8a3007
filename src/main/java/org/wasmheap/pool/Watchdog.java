package org.wasmheap.pool;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The work of the thread that holds calls to their deadlines and ends those that nobody else ends.
 * It interrupts factories that take too long, and takes memory that was not used for long, too.
 */
final class Watchdog<G> implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(Watchdog.class);

  /** However short the times are that it was set to, it does not look all the time. */
  private static final long SHORTEST_LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private final PoolSettings<G> settings;
  private final InstanceSlots<G> slots;
  private final Workers<G> workers;
  private final RejectionLog rejections;
  private final UntoldEvents events;
  private final Reaper<G> reaper;
  private final Duration unused;

  Watchdog(
      PoolSettings<G> settings,
      InstanceSlots<G> slots,
      Workers<G> workers,
      RejectionLog rejections,
      UntoldEvents events,
      Reaper<G> reaper) {
    this.settings = settings;
    this.slots = slots;
    this.workers = workers;
    this.rejections = rejections;
    this.events = events;
    this.reaper = reaper;
    this.unused = Duration.ofNanos(settings.idleNanos());
  }

  @Override
  public void run() {
    // A slow factory, too, is to be seen in time, and so is what the log was not told yet.
    long nanos = Math.min(settings.idleNanos(), 2 * settings.graceNanos());
    nanos = Math.min(nanos, settings.instanceNanos());
    nanos = Math.min(nanos, RejectionLog.INTERVAL_NANOS);
    nanos = Math.max(nanos, SHORTEST_LOOK_NANOS);
    look(); // What it needs is loaded while there is memory.
    boolean more = true;
    while (more) {
      try {
        more = reaper.awaitAndEnd(nanos);
      } catch (Throwable e) {
        FullJavaHeap.pauseAfter(LOG, e);
      }
      look();
    }
  }

  /** Deadlines must hold whatever fails here. */
  private void look() {
    try {
      workers.replaceMissing();
      slots.lookAtMakings(System.nanoTime());
      slots.trim(unused);
      workers.lookForSurplus();
      rejections.tellIfDue();
      events.tellIfDue();
    } catch (Throwable e) {
      FullJavaHeap.pauseAfter(LOG, e);
    }
  }
}
