package org.wasmheap.cli;

import com.google.common.util.concurrent.FutureCallback;
import com.google.common.util.concurrent.Futures;
import com.google.common.util.concurrent.MoreExecutors;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Stack;
import java.util.concurrent.Callable;
import java.util.concurrent.Semaphore;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import org.jspecify.annotations.Nullable;
import org.wasmheap.endive.EndiveGuest;
import org.wasmheap.endive.LoadOptions;
import org.wasmheap.endive.ModuleRefusedException;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.GuestCall;
import org.wasmheap.host.SubstrateHostFunctions;
import org.wasmheap.memory.LinearMemory;
import org.wasmheap.pool.CallOptions;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.runtime.HeapStrategy;
import org.wasmheap.runtime.RuntimeCode;
import org.wasmheap.runtime.RuntimeLoadException;
import org.wasmheap.runtime.SubstrateRuntime;
import org.wasmheap.text.Printable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code run}: makes many calls of a runtime on a pool, and says what they took. */
@Command(
    name = "run",
    mixinStandardHelpOptions = true,
    description = "Makes calls of a runtime on a pool of heaps, each call on a pristine one.")
final class RunCommand implements Callable<Integer> {
  private static final int MAX_INSTANCES = 1024;
  private static final int NO_MAXIMUM = LinearMemory.MAX_PAGES;

  /** Calls in the queue for each worker: enough that none waits for the submitting thread. */
  private static final int CALLS_AHEAD = 8;

  /** How long discarded instances may take to be replaced before the figures are read. */
  private static final Duration REPLACEMENT = Duration.ofSeconds(30);

  /**
   * How much later an instance may come, in spite of its interruption, and be used all the same.
   */
  private static final Duration LATE = Duration.ofSeconds(5);

  /** What calls get that still run when the command is interrupted. */
  private static final Duration NO_TIME = Duration.ofMillis(1);

  @SuppressWarnings("NullAway.Init") // Set before call().
  @Spec
  private CommandSpec spec;

  @Parameters(
      arity = "0..1",
      paramLabel = "RUNTIME",
      description =
          "wasm, zstd-compressed wasm, or raw chain specification; the bundled sample if absent.")
  private @Nullable Path runtime;

  @Option(
      names = "--call",
      paramLabel = "NAME",
      defaultValue = "Core_version",
      description = "Export to call. Default: ${DEFAULT-VALUE}.")
  private String call = "";

  @Option(
      names = "--input",
      paramLabel = "HEX",
      defaultValue = "",
      description = "Bytes of the input, with or without 0x. Default: empty.")
  private String input = "";

  @Option(
      names = "--input-file",
      paramLabel = "FILE",
      description =
          "The input as a file: hexadecimal if it holds nothing else, or else its bytes as they"
              + " are. Excludes --input.")
  private @Nullable Path inputFile;

  @Option(
      names = "--calls",
      paramLabel = "N",
      defaultValue = "1000",
      description = "How many calls. Default: ${DEFAULT-VALUE}.")
  private int calls;

  @Option(
      names = "--instances",
      paramLabel = "N",
      description = "Heaps and worker threads, 1 to 1024. Default: number of processors.")
  private int instances = Runtime.getRuntime().availableProcessors();

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
  private @Nullable Path record;

  @Option(
      names = "--poison-reports",
      paramLabel = "DIR",
      description =
          "Write the report on each distinct poison into DIR, as JSON for inspect; heaps then keep"
              + " their last operations.")
  private @Nullable Path poisonReports;

  @Option(names = "--json", description = "Print one JSON object in place of the table.")
  private boolean json;

  @Override
  public Integer call() {
    checkRanges();
    byte[] bytes = inputFile == null ? InputBytes.ofHex(input) : InputBytes.read(inputFile, input);
    createFolder(record);
    createFolder(poisonReports);
    RunFigures figures = new RunFigures(call, instances, record, poisonReports);
    if (!run(bytes, figures)) {
      return ExitCodes.INTERRUPTED;
    }
    figures.requireRecorded();
    return figures.failed() == 0 ? ExitCodes.OK : ExitCodes.FAILED;
  }

  /** Loads, runs, prints; {@code false} if it was interrupted, and printed what it had. */
  private boolean run(byte[] bytes, RunFigures figures) {
    long loadStart = System.nanoTime();
    SubstrateRuntime loaded;
    try {
      loaded = load();
    } catch (InterruptedException e) {
      print(figures);
      return false;
    } catch (CliException e) {
      if (!Thread.interrupted()) {
        throw e;
      }
      print(figures);
      return false;
    }
    if (!loaded.hasEntry(call)) {
      throw new CliException(
          "--call", "the runtime exports no entry '" + Printable.name(call) + "'", null);
    }
    figures.loaded(loaded, System.nanoTime() - loadStart);
    HeldLog.letGo();
    return run(loaded, bytes, figures);
  }

  private void print(RunFigures figures) {
    PrintWriter out = spec.commandLine().getOut();
    out.println(json ? figures.json() : figures.table());
    out.flush();
  }

  private void checkRanges() {
    requireRange("--calls", calls, 1, Integer.MAX_VALUE);
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
  }

  private static void requireRange(String option, long value, long least, long most) {
    if (value < least || value > most) {
      throw new CliException(option, "is " + value + ", must be " + least + " to " + most, null);
    }
  }

  private static void createFolder(@Nullable Path folder) {
    if (folder != null) {
      OutputFiles.createFolder(folder);
    }
  }

  private SubstrateRuntime load() throws InterruptedException {
    ProgressBar bar = progress("loading", -1);
    TimeLimit limit = new TimeLimit("--load-deadline", loadDeadlineMillis);
    try {
      return link(read(limit), limit);
    } catch (RuntimeLoadException e) {
      throw new CliException(String.valueOf(e.getMessage()), e);
    } finally {
      if (bar != null) {
        bar.close();
      }
    }
  }

  private RuntimeCode read(TimeLimit limit) throws InterruptedException {
    Path file = runtime;
    return file == null
        ? RuntimeCode.sample()
        : limit.await(file.toString(), () -> RuntimeCode.read(file));
  }

  private SubstrateRuntime link(RuntimeCode code, TimeLimit limit) {
    try {
      return SubstrateRuntime.load(
          code,
          strategy(code),
          SubstrateHostFunctions.all(),
          LoadOptions.DEFAULT.withDeadline(limit.left()));
    } catch (ModuleRefusedException e) {
      if (e.reason() == ModuleRefusedException.Reason.DEADLINE) {
        throw limit.passed(code.origin(), "loaded", e);
      }
      throw new CliException(code.origin(), String.valueOf(e.getMessage()), e);
    } catch (IllegalArgumentException e) {
      throw new CliException(
          dynamic == null ? "--heap-pages" : "--dynamic", String.valueOf(e.getMessage()), e);
    }
  }

  private HeapStrategy strategy(RuntimeCode code) {
    if (dynamic != null) {
      return HeapStrategy.ofDynamic(dynamic);
    }
    if (heapPages != null) {
      return HeapStrategy.ofStatic(heapPages);
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

  private boolean run(SubstrateRuntime loaded, byte[] bytes, RunFigures figures) {
    int ahead = CALLS_AHEAD * instances;
    try (HeapExecutor<EndiveGuest> executor =
        HeapExecutor.builder(loaded)
            .name("run")
            .workers(instances)
            .queueCapacity(ahead)
            .instanceDeadline(Duration.ofMillis(deadlineMillis))
            .listener(figures)
            .build()) {
      boolean whole = makeCalls(executor, loaded.call(call, bytes), ahead, figures);
      figures.read(executor.statistics());
      print(figures);
      if (!whole) {
        executor.shutdown(NO_TIME);
      }
      return whole;
    }
  }

  /** Never more calls at once than have a place; {@code false} if it was interrupted. */
  private boolean makeCalls(
      HeapExecutor<EndiveGuest> executor,
      GuestCall<EndiveGuest, byte[]> work,
      int ahead,
      RunFigures figures) {
    CallOptions options = CallOptions.named(call).withDeadline(Duration.ofMillis(deadlineMillis));
    Semaphore places = new Semaphore(ahead);
    try (ProgressBar bar = progress(call, calls)) {
      awaitInstances(executor);
      figures.started();
      for (int i = 0; i < calls; i++) {
        places.acquire();
        Futures.addCallback(
            executor.submit(options, work),
            new Outcome(figures, places, bar),
            MoreExecutors.directExecutor());
      }
      places.acquire(ahead);
      figures.ended();
      executor.awaitReady(REPLACEMENT);
      return true;
    } catch (InterruptedException e) {
      figures.ended();
      return false;
    }
  }

  /** Waits until all instances are made; fails if no more come for longer than one may take. */
  private void awaitInstances(HeapExecutor<EndiveGuest> executor) throws InterruptedException {
    Duration limit = Duration.ofMillis(deadlineMillis).plus(LATE);
    int made = 0;
    while (!executor.awaitReady(limit)) {
      int now = executor.statistics().instances();
      if (now <= made) {
        throw new CliException(
            "--deadline",
            "no instance was made in " + deadlineMillis + " ms, beside " + now + " of " + instances,
            null);
      }
      made = now;
    }
  }

  /** Counts an outcome and makes place for another call. */
  private record Outcome(RunFigures figures, Semaphore places, @Nullable ProgressBar bar)
      implements FutureCallback<byte[]> {
    @Override
    public void onSuccess(byte @Nullable [] result) {
      if (result == null) {
        throw new IllegalStateException("an entry's result is never null");
      }
      figures.succeeded(result);
      release();
    }

    @Override
    public void onFailure(Throwable failure) {
      if (!(failure instanceof CallException call)) {
        throw new IllegalStateException("a call fails with a CallException only", failure);
      }
      figures.failed(call);
      release();
    }

    private void release() {
      if (bar != null) {
        bar.step();
      }
      places.release();
    }
  }

  /** A bar on a terminal, nothing elsewhere. */
  private static @Nullable ProgressBar progress(String task, long steps) {
    return Terminal.isWatched()
        ? new ProgressBarBuilder()
            .setTaskName(task)
            .setInitialMax(steps)
            .clearDisplayOnFinish()
            .build()
        : null;
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
