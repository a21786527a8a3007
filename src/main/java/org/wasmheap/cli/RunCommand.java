package org.wasmheap.cli;

import com.google.common.util.concurrent.FutureCallback;
import com.google.common.util.concurrent.Futures;
import com.google.common.util.concurrent.MoreExecutors;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.Semaphore;
import me.tongfei.progressbar.ProgressBar;
import org.jspecify.annotations.Nullable;
import org.wasmheap.endive.EndiveGuest;
import org.wasmheap.endive.LoadOptions;
import org.wasmheap.endive.ModuleRefusedException;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.GuestCall;
import org.wasmheap.host.SubstrateHostFunctions;
import org.wasmheap.pool.CallOptions;
import org.wasmheap.pool.ExecutorStatistics;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.runtime.RuntimeCode;
import org.wasmheap.runtime.RuntimeLoadException;
import org.wasmheap.runtime.SubstrateRuntime;
import org.wasmheap.state.Overlay;
import org.wasmheap.state.State;
import org.wasmheap.text.Printable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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
  /** Calls in the queue for each worker: enough that none waits for the submitting thread. */
  private static final int CALLS_AHEAD = 8;

  /**
   * How much later an instance may come, in spite of its interruption, and be used all the same.
   */
  private static final Duration LATE = Duration.ofSeconds(5);

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

  @SuppressWarnings("NullAway.Init") // Set before call().
  @Mixin
  private PoolOptions pool;

  @SuppressWarnings("NullAway.Init") // Set before call().
  @Mixin
  private CodeCacheOption codeCache;

  @Option(
      names = "--poison-reports",
      paramLabel = "DIR",
      description =
          "Write the report on each distinct poison into DIR, as JSON for inspect; heaps then keep"
              + " their last operations.")
  private @Nullable Path poisonReports;

  /**
   * What is to be called.
   *
   * @param state what calls read
   */
  private record Loaded(SubstrateRuntime runtime, State state) {}

  @Override
  public Integer call() {
    PoolOptions.requireRange("--calls", calls, 1, Integer.MAX_VALUE);
    pool.check();
    codeCache.open();
    byte[] bytes = inputFile == null ? InputBytes.ofHex(input) : InputBytes.read(inputFile, input);
    if (poisonReports != null) {
      OutputFiles.createFolder(poisonReports);
    }
    RunFigures figures = new RunFigures(call, pool.instances, pool.record, poisonReports);
    if (!run(bytes, figures)) {
      return ExitCodes.INTERRUPTED;
    }
    figures.requireRecorded();
    return figures.failed() == 0 ? ExitCodes.OK : ExitCodes.FAILED;
  }

  /** Loads, runs, prints; {@code false} if it was interrupted, and printed what it had. */
  private boolean run(byte[] bytes, RunFigures figures) {
    long loadStart = System.nanoTime();
    Loaded loaded;
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
    if (!loaded.runtime().hasEntry(call)) {
      throw new CliException(
          "--call", "the runtime exports no entry '" + Printable.name(call) + "'", null);
    }
    figures.loaded(loaded.runtime(), System.nanoTime() - loadStart);
    HeldLog.letGo();
    return run(loaded, bytes, figures);
  }

  private void print(RunFigures figures) {
    PrintWriter out = spec.commandLine().getOut();
    out.println(pool.json ? figures.json() : figures.table());
    out.flush();
  }

  private Loaded load() throws InterruptedException {
    ProgressBar bar = Terminal.progress("loading", -1);
    TimeLimit limit = pool.loadLimit();
    try {
      RuntimeFile file = read(limit);
      SubstrateRuntime linked = link(file.code(), limit);
      return new Loaded(linked, file.state(linked, pool.deadline()));
    } catch (RuntimeLoadException e) {
      throw new CliException(String.valueOf(e.getMessage()), e);
    } finally {
      if (bar != null) {
        bar.close();
      }
    }
  }

  private RuntimeFile read(TimeLimit limit) throws InterruptedException {
    Path file = runtime;
    return file == null
        ? RuntimeFile.sample()
        : limit.await(file.toString(), () -> RuntimeFile.read(file));
  }

  private SubstrateRuntime link(RuntimeCode code, TimeLimit limit) {
    try {
      return SubstrateRuntime.load(
          code,
          pool.strategy(code),
          SubstrateHostFunctions.all(),
          codeCache.addTo(LoadOptions.DEFAULT.withDeadline(limit.left())));
    } catch (ModuleRefusedException e) {
      if (e.reason() == ModuleRefusedException.Reason.DEADLINE) {
        throw limit.passed(code.origin(), "loaded", e);
      }
      throw new CliException(code.origin(), String.valueOf(e.getMessage()), e);
    } catch (IllegalArgumentException e) {
      throw pool.strategyRefused(code.origin(), e);
    }
  }

  private boolean run(Loaded loaded, byte[] bytes, RunFigures figures) {
    int ahead = CALLS_AHEAD * pool.instances;
    try (HeapExecutor<EndiveGuest> executor =
        HeapExecutor.builder(loaded.runtime())
            .name("run")
            .workers(pool.instances)
            .queueCapacity(ahead)
            .instanceDeadline(pool.deadline())
            .listener(figures)
            .build()) {
      boolean whole = makeCalls(executor, loaded, bytes, ahead, figures);
      figures.read(executor.statistics());
      print(figures);
      if (!whole) {
        executor.shutdown(PoolOptions.NO_TIME);
      }
      return whole;
    }
  }

  /** Never more calls at once than have a place; {@code false} if it was interrupted. */
  private boolean makeCalls(
      HeapExecutor<EndiveGuest> executor,
      Loaded loaded,
      byte[] bytes,
      int ahead,
      RunFigures figures) {
    GuestCall<EndiveGuest, byte[]> work = loaded.runtime().call(call, bytes);
    CallOptions options = CallOptions.named(call).withDeadline(pool.deadline());
    Semaphore places = new Semaphore(ahead);
    try (ProgressBar bar = Terminal.progress(call, calls)) {
      awaitInstances(executor);
      figures.started();
      for (int i = 0; i < calls; i++) {
        places.acquire();
        Futures.addCallback(
            executor.submit(options.withContext(new Overlay(loaded.state())), work),
            new Outcome(figures, places, bar),
            MoreExecutors.directExecutor());
      }
      places.acquire(ahead);
      figures.ended();
      executor.awaitReady(PoolOptions.REPLACEMENT);
      return true;
    } catch (InterruptedException e) {
      figures.ended();
      return false;
    }
  }

  /** Waits until all instances are made; fails if no more come for longer than one may take. */
  private void awaitInstances(HeapExecutor<EndiveGuest> executor) throws InterruptedException {
    Duration limit = pool.deadline().plus(LATE);
    int made = 0;
    ExecutorStatistics.Health health = executor.awaitReady(limit);
    while (!health.isReady()) {
      int now = executor.statistics().instances();
      if (now <= made) {
        Throwable why = health.lastFailure();
        throw new CliException(
            "--deadline",
            "no instance was made in "
                + pool.deadline().toMillis()
                + " ms, beside "
                + now
                + " of "
                + pool.instances
                + (why == null ? "" : ": " + Printable.text(String.valueOf(why.getMessage()))),
            why);
      }
      made = now;
      health = executor.awaitReady(limit);
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
}
