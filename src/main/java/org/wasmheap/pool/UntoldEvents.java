package org.wasmheap.pool;

import java.util.Map;
import java.util.SortedMap;
import java.util.StringJoiner;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.wasmheap.text.EventRates;
import org.wasmheap.text.Printable;

/**
 * Tells the log how many events of a pool were left out, since they came too often, where no event
 * of the same kind came later and told. The rates of the pool are there from its beginning until
 * {@link #end}.
 *
 * <p>Any thread.
 */
final class UntoldEvents {
  private static final Logger LOG = LoggerFactory.getLogger(UntoldEvents.class);

  private final String pool;
  private final EventRates rates;

  /** Whether the executor has ended. Whoever sets it ends the rates. */
  private final AtomicBoolean ended = new AtomicBoolean();

  /** An executor begins. */
  UntoldEvents(String pool) {
    this.pool = pool;
    this.rates = EventRates.begin(pool);
  }

  /** From time to time: tells what nobody was told of, if that is due; of no pool, too. */
  void tellIfDue() {
    log(pool, rates.takeIfDue());
    log(null, EventRates.ofJvm().takeIfDue());
  }

  /** The executor has ended: tells what nobody was told of. */
  void end() {
    if (ended.compareAndSet(false, true)) {
      EventRates.end(pool);
    }
    log(pool, rates.take());
  }

  private static void log(@Nullable String pool, SortedMap<String, Long> leftOut) {
    if (leftOut.isEmpty()) {
      return;
    }
    long all = 0;
    StringJoiner of = new StringJoiner(", ");
    for (Map.Entry<String, Long> each : leftOut.entrySet()) {
      all += each.getValue();
      of.add(each.getKey() + ": " + each.getValue());
    }
    LOG.atWarn()
        .addKeyValue("event", "events.suppressed")
        .addKeyValue("pool", pool == null ? null : Printable.name(pool))
        .addKeyValue("suppressed", all)
        .addKeyValue("of", of.toString())
        .log("Events came too often, and were left out");
  }
}
