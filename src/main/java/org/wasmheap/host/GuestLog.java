package org.wasmheap.host;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.text.EventRate;
import org.wasmheap.text.EventRates;
import org.wasmheap.text.Printable;

/**
 * A line of the log of what guests say, which is that of the logger {@code org.wasmheap.guest}.
 *
 * <p>A guest may say as much as it likes, so lines and their characters are bounded: the guests of
 * a pool write 200 lines and 64 Ki characters at once, and 20 lines and 16 Ki characters a second
 * after that; at debug and trace, which somebody must have turned on, 1,000 lines and 1 Mi
 * characters a second. The next line tells how many were left out, or else the pool does.
 *
 * <p>Whether there is room is asked before a text is made: what is not written costs next to
 * nothing. A text's bytes count as characters until it is known how many more it has, escaped.
 */
final class GuestLog {
  private static final Logger LOG = LoggerFactory.getLogger("org.wasmheap.guest");

  private static final int BURST = 200;
  private static final int PER_SECOND = 20;

  /** The longest line has some 50,000: 8 KiB of which each byte takes six, and the target. */
  private static final int CHARACTERS_BURST = 64 << 10;

  private static final int CHARACTERS_PER_SECOND = 16 << 10;
  private static final int DETAILS_PER_SECOND = 1_000;
  private static final int CHARACTERS_OF_DETAILS_PER_SECOND = 1 << 20;

  private final HeapHandle heap;
  private final Level level;
  private final EventRate lines;
  private final EventRate characters;

  /** Lines that were left out before this one. */
  private final long leftOut;

  /** Characters that there is room for already. */
  private final int taken;

  private GuestLog(
      HeapHandle heap,
      Level level,
      EventRate lines,
      EventRate characters,
      long leftOut,
      int taken) {
    this.heap = heap;
    this.level = level;
    this.lines = lines;
    this.characters = characters;
    this.leftOut = leftOut;
    this.taken = taken;
  }

  /** The logger is there when this returns: no guest must be the first that needs it. */
  static void ensure() {
    LOG.isTraceEnabled();
    EventRates.ofJvm();
  }

  /**
   * Asks for room for a line.
   *
   * @param bytes of its texts, as far as they are to be read
   * @return the line; {@code null} if it is not to be written: nobody wants it, or it is left out
   */
  static @Nullable GuestLog line(HeapHandle heap, Level level, int bytes) {
    if (!LOG.isEnabledForLevel(level)) {
      return null;
    }
    EventRates ofPool = EventRates.of(heap.poolName());
    boolean details = level.toInt() < Level.INFO.toInt();
    EventRate lines =
        details
            ? ofPool.event("guest.details", DETAILS_PER_SECOND, DETAILS_PER_SECOND)
            : ofPool.event("guest.lines", BURST, PER_SECOND);
    long leftOut = lines.admit();
    if (leftOut == EventRate.LEFT_OUT) {
      return null;
    }
    EventRate characters =
        details
            ? ofPool.event(
                "guest.details.characters",
                CHARACTERS_OF_DETAILS_PER_SECOND,
                CHARACTERS_OF_DETAILS_PER_SECOND)
            : ofPool.event("guest.lines.characters", CHARACTERS_BURST, CHARACTERS_PER_SECOND);
    if (bytes > 0 && !characters.take(bytes)) {
      lines.leaveOut(leftOut);
      return null;
    }
    return new GuestLog(heap, level, lines, characters, leftOut, bytes);
  }

  /**
   * Writes the line, unless it is so much longer than its bytes that it finds no room.
   *
   * @param target fit to stand in quotes
   * @param message fit for a log
   */
  void write(String target, String message) {
    int more = target.length() + message.length() - taken;
    if (more > 0 && !characters.take(more)) {
      lines.leaveOut(leftOut);
      return;
    }
    EventRate.withLeftOut(LOG.atLevel(level), leftOut)
        .addKeyValue("heap", Printable.name(heap.heapName()))
        .addKeyValue("target", target)
        .log(message);
  }
}
