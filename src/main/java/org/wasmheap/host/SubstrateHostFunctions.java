package org.wasmheap.host;

import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import org.wasmheap.endive.HostFunction;
import org.wasmheap.endive.PointerSize;
import org.wasmheap.guest.CallScope;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.memory.MemoryAccessException;
import org.wasmheap.text.Printable;
import run.endive.wasm.types.ValType;

/**
 * Substrate's host functions for hashing, logging and printing, all in the module {@code env}.
 *
 * <ul>
 *   <li>{@code ext_hashing_*_version_1} of {@code blake2_128}, {@code blake2_256}, {@code
 *       keccak_256}, {@code keccak_512}, {@code sha2_256}, {@code twox_64}, {@code twox_128},
 *       {@code twox_256}: the hash is put into a new block of the guest's heap, which is the
 *       guest's to free; data of any length is read piece by piece;
 *   <li>{@code ext_logging_log_version_1}, {@code ext_logging_max_level_version_1};
 *   <li>{@code ext_misc_print_num_version_1}, {@code ext_misc_print_utf8_version_1}, {@code
 *       ext_misc_print_hex_version_1}, logged at debug level.
 * </ul>
 *
 * <p>What a guest logs goes to the logger {@code org.wasmheap.guest} with the keys {@code heap} and
 * {@code target}: cut after 8 KiB, without control characters, and with what is not UTF-8 replaced.
 *
 * <p>The functions hold no state; any number of threads may run them at once. Source: the host API
 * of the Polkadot specification.
 */
public final class SubstrateHostFunctions {
  /** The maximum log level that guests are told if nothing else is said: info. */
  public static final int DEFAULT_MAX_LOG_LEVEL = 3;

  /** Trace, the highest of the levels that count from 0 = off. */
  private static final int HIGHEST_MAX_LOG_LEVEL = 5;

  /** By the number of a message's level, which counts from 0 = error. */
  private static final List<Level> LEVELS =
      List.of(Level.ERROR, Level.WARN, Level.INFO, Level.DEBUG, Level.TRACE);

  /** What a runtime prints has no target of its own; Substrate files it under this one. */
  private static final String PRINT_TARGET = "runtime";

  private static final String HASHING = "ext_hashing_";

  /** For going through the functions: a short range, one that is read in pieces, one outside. */
  private static final long[] RANGES = {100L << Integer.SIZE | 16, 100_000L << Integer.SIZE, -1};

  private static final Logger LOG = LoggerFactory.getLogger("org.wasmheap.guest");

  private SubstrateHostFunctions() {}

  /**
   * All functions, with the maximum log level {@link #DEFAULT_MAX_LOG_LEVEL}.
   *
   * @return the functions, in no particular order
   */
  public static List<HostFunction> all() {
    return all(DEFAULT_MAX_LOG_LEVEL);
  }

  /**
   * All functions, with a maximum log level of the caller's choice.
   *
   * <p>The level is what guests are told, always the same, whatever the logging configuration says:
   * a guest asks for it to decide whether to make the text of a message at all, so it allocates
   * differently by it, and the same call must not leave different traces on two machines or after a
   * change of configuration. Which messages are written in the end, the configuration alone
   * decides.
   *
   * @param maxLogLevel 0 off, 1 error, 2 warn, 3 info, 4 debug, 5 trace
   * @return the functions, in no particular order
   * @throws IllegalArgumentException if there is no such level
   * @throws IllegalStateException if an optional dependency is missing, which the message names
   */
  public static List<HostFunction> all(int maxLogLevel) {
    if (maxLogLevel < 0 || maxLogLevel > HIGHEST_MAX_LOG_LEVEL) {
      throw new IllegalArgumentException(
          "maxLogLevel is " + maxLogLevel + ", must be 0 to " + HIGHEST_MAX_LOG_LEVEL);
    }
    OptionalParts.require();
    return Stream.of(
            hashing("blake2_128", data -> Hashes.blake2(128, data)),
            hashing("blake2_256", data -> Hashes.blake2(256, data)),
            hashing("keccak_256", data -> Hashes.keccak(256, data)),
            hashing("keccak_512", data -> Hashes.keccak(512, data)),
            hashing("sha2_256", Hashes::sha2),
            hashing("twox_64", data -> Hashes.twox(1, data)),
            hashing("twox_128", data -> Hashes.twox(2, data)),
            hashing("twox_256", data -> Hashes.twox(4, data)),
            HostFunction.env(
                "ext_logging_log_version_1",
                List.of(ValType.I32, ValType.I64, ValType.I64),
                List.of(),
                SubstrateHostFunctions::log),
            HostFunction.env(
                "ext_logging_max_level_version_1",
                List.of(),
                List.of(ValType.I32),
                (scope, arguments) -> maxLogLevel),
            printing("num", (heap, number) -> Long.toUnsignedString(number)),
            printing("utf8", (heap, range) -> GuestText.read(heap, PointerSize.of(range))),
            printing("hex", (heap, range) -> GuestText.readHex(heap, PointerSize.of(range))))
        .map(SubstrateHostFunctions::preloaded)
        .toList();
  }

  private static HostFunction preloaded(HostFunction function) {
    return function.withPreload(
        scope -> {
          for (long range : RANGES) {
            goThrough(function, scope, range);
          }
        });
  }

  /** Hashes; of what guests say it makes the text and writes nothing, as no guest has said it. */
  private static void goThrough(HostFunction function, CallScope scope, long range)
      throws Exception {
    try {
      if (function.name().startsWith(HASHING)) {
        function.body().run(scope, new long[] {range});
      } else {
        GuestText.read(scope.heap(), PointerSize.of(range));
        GuestText.readHex(scope.heap(), PointerSize.of(range));
      }
    } catch (MemoryAccessException e) {
      return; // As it should be, for the last one.
    }
  }

  private static HostFunction hashing(String name, Function<GuestBytes, byte[]> hash) {
    return HostFunction.env(
        HASHING + name + "_version_1",
        List.of(ValType.I64),
        List.of(ValType.I32),
        (scope, arguments) -> {
          HeapHandle heap = scope.heap();
          GuestBytes data = new GuestBytes(heap, PointerSize.of(arguments[0]));
          byte[] result = hash.apply(data);
          int pointer = heap.malloc(result.length);
          heap.write(pointer, result);
          return pointer;
        });
  }

  private static long log(CallScope scope, long[] arguments) {
    HeapHandle heap = scope.heap();
    int level = (int) arguments[0];
    String target = GuestText.readTarget(heap, PointerSize.of(arguments[1]));
    String message = GuestText.read(heap, PointerSize.of(arguments[2]));
    boolean known = Integer.compareUnsigned(level, LEVELS.size()) < 0;
    write(heap, known ? LEVELS.get(level) : Level.TRACE, target, message);
    return 0;
  }

  private static HostFunction printing(String name, Printer printer) {
    return HostFunction.env(
        "ext_misc_print_" + name + "_version_1",
        List.of(ValType.I64),
        List.of(),
        (scope, arguments) -> {
          HeapHandle heap = scope.heap();
          write(heap, Level.DEBUG, PRINT_TARGET, printer.text(heap, arguments[0]));
          return 0;
        });
  }

  private static void write(HeapHandle heap, Level level, String target, String message) {
    LOG.atLevel(level)
        .addKeyValue("heap", Printable.name(heap.heapName()))
        .addKeyValue("target", target)
        .log(message);
  }

  /** Makes text of the argument of a printing function. */
  @FunctionalInterface
  private interface Printer {
    String text(HeapHandle heap, long argument);
  }
}
