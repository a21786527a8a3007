package org.wasmheap.host;

import java.util.List;
import org.slf4j.event.Level;
import org.wasmheap.endive.HostFunction;
import org.wasmheap.endive.PointerSize;
import org.wasmheap.guest.CallScope;
import org.wasmheap.heap.HeapHandle;
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
    String target = GuestText.readTarget(heap, PointerSize.of(arguments[1]));
    String message = GuestText.read(heap, PointerSize.of(arguments[2]));
    if (level == ERROR) {
      scope.guestSaid(message);
    }
    boolean known = Integer.compareUnsigned(level, LEVELS.size()) < 0;
    GuestLog.write(heap, known ? LEVELS.get(level) : Level.TRACE, target, message);
    return 0;
  }
}
