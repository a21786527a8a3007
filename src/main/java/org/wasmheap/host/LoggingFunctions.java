package org.wasmheap.host;

import java.util.List;
import org.slf4j.event.Level;
import org.wasmheap.endive.HostFunction;
import org.wasmheap.endive.PointerSize;
import org.wasmheap.guest.CallScope;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.text.Printable;
import run.endive.wasm.types.ValType;

/**
 * The group {@code ext_logging_*}. A message of the level error is what the guest says last if it
 * traps then, as a runtime does that panics.
 *
 * <p>Source: the host API of the Polkadot specification.
 */
final class LoggingFunctions {
  private static final int ERROR = 0;

  /** By the number of a message's level, which counts from 0 = error. */
  private static final List<Level> LEVELS =
      List.of(Level.ERROR, Level.WARN, Level.INFO, Level.DEBUG, Level.TRACE);

  private LoggingFunctions() {}

  static List<HostFunction> all(int maxLogLevel) {
    return List.of(
        HostFunction.env(
                "ext_logging_log_version_1",
                List.of(ValType.I32, ValType.I64, ValType.I64),
                List.of(),
                LoggingFunctions::log)
            .withPreload(scope -> GuestText.goThrough(scope.heap())),
        HostFunction.env(
            "ext_logging_max_level_version_1",
            List.of(),
            List.of(ValType.I32),
            (scope, arguments) -> maxLogLevel));
  }

  private static long log(CallScope scope, long[] arguments) {
    HeapHandle heap = scope.heap();
    int level = (int) arguments[0];
    PointerSize target = PointerSize.of(arguments[1]);
    PointerSize message = PointerSize.of(arguments[2]);
    // Both, whether or not the line is written: a trap must not depend on that.
    int bytes =
        Math.min(GuestText.bytesTaken(heap, target), Printable.MAX_NAME)
            + GuestText.bytesTaken(heap, message);
    if (level == ERROR) {
      scope.guestSaid(GuestText.words(heap, message));
    }
    boolean known = Integer.compareUnsigned(level, LEVELS.size()) < 0;
    GuestLog line = GuestLog.line(heap, known ? LEVELS.get(level) : Level.TRACE, bytes);
    if (line != null) {
      line.write(GuestText.readTarget(heap, target), GuestText.read(heap, message));
    }
    return 0;
  }
}
