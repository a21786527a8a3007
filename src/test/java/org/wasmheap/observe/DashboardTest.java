package org.wasmheap.observe;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.wasmheap.testkit.Calls.CALL;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.runtime.RuntimePool;
import org.wasmheap.testkit.BareHeaps;
import org.wasmheap.testkit.EveryOutcome;

/** {@code config/grafana-dashboard.json} against what a Prometheus registry exports of a pool. */
@Timeout(60)
class DashboardTest {
  private static final Path FILE = Path.of("config", "grafana-dashboard.json");
  private static final Pattern METRIC = Pattern.compile("wasmheap_[a-z_]+");
  private static final Pattern SELECTION = Pattern.compile("(wasmheap_[a-z_]+)\\{([^}]*)}");
  private static final Pattern MATCHER = Pattern.compile("([a-z_]+)\\s*(?:=~|!=|!~|=)");
  private static final Pattern GROUPING = Pattern.compile("by \\(([^)]*)\\)");
  private static final Pattern LABEL_VALUES = Pattern.compile("label_values\\((\\S+), (\\S+)\\)");
  private static final Pattern LEGEND = Pattern.compile("\\{\\{([a-z_]+)}}");
  private static final Pattern SAMPLE = Pattern.compile("^(wasmheap_[a-z_]+)(?:\\{(.*)})? \\S+$");
  private static final Pattern DIFFERENCE =
      Pattern.compile(
          "(clamp_min\\()?sum by \\(pool\\) \\((\\w+)\\{[^}]*}\\)"
              + " - sum by \\(pool\\) \\((\\w+)\\{[^}]*}\\)(?:, (\\d+)\\))?");
  private static final Pattern LABEL = Pattern.compile("([a-z_]+)=\"");

  private final JsonObject dashboard;

  /** Each metric that was exported, with its labels. */
  private final Map<String, Set<String>> exported = new TreeMap<>();

  DashboardTest() throws Exception {
    dashboard = JsonParser.parseString(Files.readString(FILE, UTF_8)).getAsJsonObject();
    PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    for (String line : scraped(registry).lines().toList()) {
      Matcher sample = SAMPLE.matcher(line);
      if (sample.matches()) {
        Set<String> labels = exported.computeIfAbsent(sample.group(1), any -> new TreeSet<>());
        Matcher label = LABEL.matcher(sample.group(2) == null ? "" : sample.group(2));
        while (label.find()) {
          labels.add(label.group(1));
        }
      }
    }
  }

  private static String scraped(PrometheusMeterRegistry registry) throws Exception {
    try (HeapExecutor<HeapHandle> executor = EveryOutcome.executor().build();
        WasmHeapMetrics metrics = WasmHeapMetrics.of(executor);
        RuntimePool pool = RuntimePool.builder(List.of()).build()) {
      metrics.bindTo(registry);
      RuntimeMetrics ofRuntimes = RuntimeMetrics.of("runtimes", pool, registry);
      EveryOutcome.of(executor);
      String scraped = registry.scrape();
      ofRuntimes.close();
      return scraped;
    }
  }

  /** A query and what its lines are called. */
  private record Query(String panel, String expression, String legend) {}

  private List<Query> queries() {
    List<Query> queries = new ArrayList<>();
    for (JsonElement each : dashboard.getAsJsonArray("panels")) {
      JsonObject panel = each.getAsJsonObject();
      if (panel.has("targets")) {
        for (JsonElement target : panel.getAsJsonArray("targets")) {
          JsonObject query = target.getAsJsonObject();
          queries.add(
              new Query(
                  panel.get("title").getAsString(),
                  query.get("expr").getAsString(),
                  query.get("legendFormat").getAsString()));
        }
      }
    }
    return queries;
  }

  private static Set<String> metricsIn(String expression) {
    Set<String> metrics = new HashSet<>();
    Matcher metric = METRIC.matcher(expression);
    while (metric.find()) {
      metrics.add(metric.group());
    }
    return metrics;
  }

  @Test
  void each_metric_that_is_exported_is_on_the_dashboard_and_no_other() {
    Set<String> shown = new TreeSet<>();
    queries().forEach(query -> shown.addAll(metricsIn(query.expression())));

    assertEquals(exported.keySet(), shown);
  }

  @Test
  void each_label_that_a_query_selects_groups_or_names_is_one_of_its_metrics() {
    for (Query query : queries()) {
      for (String metric : metricsIn(query.expression())) {
        Set<String> labels = exported.getOrDefault(metric, Set.of());
        Set<String> grouped = new TreeSet<>();
        Matcher grouping = GROUPING.matcher(query.expression());
        while (grouping.find()) {
          grouped.addAll(List.of(grouping.group(1).split(", ")));
        }
        assertTrue(labels.containsAll(grouped), () -> query + " has " + labels);
        Matcher legend = LEGEND.matcher(query.legend());
        while (legend.find()) {
          assertTrue(grouped.contains(legend.group(1)), query::toString);
        }
      }
      Matcher selection = SELECTION.matcher(query.expression());
      int selections = 0;
      while (selection.find()) {
        selections++;
        Matcher matcher = MATCHER.matcher(selection.group(2));
        while (matcher.find()) {
          assertTrue(exported.get(selection.group(1)).contains(matcher.group(1)), query::toString);
        }
      }
      assertTrue(selections > 0, () -> query + " is of all pools");
    }
  }

  @Test
  void its_variables_are_a_source_of_data_and_names_that_are_exported() {
    JsonArray variables = dashboard.getAsJsonObject("templating").getAsJsonArray("list");
    List<String> names = new ArrayList<>();
    for (JsonElement each : variables) {
      JsonObject variable = each.getAsJsonObject();
      names.add(variable.get("name").getAsString());
      if (variable.get("type").getAsString().equals("query")) {
        Matcher query = LABEL_VALUES.matcher(variable.get("definition").getAsString());
        assertTrue(query.matches(), variable::toString);
        assertTrue(exported.get(query.group(1)).contains(query.group(2)), variable::toString);
      }
    }
    assertEquals(List.of("datasource", "pool", "runtimes"), names);
  }

  @Test
  void every_panel_asks_the_source_that_the_variable_names_and_has_a_place_of_its_own() {
    Set<String> places = new HashSet<>();
    Set<Integer> ids = new HashSet<>();
    for (JsonElement each : dashboard.getAsJsonArray("panels")) {
      JsonObject panel = each.getAsJsonObject();
      JsonObject place = panel.getAsJsonObject("gridPos");
      assertTrue(places.add(place.get("x") + ", " + place.get("y")), panel::toString);
      assertTrue(ids.add(panel.get("id").getAsInt()), panel::toString);
      if (panel.has("datasource")) {
        JsonObject source = panel.getAsJsonObject("datasource");
        assertEquals("${datasource}", source.get("uid").getAsString());
        assertEquals("prometheus", source.get("type").getAsString());
      }
    }
    assertFalse(dashboard.has("__inputs"));
    assertTrue(dashboard.get("id") == null, "a dashboard with a number is one of another Grafana");
  }

  @ParameterizedTest
  @CsvSource({"0, 1", "1, 0"})
  void no_thread_is_missing_from_an_idle_pool_that_keeps_fewer_instances_than_workers(
      int minInstances, int calls) throws Exception {
    // given none kept and one there for a call, or one kept
    PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    try (HeapExecutor<HeapHandle> executor =
            BareHeaps.executor().workers(3).minInstances(minInstances).build();
        WasmHeapMetrics metrics = WasmHeapMetrics.of(executor)) {
      metrics.bindTo(registry);
      for (int i = 0; i < calls; i++) {
        executor.call(CALL, heap -> 1);
      }
      assertTrue(executor.awaitReady(Duration.ofSeconds(30)).isReady());
      // when
      double missing = difference("Threads that are missing", registry);
      // then
      assertEquals(0, missing);
    }
  }

  /** What a panel shows whose query is the difference of two sums, maybe with a least value. */
  private double difference(String panel, PrometheusMeterRegistry registry) {
    Query query = queries().stream().filter(each -> each.panel().equals(panel)).findAny().get();
    Matcher matcher = DIFFERENCE.matcher(query.expression());
    assertTrue(matcher.matches(), query::toString);
    double value = sum(matcher.group(2), registry) - sum(matcher.group(3), registry);
    return matcher.group(1) == null ? value : Math.max(value, Double.parseDouble(matcher.group(4)));
  }

  private static double sum(String metric, PrometheusMeterRegistry registry) {
    List<String> samples =
        registry.scrape().lines().filter(line -> line.startsWith(metric + "{")).toList();
    assertFalse(samples.isEmpty(), metric);
    return samples.stream()
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  @Test
  void counters_that_prometheus_reads_go_on_with_a_pool_of_the_same_name() throws Exception {
    // given
    PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    Map<String, Double> before = new TreeMap<>();
    for (int i = 0; i < 3; i++) {
      try (HeapExecutor<HeapHandle> executor = EveryOutcome.executor().build();
          WasmHeapMetrics metrics = WasmHeapMetrics.of(executor)) {
        metrics.bindTo(registry);
        // then nothing has gone back
        Map<String, Double> now = totals(registry);
        before.forEach((sample, value) -> assertEquals(value, now.get(sample), sample));
        // when calls are made, which all add to what was there
        EveryOutcome.of(executor);
        before = totals(registry);
      }
    }
    assertEquals(12, before.get("wasmheap_calls_total{outcome=\"completed\",pool=\"test\"}"));
    assertEquals(3, before.get("wasmheap_poisons_heaps_total{pool=\"test\"}"));
    assertEquals(
        3, before.get("wasmheap_rejections_calls_total{class=\"off_chain\",pool=\"test\"}"));
    assertEquals(
        9,
        before.get(
            "wasmheap_call_run_seconds_count{class=\"off_chain\","
                + "outcome=\"completed\",pool=\"test\"}"));
  }

  /** Samples that must never become smaller. */
  private static Map<String, Double> totals(PrometheusMeterRegistry registry) throws IOException {
    Map<String, Double> totals = new TreeMap<>();
    for (String line : registry.scrape().lines().toList()) {
      if (!line.startsWith("#") && line.matches("wasmheap_[a-z_]+_(total|count|sum)\\{.*")) {
        int space = line.lastIndexOf(' ');
        totals.put(line.substring(0, space), Double.valueOf(line.substring(space + 1)));
      }
    }
    return totals;
  }

  @Test
  void an_executor_that_is_bound_to_prometheus_alone_needs_no_other_registry() throws Exception {
    PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    try (HeapExecutor<HeapHandle> executor = BareHeaps.executor().name("a \"name\"\n").build();
        WasmHeapMetrics metrics = WasmHeapMetrics.of(executor)) {
      metrics.bindTo(registry);
      assertTrue(registry.scrape().contains("wasmheap_workers_threads{pool="));
    }
    assertFalse(registry.scrape().contains("wasmheap_workers_threads{"));
  }
}
