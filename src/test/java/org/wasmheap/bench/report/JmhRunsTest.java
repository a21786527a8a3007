package org.wasmheap.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.results.AverageTimeResult;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.ResultRole;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.results.format.ResultFormatFactory;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.IterationType;
import org.openjdk.jmh.runner.WorkloadParams;
import org.openjdk.jmh.runner.options.TimeValue;

class JmhRunsTest {
  private static final IterationParams ITERATION =
      new IterationParams(IterationType.MEASUREMENT, 2, TimeValue.milliseconds(400), 1);

  private static RunResult round(long... nanosForThousand) {
    WorkloadParams parameters = new WorkloadParams();
    parameters.put("kinds", "3", 0);
    BenchmarkParams params =
        new BenchmarkParams(
            "org.wasmheap.bench.AllocatorBenchmark.ours",
            "generated",
            true,
            1,
            new int[] {1},
            List.of(),
            1,
            0,
            ITERATION,
            ITERATION,
            Mode.AverageTime,
            parameters,
            TimeUnit.NANOSECONDS,
            1,
            "java",
            List.of(),
            "17",
            "vm",
            "17",
            "1.37",
            TimeValue.minutes(1));
    List<IterationResult> iterations =
        java.util.Arrays.stream(nanosForThousand)
            .mapToObj(
                nanos -> {
                  IterationResult iteration = new IterationResult(params, ITERATION, null);
                  iteration.addResult(
                      new AverageTimeResult(
                          ResultRole.PRIMARY, "ours", 1000, nanos, TimeUnit.NANOSECONDS));
                  return iteration;
                })
            .toList();
    return new RunResult(params, List.of(new BenchmarkResult(params, iterations)));
  }

  @Test
  void the_rounds_of_a_row_are_one_result_of_jmh_with_a_list_of_iterations_for_each_fork() {
    // given
    RunResult merged = JmhRuns.merged(List.of(round(1000, 3000), round(5000, 7000)));

    // when
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    ResultFormatFactory.getInstance(
            ResultFormatType.JSON, new PrintStream(bytes, true, StandardCharsets.UTF_8))
        .writeOut(List.of(merged));

    // then
    JsonObject json =
        JsonParser.parseString(bytes.toString(StandardCharsets.UTF_8))
            .getAsJsonArray()
            .get(0)
            .getAsJsonObject();
    JsonObject metric = json.getAsJsonObject("primaryMetric");
    JsonArray forks = metric.getAsJsonArray("rawData");
    assertEquals("[[1.0,3.0],[5.0,7.0]]", forks.toString());
    assertEquals(4.0, metric.get("score").getAsDouble());
    assertEquals(2, json.get("forks").getAsInt());
    assertEquals("{\"kinds\":\"3\"}", json.getAsJsonObject("params").toString());
  }

  @Test
  void the_rate_of_v8_is_the_mean_of_its_iterations() throws IOException {
    assertEquals(20, NodeRuns.rate("{\"callsASecond\":[10,20,30]}"));
    for (String bad : List.of("", "{}", "[]", "{\"callsASecond\":[\"x\"]}")) {
      assertThrows(IOException.class, () -> NodeRuns.rate(bad), bad);
    }
  }

  @Test
  void calls_a_second_are_shown_in_the_unit_of_their_group() {
    assertEquals(500, Unit.CALLS_A_SECOND.ofCallsASecond(500));
    assertEquals(2000, Unit.MICROSECONDS.ofCallsASecond(500));
  }
}
