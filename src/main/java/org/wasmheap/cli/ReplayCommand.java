package org.wasmheap.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.wasmheap.conformance.Trace;
import org.wasmheap.conformance.TraceReader;
import org.wasmheap.conformance.TraceReplay;
import org.wasmheap.memory.GrowthRefusedException;
import org.wasmheap.text.Printable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code replay}: replays traces, and compares every pointer, fault and growth, and the figures in
 * their first lines. A line for each mismatch, and the sums: of operations, which are the lines
 * {@code A} and {@code F}, and of mismatches.
 */
@Command(
    name = "replay",
    mixinStandardHelpOptions = true,
    description = "Replays allocator traces, plain or .gz, and compares all that they hold.")
final class ReplayCommand implements Callable<Integer> {
  @SuppressWarnings("NullAway.Init") // Set before call().
  @Spec
  private CommandSpec spec;

  @Parameters(arity = "1..*", paramLabel = "FILE", description = "Traces.")
  private List<Path> files = List.of();

  @Option(
      names = "--memory",
      paramLabel = "KIND",
      defaultValue = "flat",
      description =
          "What to replay on: flat (default) is the one of pools, sparse holds up to 4 GiB.")
  private MemoryKind memory = MemoryKind.FLAT;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    long operations = 0;
    long mismatches = 0;
    for (Path file : files) {
      Trace trace = InputText.read(file, TraceReader::read);
      List<String> differences = replay(file, trace);
      operations += trace.operations();
      mismatches += differences.size();
      String name = Printable.text(String.valueOf(file.getFileName()));
      differences.forEach(difference -> out.println(name + ": " + Printable.text(difference)));
      if (out.checkError() || Thread.currentThread().isInterrupted()) {
        break;
      }
    }
    out.println(operations + " operations, " + mismatches + " mismatches");
    out.flush();
    if (Thread.interrupted()) {
      return ExitCodes.INTERRUPTED;
    }
    return mismatches == 0 ? ExitCodes.OK : ExitCodes.FAILED;
  }

  /** A memory that cannot hold what the trace asks for says nothing about the allocator. */
  private List<String> replay(Path file, Trace trace) {
    try {
      return TraceReplay.run(trace, memory.memories());
    } catch (IllegalArgumentException | GrowthRefusedException e) {
      throw new CliException(file.toString(), memory + " memory: " + e.getMessage(), e);
    }
  }
}
