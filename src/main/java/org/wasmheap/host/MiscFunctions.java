package org.wasmheap.host;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.Level;
import org.wasmheap.endive.HostFunction;
import org.wasmheap.endive.PointerSize;
import org.wasmheap.guest.CallScope;
import org.wasmheap.heap.HeapHandle;
import run.endive.wasm.types.ValType;

/**
 * The group {@code ext_misc_*}: printing, at debug level, and the version of a runtime.
 *
 * <p>Source: the host API of the Polkadot specification.
 */
final class MiscFunctions {
  /** What a runtime prints has no target of its own; Substrate files it under this one. */
  private static final String TARGET = "runtime";

  private static final List<ValType> RANGE = List.of(ValType.I64);

  private MiscFunctions() {}

  /** Without a reader of versions, the function that asks for one is missing. */
  static List<HostFunction> all(@Nullable VersionReader versions) {
    List<HostFunction> all = new ArrayList<>();
    all.add(printing("num", MiscFunctions::printNumber));
    all.add(printing("utf8", MiscFunctions::printText));
    all.add(printing("hex", MiscFunctions::printHex));
    if (versions != null) {
      all.add(runtimeVersion(versions));
    }
    return all;
  }

  private static HostFunction printing(String name, Printer printer) {
    return HostFunction.env(
            "ext_misc_print_" + name + "_version_1",
            RANGE,
            List.of(),
            (scope, arguments) -> {
              printer.print(scope, arguments[0]);
              return 0;
            })
        .withPreload(scope -> GuestText.goThrough(scope.heap()));
  }

  private static void printNumber(CallScope scope, long number) {
    GuestLog line = GuestLog.line(scope.heap(), Level.DEBUG, 0);
    if (line != null) {
      line.write(TARGET, Long.toUnsignedString(number));
    }
  }

  private static void printText(CallScope scope, long argument) {
    HeapHandle heap = scope.heap();
    PointerSize range = PointerSize.of(argument);
    int bytes = GuestText.bytesTaken(heap, range);
    scope.guestSaid(GuestText.words(heap, range)); // Old runtimes print what they panic with.
    GuestLog line = GuestLog.line(heap, Level.DEBUG, bytes);
    if (line != null) {
      line.write(TARGET, GuestText.read(heap, range));
    }
  }

  private static void printHex(CallScope scope, long argument) {
    HeapHandle heap = scope.heap();
    PointerSize range = PointerSize.of(argument);
    int bytes = GuestText.bytesTaken(heap, range); // Two characters each.
    GuestLog line = GuestLog.line(heap, Level.DEBUG, 2 * bytes);
    if (line != null) {
      line.write(TARGET, GuestText.readHex(heap, range));
    }
  }

  private static HostFunction runtimeVersion(VersionReader versions) {
    return HostFunction.env(
            "ext_misc_runtime_version_version_1",
            RANGE,
            RANGE,
            (scope, arguments) -> putVersion(scope, arguments[0], versions))
        .withPreload(
            scope ->
                PreloadSamples.goThrough(
                    scope.heap(),
                    RANGE,
                    arguments -> putVersion(scope, arguments[0], (code, left) -> code)));
  }

  private static long putVersion(CallScope scope, long range, VersionReader versions)
      throws Exception {
    HeapHandle heap = scope.heap();
    byte[] code = GuestMemory.copy(heap, PointerSize.of(range));
    return ScaleResults.bytes(heap, versions.versionOf(code, scope.timeLeft()));
  }

  /** Writes what the argument of a printing function is. */
  @FunctionalInterface
  private interface Printer {
    void print(CallScope scope, long argument);
  }
}
