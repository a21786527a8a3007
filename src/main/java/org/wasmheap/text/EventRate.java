package org.wasmheap.text;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * How often one kind of event may be written: a few at once, then so many a second. Those that are
 * left out are counted, and the next one that is written tells how many they were.
 *
 * <p>Guarantees, for any number of threads:
 *
 * <ol>
 *   <li>Within {@code t} seconds at most {@code burst + t * perSecond} events are admitted.
 *   <li>What {@link #admit} and {@link #takeUntold} return counts each event that was left out
 *       once.
 * </ol>
 *
 * <p>Nothing waits and nothing is allocated, so it may be asked where memory has run out.
 */
public final class EventRate {
  /** What {@link #admit} returns for an event that is to be left out. */
  public static final long LEFT_OUT = -1;

  private static final String KEY = "suppressed";

  private final long stepNanos;
  private final long burstNanos;
  private final LongSupplier nanoClock;

  /**
   * When all events that were admitted so far would have come, had each kept its distance from the
   * one before it. Each admitted event moves it on by a step, atomically, and what takes room for
   * more by as many.
   */
  private final AtomicLong paidUntil;

  /** Events that were left out and that nobody was told of. Each change is atomic. */
  private final AtomicLong untold = new AtomicLong();

  /**
   * A new one, which admits a burst from now on.
   *
   * @param burst how many may come at once, 1 or more
   * @param perSecond how many may come in each second after that, 1 or more
   * @param nanoClock like {@link System#nanoTime}
   */
  EventRate(int burst, int perSecond, LongSupplier nanoClock) {
    this.stepNanos = TimeUnit.SECONDS.toNanos(1) / perSecond;
    this.burstNanos = (burst - 1) * stepNanos;
    this.nanoClock = nanoClock;
    this.paidUntil = new AtomicLong(nanoClock.getAsLong());
  }

  /**
   * Asks whether an event may be written.
   *
   * @return {@link #LEFT_OUT} if it may not; else how many were left out before it, which is then
   *     told, by {@link #withLeftOut}
   */
  public long admit() {
    if (!take(1)) {
      untold.incrementAndGet();
      return LEFT_OUT;
    }
    return untold.getAndSet(0);
  }

  /**
   * Takes room for so many at once, if there is room for all of them. Counts nothing: what is left
   * out for want of room is the caller's to count.
   *
   * @param units events, or what else is bounded, 1 or more
   * @return whether it was taken
   */
  public boolean take(int units) {
    while (true) {
      long now = nanoClock.getAsLong();
      long paid = paidUntil.get();
      long from = paid - now < 0 ? now : paid;
      long last = from + (units - 1) * stepNanos;
      if (last - now > burstNanos) {
        return false;
      }
      if (paidUntil.compareAndSet(paid, last + stepNanos)) {
        return true;
      }
    }
  }

  /**
   * An event that was admitted is left out after all.
   *
   * @param told what {@link #admit} returned for it: nobody was told of those either
   */
  public void leaveOut(long told) {
    untold.addAndGet(told + 1);
  }

  /**
   * Adds to an event how many like it were left out before it; nothing if none was.
   *
   * @param event the one that was admitted
   * @param leftOut what {@link #admit} returned
   * @return the event
   */
  public static LoggingEventBuilder withLeftOut(LoggingEventBuilder event, long leftOut) {
    return leftOut > 0 ? event.addKeyValue(KEY, leftOut) : event;
  }

  /** Whether events were left out that nobody was told of. */
  boolean hasUntold() {
    return untold.get() > 0;
  }

  /** How many events were left out and not told; the caller tells of them. */
  long takeUntold() {
    return untold.getAndSet(0);
  }
}
