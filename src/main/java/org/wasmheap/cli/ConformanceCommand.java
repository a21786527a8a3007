package org.wasmheap.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.wasmheap.conformance.VectorReplay;
import org.wasmheap.conformance.VectorReplay.Divergence;
import org.wasmheap.conformance.VectorReplay.Result;
import org.wasmheap.text.Printable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code conformance}: replays vectors of the reference allocator, and compares every result, state
 * and digest. A line for each file, the first divergence of each that has one, and the sums.
 */
@Command(
    name = "conformance",
    mixinStandardHelpOptions = true,
    description = "Replays vectors of the reference allocator, plain or .gz, and compares.")
final class ConformanceCommand implements Callable<Integer> {
  @SuppressWarnings("NullAway.Init") // Set before call().
  @Spec
  private CommandSpec spec;

  @Parameters(arity = "1..*", paramLabel = "FILE", description = "Vector files.")
  private List<Path> files = List.of();

  @Option(
      names = "--memory",
      paramLabel = "KIND",
      defaultValue = "sparse",
      description =
          "What to replay on: sparse (default) holds up to 4 GiB, flat is the one of pools, and"
              + " what it cannot hold is skipped.")
  private MemoryKind memory = MemoryKind.SPARSE;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    long lines = 0;
    long mismatches = 0;
    long skipped = 0;
    for (Path file : files) {
      Result result =
          InputText.read(
              file,
              text ->
                  VectorReplay.run(text, memory.memories(), Thread.currentThread()::isInterrupted));
      out.println(
          Printable.text(String.valueOf(file.getFileName()))
              + ": "
              + counts(result.lines(), result.mismatches(), result.skipped()));
      Divergence first = result.firstDivergence();
      if (first != null) {
        print(out, first);
      }
      lines += result.lines();
      mismatches += result.mismatches();
      skipped += result.skipped();
      if (out.checkError() || Thread.currentThread().isInterrupted()) {
        break;
      }
    }
    out.println(counts(lines, mismatches, skipped));
    out.flush();
    if (Thread.interrupted()) {
      return ExitCodes.INTERRUPTED;
    }
    return mismatches == 0 ? ExitCodes.OK : ExitCodes.FAILED;
  }

  private static String counts(long lines, long mismatches, long skipped) {
    return lines + " lines, " + mismatches + " mismatches, " + skipped + " skipped";
  }

  private static void print(PrintWriter out, Divergence first) {
    out.println("  first divergence at line " + first.lineNumber() + ", after");
    first.before().forEach(line -> out.println("    " + Printable.text(line)));
    out.println("  expected: " + Printable.text(first.expected()));
    out.println("  actual:   " + Printable.text(first.actual()));
  }
}
