package org.wasmheap.cli;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.zip.GZIPInputStream;
import org.wasmheap.conformance.Trace;
import org.wasmheap.conformance.TraceReader;
import org.wasmheap.conformance.TraceReplay;
import org.wasmheap.memory.FlatMemory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code replay}: replays traces, and compares every pointer, fault and growth. */
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

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    long operations = 0;
    long mismatches = 0;
    for (Path file : files) {
      Trace trace = read(file);
      List<String> differences = TraceReplay.run(trace, FlatMemory::new);
      operations += trace.size();
      mismatches += differences.size();
      differences.forEach(difference -> out.println(file + ": " + difference));
    }
    out.println(operations + " operations, " + mismatches + " mismatches");
    out.flush();
    return mismatches == 0 ? Main.EXIT_OK : Main.EXIT_FAILED;
  }

  private static Trace read(Path file) {
    if (Files.isDirectory(file) || !Files.exists(file)) {
      throw new CliException(
          file.toString(), Files.exists(file) ? "is a folder" : "no such file", null);
    }
    try (InputStream bytes = new FileInputStream(file.toFile());
        Reader text =
            new InputStreamReader(
                file.toString().endsWith(".gz") ? new GZIPInputStream(bytes) : bytes,
                StandardCharsets.UTF_8)) {
      return TraceReader.read(text);
    } catch (IOException e) {
      throw new CliException(file.toString(), String.valueOf(e.getMessage()), e);
    }
  }
}
