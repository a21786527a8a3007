package org.wasmheap.cli;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Stack;
import org.jspecify.annotations.Nullable;
import org.wasmheap.memory.LinearMemory;
import org.wasmheap.runtime.HeapStrategy;
import org.wasmheap.runtime.RuntimeCode;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** The options of commands that run guests on a pool. */
final class PoolOptions {
  /** How long discarded instances may take to be replaced before the figures are read. */
  static final Duration REPLACEMENT = Duration.ofSeconds(30);

  /** What calls get that still run when a command is interrupted. */
  static final Duration NO_TIME = Duration.ofMillis(1);

  private static final int MAX_INSTANCES = 1024;
  private static final int NO_MAXIMUM = LinearMemory.MAX_PAGES;

  @Option(
      names = "--instances",
      paramLabel = "N",
      description = "Heaps and worker threads, 1 to 1024. Default: number of processors.")
  int instances = Runtime.getRuntime().availableProcessors();

  @Option(
      names = "--heap-pages",
      paramLabel = "N",
      description =
          "Static strategy: pages added to the module's initial ones. Default: 2048, or what a"
              + " chain specification says.")
  private @Nullable Integer heapPages;

  @Option(
      names = "--dynamic",
      paramLabel = "MAX",
      arity = "0..1",
      parameterConsumer = OptionalNumber.class,
      description = "Dynamic strategy, with a maximum in pages if given; excludes --heap-pages.")
  private @Nullable Integer dynamic;

  @Option(
      names = "--deadline",
      paramLabel = "MS",
      defaultValue = "60000",
      description =
          "For each call, in milliseconds, queueing included, and for making an instance."
              + " Default: ${DEFAULT-VALUE}.")
  private long deadlineMillis;

  @Option(
      names = "--load-deadline",
      paramLabel = "MS",
      defaultValue = "120000",
      description =
          "For reading, checking and compiling, in milliseconds. Default: ${DEFAULT-VALUE}.")
  private long loadDeadlineMillis;

  @Option(
      names = "--record",
      paramLabel = "DIR",
      description = "Write the allocator trace of each distinct call behaviour into DIR.")
  @Nullable Path record;

  @Option(names = "--json", description = "Print one JSON object in place of the table.")
  boolean json;

  /** Refuses what cannot be, and makes the folder for traces. */
  void check() {
    requireRange("--instances", instances, 1, MAX_INSTANCES);
    requireRange("--deadline", deadlineMillis, 1, Duration.ofDays(30).toMillis());
    requireRange("--load-deadline", loadDeadlineMillis, 1, Duration.ofDays(30).toMillis());
    if (heapPages != null) {
      requireRange("--heap-pages", heapPages, 0, LinearMemory.MAX_PAGES);
      if (dynamic != null) {
        throw new CliException("--heap-pages", "does not go with --dynamic", null);
      }
    }
    if (dynamic != null) {
      requireRange("--dynamic", dynamic, 0, LinearMemory.MAX_PAGES);
    }
    if (record != null) {
      OutputFiles.createFolder(record);
    }
  }

  static void requireRange(String option, long value, long least, long most) {
    if (value < least || value > most) {
      throw new CliException(option, "is " + value + ", must be " + least + " to " + most, null);
    }
  }

  /** The size of the memories as the options say; {@code null} if they say nothing. */
  @Nullable HeapStrategy strategy() {
    if (dynamic != null) {
      return HeapStrategy.ofDynamic(dynamic);
    }
    return heapPages == null ? null : HeapStrategy.ofStatic(heapPages);
  }

  /** The same, or else what the code's specification says. */
  HeapStrategy strategy(RuntimeCode code) {
    HeapStrategy set = strategy();
    if (set != null) {
      return set;
    }
    long ownPages = code.heapPages().orElse(HeapStrategy.DEFAULT_HEAP_PAGES);
    if (ownPages < 0 || ownPages > LinearMemory.MAX_PAGES) {
      throw new CliException(
          code.origin(),
          "its :heappages is " + Long.toUnsignedString(ownPages) + ", give --heap-pages",
          null);
    }
    return HeapStrategy.ofStatic((int) ownPages);
  }

  /** The strategy does not fit the module: that of the options, or else of the file. */
  CliException strategyRefused(String file, IllegalArgumentException why) {
    String message = String.valueOf(why.getMessage());
    return strategy() == null
        ? new CliException(file, message + ", give --heap-pages", why)
        : new CliException(dynamic == null ? "--heap-pages" : "--dynamic", message, why);
  }

  /** For each call, queueing included. */
  Duration deadline() {
    return Duration.ofMillis(deadlineMillis);
  }

  /** For reading, checking and compiling. */
  Duration loadDeadline() {
    return Duration.ofMillis(loadDeadlineMillis);
  }

  /** The time for loading, which begins now. */
  TimeLimit loadLimit() {
    return new TimeLimit("--load-deadline", loadDeadlineMillis);
  }

  /**
   * Takes the next word as the value only if it is a number, so that a path may follow. What is
   * attached with an equals sign was checked before the line was parsed.
   */
  static final class OptionalNumber implements CommandLine.IParameterConsumer {
    @Override
    public void consumeParameters(Stack<String> words, ArgSpec option, CommandSpec command) {
      boolean given = !words.isEmpty() && words.peek().matches("[0-9]{1,9}");
      option.setValue(given ? Integer.parseInt(words.pop()) : NO_MAXIMUM);
    }
  }
}
