package org.wasmheap.observe;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import jdk.jfr.Enabled;
import jdk.jfr.Name;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.runtime.RuntimePool;
import org.wasmheap.testkit.EveryOutcome;
import org.wasmheap.testkit.MarkdownPage;

/** The tables of Flight Recorder's events and of meters in {@code src/docs/seeing-inside.md}. */
@Timeout(60)
class SeeingInsidePageTest {
  private static final MarkdownPage PAGE =
      MarkdownPage.of(MarkdownPage.FOLDER + "seeing-inside.md");

  /** The first cell of each row to the others that are asked for. */
  private static Map<String, String> table(String title, int cells) {
    return PAGE.table(title).stream()
        .collect(
            Collectors.toMap(
                row -> row.get(0),
                row -> String.join(" | ", row.subList(1, 1 + cells)),
                (one, other) -> one,
                TreeMap::new));
  }

  @Test
  void every_flight_recorder_event_must_be_in_the_table_with_its_fields() {
    Map<String, String> events = new TreeMap<>();
    for (Class<?> each : FlightEvents.class.getDeclaredClasses()) {
      Enabled enabled = each.getAnnotation(Enabled.class);
      String fields =
          Arrays.stream(each.getDeclaredFields())
              .filter(field -> !Modifier.isStatic(field.getModifiers()) && !field.isSynthetic())
              .map(Field::getName)
              .collect(Collectors.joining(" "));
      events.put(
          each.getAnnotation(Name.class).value(),
          (enabled == null || enabled.value() ? "on" : "off") + " | " + fields);
    }

    assertEquals(events, table("JFR event", 2));
  }

  @Test
  void every_meter_must_be_in_the_table_with_its_kind_and_tags() throws Exception {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    Map<String, String> meters = new TreeMap<>();
    try (HeapExecutor<HeapHandle> executor = EveryOutcome.executor().build();
        WasmHeapMetrics metrics = WasmHeapMetrics.of(executor);
        RuntimePool pool = RuntimePool.builder(List.of()).build()) {
      RuntimeMetrics ofRuntimes = RuntimeMetrics.of("runtimes", pool, registry);
      metrics.bindTo(registry);
      EveryOutcome.of(executor);
      for (Meter each : registry.getMeters()) {
        String kind =
            each instanceof FunctionCounter
                ? "counter"
                : each.getId().getType().name().toLowerCase(Locale.ROOT);
        meters.put(each.getId().getName(), kind + " | " + tags(each));
      }
      ofRuntimes.close();
    }

    assertEquals(meters, table("meter", 2));
  }

  /** In the order of the table: the pool first, the outcome or the state last. */
  private static String tags(Meter meter) {
    List<String> names = meter.getId().getTags().stream().map(Tag::getKey).toList();
    List<String> order = List.of("runtimes", "pool", "class", "outcome");
    return Stream.concat(
            order.stream().filter(names::contains),
            names.stream().filter(name -> !order.contains(name)))
        .collect(Collectors.joining(" "));
  }
}
