package org.wasmheap.text;

import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The rates of the events of one pool: whatever its guests do, they write a few lines a second.
 *
 * <p>An executor begins them under its name and ends them; meanwhile whoever knows the name finds
 * them, so that heaps, which are made anew after each failure, share them. Executors of one name
 * share them, too. There are as many as there are executors that live, and in each one rate for
 * each kind of event that the code knows: both are bounded.
 *
 * <p>What is left out is told by the next event of its kind, or by whoever asks from time to time
 * ({@link #takeIfDue}). All methods may be called from any thread.
 */
public final class EventRates {
  /** How often what is left out is told where no event of its kind follows. */
  public static final long INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(10);

  private static final int BURST = 5;
  private static final int PER_SECOND = 3;
  private static final int HOOK_BURST = 2;
  private static final String FAILED_HOOK = "hook.failed.";

  /** For events of no pool, and of pools that no executor runs. */
  private static final EventRates OF_JVM = new EventRates(System::nanoTime);

  /** Those of executors that live. Written in the monitor of {@link #COUNTS}, read by any. */
  private static final Map<String, EventRates> LIVING = new ConcurrentHashMap<>();

  /** How many executors of each name there are. Guarded by its own monitor. */
  private static final Map<String, Integer> COUNTS = new HashMap<>();

  private final LongSupplier nanoClock;
  private final Map<String, EventRate> byEvent = new ConcurrentHashMap<>();

  /** When what is untold is to be told next, nanoTime. Whoever moves it on tells. */
  private final AtomicLong dueNanos;

  /**
   * Rates that nobody finds by name.
   *
   * @param nanoClock like {@link System#nanoTime}
   * @return rates of their own
   */
  public static EventRates unnamed(LongSupplier nanoClock) {
    return new EventRates(nanoClock);
  }

  private EventRates(LongSupplier nanoClock) {
    this.nanoClock = nanoClock;
    this.dueNanos = new AtomicLong(nanoClock.getAsLong() + INTERVAL_NANOS);
  }

  /**
   * An executor begins.
   *
   * @param pool its name
   * @return the rates of that name, until {@link #end} was called as often
   */
  public static EventRates begin(String pool) {
    synchronized (COUNTS) {
      COUNTS.merge(pool, 1, Integer::sum);
      return LIVING.computeIfAbsent(pool, any -> new EventRates(System::nanoTime));
    }
  }

  /**
   * An executor has ended. To be called once for each {@link #begin}.
   *
   * @param pool its name
   */
  public static void end(String pool) {
    synchronized (COUNTS) {
      Integer before = COUNTS.get(pool);
      if (before != null && before > 1) {
        COUNTS.put(pool, before - 1);
      } else {
        COUNTS.remove(pool);
        LIVING.remove(pool);
      }
    }
  }

  /**
   * Finds the rates of a pool, without an allocation.
   *
   * @param pool its name
   * @return {@code null} if no executor of that name lives
   */
  public static @Nullable EventRates find(String pool) {
    return LIVING.get(pool);
  }

  /**
   * Finds the rates of a pool, or those for what belongs to none.
   *
   * @param pool its name
   * @return rates that others may share
   */
  public static EventRates of(String pool) {
    EventRates found = LIVING.get(pool);
    return found == null ? OF_JVM : found;
  }

  /**
   * The rates of events that belong to no pool.
   *
   * @return always the same
   */
  public static EventRates ofJvm() {
    return OF_JVM;
  }

  /**
   * The rate of a kind of event: 5 at once, then 3 a second.
   *
   * @param name one that stands in the code, never one that comes from outside
   * @return always the same for the name
   */
  public EventRate event(String name) {
    return event(name, BURST, PER_SECOND);
  }

  /**
   * The rate of the failures of a hook: 2 at once, then 1 a second. Each hook has its own, so that
   * one that always fails does not hide another.
   *
   * @param hook its name, one that stands in the code
   * @return always the same for the name
   */
  public EventRate hook(String hook) {
    return event(FAILED_HOOK + hook, HOOK_BURST, 1);
  }

  /**
   * The rate of a kind of event.
   *
   * @param name one that stands in the code, never one that comes from outside
   * @param burst how many may come at once, 1 or more
   * @param perSecond how many may come in each second after that, 1 or more
   * @return the one that was made first for the name
   */
  public EventRate event(String name, int burst, int perSecond) {
    EventRate found = byEvent.get(name);
    if (found != null) {
      return found;
    }
    // No lambda: one that is met first where memory has run out cannot be made.
    EventRate made = new EventRate(burst, perSecond, nanoClock);
    EventRate first = byEvent.putIfAbsent(name, made);
    return first == null ? made : first;
  }

  /**
   * What was left out and that nobody was told of, if that is due: at most once in 10 s. The caller
   * tells of it.
   *
   * @return how many of each kind of event; none if nothing is due
   */
  public SortedMap<String, Long> takeIfDue() {
    long now = nanoClock.getAsLong();
    long due = dueNanos.get();
    if (now - due < 0 || !hasUntold() || !dueNanos.compareAndSet(due, now + INTERVAL_NANOS)) {
      return new TreeMap<>();
    }
    return take();
  }

  /**
   * The same, due or not.
   *
   * @return how many of each kind of event; none if all was told
   */
  public SortedMap<String, Long> take() {
    SortedMap<String, Long> taken = new TreeMap<>();
    for (Map.Entry<String, EventRate> each : byEvent.entrySet()) {
      long untold = each.getValue().takeUntold();
      if (untold > 0) {
        taken.put(each.getKey(), untold);
      }
    }
    return taken;
  }

  private boolean hasUntold() {
    for (EventRate each : byEvent.values()) {
      if (each.hasUntold()) {
        return true;
      }
    }
    return false;
  }
}
