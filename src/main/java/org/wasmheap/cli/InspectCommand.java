package org.wasmheap.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Reader;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.wasmheap.allocator.HeapAuditor;
import org.wasmheap.conformance.Trace;
import org.wasmheap.conformance.TraceReader;
import org.wasmheap.conformance.TraceReplay;
import org.wasmheap.heap.PoisonReport;
import org.wasmheap.memory.GrowthRefusedException;
import org.wasmheap.memory.LinearMemory;
import org.wasmheap.observe.HeapMap;
import org.wasmheap.observe.HeapPicture;
import org.wasmheap.observe.PoisonReports;
import org.wasmheap.text.Printable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code inspect}: what lies where in a heap, as a table and as a picture. The heap is that of a
 * poison report, or the one that a trace leaves at its end or at some operation.
 */
@Command(
    name = "inspect",
    mixinStandardHelpOptions = true,
    description =
        "Shows a heap as a table and as a picture: that of a trace, or of a poison report in JSON.")
final class InspectCommand implements Callable<Integer> {
  @SuppressWarnings("NullAway.Init") // Set before call().
  @Spec
  private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // Set before call().
  @Parameters(arity = "1", paramLabel = "FILE", description = "Trace or report, plain or .gz.")
  private Path file;

  @Option(
      names = "--at",
      paramLabel = "OPERATION",
      description =
          "Show the heap after so many allocations and deallocations of a trace. Default: all.")
  private @Nullable Integer at;

  @Option(
      names = "--svg",
      paramLabel = "OUT",
      description = "Draw the heap into the file OUT, which is replaced.")
  private @Nullable Path svg;

  @Option(names = "--json", description = "Print one JSON object in place of the table.")
  private boolean json;

  /** What a file holds: one of the two. */
  private record Content(@Nullable Trace trace, @Nullable PoisonReport report) {}

  @Override
  public Integer call() {
    if (at != null && at < 0) {
      throw new CliException("--at", "is " + at + ", must be 0 or more", null);
    }
    Content content = InputText.read(file, InspectCommand::read);
    Inspection inspection =
        content.report() == null ? ofTrace(content.trace()) : ofReport(content.report());
    if (svg != null) {
      OutputFiles.write(svg, HeapPicture.svg(inspection.map(), inspection.title(), description()));
    }
    PrintWriter out = spec.commandLine().getOut();
    out.println(json ? inspection.json() : inspection.table());
    out.flush();
    String mismatch = inspection.mismatch();
    if (mismatch != null) {
      PrintWriter err = spec.commandLine().getErr();
      err.println(
          spec.root().name()
              + ": "
              + Printable.text(file.toString())
              + ": does not replay further, shown as far as it does: "
              + Printable.text(mismatch));
      err.flush();
    }
    return mismatch == null ? ExitCodes.OK : ExitCodes.FAILED;
  }

  private static Content read(Reader text) throws IOException {
    BufferedReader lines = new BufferedReader(text);
    lines.mark(1);
    boolean object = lines.read() == '{';
    lines.reset();
    return object
        ? new Content(null, PoisonReports.read(lines))
        : new Content(TraceReader.read(lines), null);
  }

  private Inspection ofReport(PoisonReport report) {
    if (at != null) {
      throw new CliException("--at", "goes with a trace, and " + file + " is a report", null);
    }
    HeapMap map =
        HeapMap.of(report)
            .orElseThrow(
                () ->
                    new CliException(
                        file.toString(),
                        "holds no audit: the memory could not be read when it was written",
                        null));
    return Inspection.of(fileName(), report, map);
  }

  private Inspection ofTrace(@Nullable Trace trace) {
    if (trace == null) {
      throw new IllegalStateException("a file is a trace or a report");
    }
    int all = trace.operations();
    if (at != null && at > all) {
      throw new CliException("--at", "is " + at + ", the trace has " + all + " operations", null);
    }
    TraceReplay.State state = replay(trace, at == null ? all : at);
    HeapMap map =
        HeapMap.of(
            HeapAuditor.audit(state.allocator(), state.memory()),
            pointer -> {
              Integer asked = state.asked().get((int) pointer);
              return asked == null ? -1 : Integer.toUnsignedLong(asked);
            },
            state.growths());
    return Inspection.of(fileName(), state, map);
  }

  private TraceReplay.State replay(Trace trace, int operations) {
    try {
      return TraceReplay.until(trace, operations, LinearMemory::sparse);
    } catch (IllegalArgumentException | GrowthRefusedException e) {
      throw new CliException(file.toString(), String.valueOf(e.getMessage()), e);
    }
  }

  private String fileName() {
    return String.valueOf(file.getFileName());
  }

  private String description() {
    return spec.qualifiedName()
        + " "
        + fileName()
        + (at == null ? "" : " --at " + at)
        + " --svg "
        + (svg == null ? "" : svg.getFileName());
  }
}
