package org.wasmheap.host;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.text.EventRate;
import org.wasmheap.text.EventRates;
import org.wasmheap.text.Printable;

/**
 * The log of what guests say, which is that of the logger {@code org.wasmheap.guest}.
 *
 * <p>A guest may say as much as it likes, so the guests of a pool write 200 lines at once and 100 a
 * second after that; at debug and trace, which somebody must have turned on, 1,000 a second. The
 * next line tells how many were left out, or else the pool does.
 */
final class GuestLog {
  private static final Logger LOG = LoggerFactory.getLogger("org.wasmheap.guest");

  private static final int BURST = 200;
  private static final int PER_SECOND = 100;
  private static final int DETAILS_PER_SECOND = 1_000;

  private GuestLog() {}

  /** The logger is there when this returns: no guest must be the first that needs it. */
  static void ensure() {
    LOG.isTraceEnabled();
    EventRates.ofJvm();
  }

  /**
   * Writes a message.
   *
   * @param target fit to stand in quotes
   * @param message fit for a log
   */
  static void write(HeapHandle heap, Level level, String target, String message) {
    if (!LOG.isEnabledForLevel(level)) {
      return;
    }
    long leftOut = rate(heap.poolName(), level).admit();
    if (leftOut == EventRate.LEFT_OUT) {
      return;
    }
    EventRate.withLeftOut(LOG.atLevel(level), leftOut)
        .addKeyValue("heap", Printable.name(heap.heapName()))
        .addKeyValue("target", target)
        .log(message);
  }

  private static EventRate rate(String pool, Level level) {
    EventRates ofPool = EventRates.of(pool);
    return level.toInt() < Level.INFO.toInt()
        ? ofPool.event("guest.details", DETAILS_PER_SECOND, DETAILS_PER_SECOND)
        : ofPool.event("guest.lines", BURST, PER_SECOND);
  }
}
