package org.wasmheap.pool;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;

/**
 * The diagnostic context (SLF4J's MDC) of the calling thread, as calls take it from thread to
 * thread.
 *
 * <p>What keeps it is anybody's code, and may fail, for want of memory say. Then events lack it,
 * and nothing else changes: logging must not change what becomes of a call.
 */
final class CallMdc {
  private CallMdc() {}

  /** Loaded when this returns, with what keeps the context, see {@link FullJavaHeap}. */
  static void ensure() {
    put(take());
  }

  /** A copy; {@code null} if it is empty. */
  static @Nullable Map<String, String> take() {
    try {
      Map<String, String> copy = MDC.getCopyOfContextMap();
      return copy == null || copy.isEmpty() ? null : copy;
    } catch (Throwable e) {
      return null;
    }
  }

  /**
   * Puts one in place of all that is there.
   *
   * @param copy as {@link #take} gave it, on whichever thread
   */
  static void put(@Nullable Map<String, String> copy) {
    try {
      if (copy == null) {
        MDC.clear();
      } else {
        MDC.setContextMap(copy);
      }
    } catch (Throwable e) {
      // See above.
      return;
    }
  }
}
