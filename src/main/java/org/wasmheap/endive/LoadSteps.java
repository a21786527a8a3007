package org.wasmheap.endive;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * Where the time of a load goes, for the log: the event {@code code.loaded}, at level DEBUG, has
 * the microseconds of each step in the order of the steps. One thread's own.
 */
final class LoadSteps {
  private static final Logger LOG = LoggerFactory.getLogger(LoadSteps.class);

  private final Map<String, Long> micros = new LinkedHashMap<>();
  private long since = System.nanoTime();

  /** What was done since the step before, or since the beginning. */
  void did(String step) {
    long now = System.nanoTime();
    micros.put(step, TimeUnit.NANOSECONDS.toMicros(now - since));
    since = now;
  }

  void log(CodeCounts figures) {
    LoggingEventBuilder event =
        LOG.atDebug()
            .addKeyValue("event", "code.loaded")
            .addKeyValue("functions", figures.functions())
            .addKeyValue("interpreted", figures.interpreted())
            .addKeyValue("huge", figures.huge())
            .addKeyValue("fromStore", figures.fromStore());
    for (Map.Entry<String, Long> each : micros.entrySet()) {
      event = event.addKeyValue(each.getKey() + "Micros", each.getValue());
    }
    event.log("A module was loaded");
  }
}
