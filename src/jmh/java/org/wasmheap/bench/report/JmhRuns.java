package org.wasmheap.bench.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.results.format.ResultFormatFactory;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.NoBenchmarksException;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.WorkloadParams;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/**
 * Runs rows that are benchmarks of ours, one fork at a time, and keeps JMH's results of all forks.
 * Its lock guards them, as a report may be written while a fork runs.
 */
final class JmhRuns {
  private static final String BENCHMARKS = "org.wasmheap.bench.";
  private static final String GARBAGE = "gc.alloc.rate.norm";

  private final Path folder;
  private final Map<String, List<RunResult>> results = new LinkedHashMap<>();

  /** Writes what JMH prints, and what is compiled, into a folder. */
  JmhRuns(Path folder) {
    this.folder = folder;
  }

  /** Runs one fork. */
  Outcome.Sample run(Row row, Row.Jmh jmh, Plan.Effort effort, int round)
      throws RunnerException, IOException {
    Path log = folder.resolve("logs").resolve(row.id() + "-" + round + ".txt");
    Files.createDirectories(log.getParent());
    TimeValue time = TimeValue.milliseconds(effort.millis());
    ChainedOptionsBuilder options =
        new OptionsBuilder()
            .include("^" + Pattern.quote(BENCHMARKS + jmh.method()) + "$")
            .mode(row.unit().mode)
            .timeUnit(row.unit().time)
            .forks(1)
            .warmupForks(0)
            .warmupIterations(effort.warmUpsOf(row))
            .warmupTime(time)
            .measurementIterations(effort.iterations())
            .measurementTime(time)
            .shouldFailOnError(true)
            .output(log.toString())
            .jvmArgsAppend(options(jmh));
    jmh.parameters().forEach(options::param);
    if (row.withGarbage()) {
      options.addProfiler(GCProfiler.class);
    }
    RunResult result = one(new Runner(options.build()), jmh.method());
    keep(row.id(), result);
    Result<?> garbage = result.getSecondaryResults().get(GARBAGE);
    return new Outcome.Sample(
        result.getPrimaryResult().getScore(), garbage == null ? null : garbage.getScore());
  }

  private static RunResult one(Runner runner, String method) throws RunnerException {
    try {
      Collection<RunResult> found = runner.run();
      if (found.size() == 1) {
        return found.iterator().next();
      }
      throw new RunnerException(method + " has a parameter that the plan gives no value for");
    } catch (NoBenchmarksException e) {
      throw new RunnerException("there is no benchmark " + method);
    }
  }

  private String[] options(Row.Jmh jmh) {
    List<String> options = new ArrayList<>(jmh.jvm());
    options.add("-Dwasmheap.bench.code=" + folder.resolve("code"));
    return options.toArray(new String[0]);
  }

  private synchronized void keep(String row, RunResult result) {
    results.computeIfAbsent(row, id -> new ArrayList<>()).add(result);
  }

  /** Writes all results as JMH does, each row with all of its forks. */
  synchronized void write(Path file) {
    List<RunResult> merged = results.values().stream().map(JmhRuns::merged).toList();
    ResultFormatFactory.getInstance(ResultFormatType.JSON, file.toString()).writeOut(merged);
  }

  /** One result with the forks of all; each of them had one. */
  static RunResult merged(List<RunResult> rounds) {
    List<BenchmarkResult> forks = new ArrayList<>();
    for (RunResult each : rounds) {
      forks.addAll(each.getBenchmarkResults());
    }
    return new RunResult(withForks(rounds.get(0).getParams(), forks.size()), forks);
  }

  private static BenchmarkParams withForks(BenchmarkParams of, int forks) {
    WorkloadParams parameters = new WorkloadParams();
    int order = 0;
    for (String key : of.getParamsKeys()) {
      parameters.put(key, of.getParam(key), order++);
    }
    return new BenchmarkParams(
        of.getBenchmark(),
        of.generatedBenchmark(),
        of.shouldSynchIterations(),
        of.getThreads(),
        of.getThreadGroups(),
        of.getThreadGroupLabels(),
        forks,
        of.getWarmupForks(),
        of.getWarmup(),
        of.getMeasurement(),
        of.getMode(),
        parameters,
        of.getTimeUnit(),
        of.getOpsPerInvocation(),
        of.getJvm(),
        of.getJvmArgs(),
        of.getJdkVersion(),
        of.getVmName(),
        of.getVmVersion(),
        of.getJmhVersion(),
        of.getTimeout());
  }
}
