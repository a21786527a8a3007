package org.wasmheap.bench.report;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.wasmheap.runtime.RuntimeCode;

/**
 * Runs rows on V8, each round of a row in a process of its own, as JMH's forks are. Its lock guards
 * the results, as a report may be written while a process runs.
 */
final class NodeRuns {
  private static final Path SCRIPT = Path.of("src", "jmh", "node", "v8.mjs");
  private static final String RUNTIME = "westend-9300.compact.compressed.wasm";
  private static final long LIMIT_SECONDS = 120;

  private final Path folder;
  private final JsonArray results = new JsonArray();

  /** The module without its compression; written before the first row, by the measuring thread. */
  private @Nullable Path module;

  NodeRuns(Path folder) {
    this.folder = folder;
  }

  /** Runs one process. */
  Outcome.Sample run(Row row, Row.Node node, Plan.Effort effort, int round)
      throws IOException, InterruptedException {
    Path log = folder.resolve("logs").resolve(row.id() + "-" + round + ".txt");
    Files.createDirectories(log.getParent());
    List<String> command =
        List.of(
            "node",
            SCRIPT.toString(),
            module().toString(),
            node.entry(),
            node.isFresh() ? "fresh" : "ready",
            Integer.toString(effort.warmUpsOf(row) * effort.millis()),
            Integer.toString(effort.iterations()),
            Integer.toString(effort.millis()));
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    try {
      if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
        throw new IOException("node took longer than " + LIMIT_SECONDS + " s");
      }
    } finally {
      process.destroyForcibly();
    }
    String said = Files.readString(log, StandardCharsets.UTF_8).strip();
    if (process.exitValue() != 0) {
      throw new IOException("node ended with " + process.exitValue() + ": " + firstError(said));
    }
    double rate = rate(said);
    keep(row.id(), round, said);
    return new Outcome.Sample(row.unit().ofCallsASecond(rate), null);
  }

  /** The mean of the iterations, in calls a second. */
  static double rate(String said) throws IOException {
    try {
      JsonArray rates =
          JsonParser.parseString(said).getAsJsonObject().getAsJsonArray("callsASecond");
      double sum = 0;
      for (JsonElement each : rates) {
        sum += each.getAsDouble();
      }
      return sum / rates.size();
    } catch (RuntimeException e) {
      throw new IOException("node printed no rates", e);
    }
  }

  private static String firstError(String said) {
    return said.lines().filter(line -> line.contains("Error")).findFirst().orElse("no reason");
  }

  private Path module() throws IOException {
    Path known = module;
    if (known == null) {
      String runtimes = System.getProperty("wasmheap.runtimes", "../shared/runtimes");
      Path file = Path.of(runtimes, RUNTIME);
      if (!Files.isReadable(file)) {
        throw new IOException(file + " is missing");
      }
      known = Files.createTempFile("westend", ".wasm");
      known.toFile().deleteOnExit();
      Files.write(known, RuntimeCode.read(file).wasm());
      module = known;
    }
    return known;
  }

  private synchronized void keep(String row, int round, String said) {
    JsonObject result = new JsonObject();
    result.addProperty("row", row);
    result.addProperty("round", round);
    result.add("said", JsonParser.parseString(said));
    results.add(result);
  }

  /** Writes what the script printed. */
  synchronized void write(Path file) throws IOException {
    Files.writeString(file, results + "\n", StandardCharsets.UTF_8);
  }
}
