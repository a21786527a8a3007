package org.wasmheap.host;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.text.Printable;

/** The log of what guests say, which is that of the logger {@code org.wasmheap.guest}. */
final class GuestLog {
  private static final Logger LOG = LoggerFactory.getLogger("org.wasmheap.guest");

  private GuestLog() {}

  /** The logger is there when this returns: no guest must be the first that needs it. */
  static void ensure() {
    LOG.isTraceEnabled();
  }

  /**
   * Writes a message.
   *
   * @param target fit to stand in quotes
   * @param message fit for a log
   */
  static void write(HeapHandle heap, Level level, String target, String message) {
    LOG.atLevel(level)
        .addKeyValue("heap", Printable.name(heap.heapName()))
        .addKeyValue("target", target)
        .log(message);
  }
}
