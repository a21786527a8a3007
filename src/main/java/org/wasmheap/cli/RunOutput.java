package org.wasmheap.cli;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;
import org.wasmheap.text.Printable;

/** The figures of a run, for programs and for people. */
final class RunOutput {
  private static final Gson GSON =
      new GsonBuilder().serializeNulls().disableHtmlEscaping().setPrettyPrinting().create();

  /** Columns of the names, if none is longer. */
  private static final int NAME_WIDTH = 22;

  private RunOutput() {}

  /** Quantiles in microseconds; {@code null} if nothing was counted. */
  static @Nullable Map<String, Double> micros(Histogram nanos) {
    if (nanos.getTotalCount() == 0) {
      return null;
    }
    Map<String, Double> quantiles = new LinkedHashMap<>();
    quantiles.put("p50", nanos.getValueAtPercentile(50) / 1e3);
    quantiles.put("p99", nanos.getValueAtPercentile(99) / 1e3);
    quantiles.put("max", nanos.getMaxValue() / 1e3);
    return quantiles;
  }

  /** One object, every field in it. */
  static String json(Map<String, @Nullable Object> fields) {
    return Printable.json(GSON.toJson(fields));
  }

  /** One line a figure, then the first message of each kind of failure. */
  static String table(Map<String, @Nullable Object> fields, Map<String, String> failures) {
    StringJoiner lines = new StringJoiner(System.lineSeparator());
    int width = fields.keySet().stream().mapToInt(String::length).reduce(NAME_WIDTH, Math::max);
    String line = "%-" + width + "s %s";
    fields.forEach((name, value) -> lines.add(line.formatted(name, readable(value))));
    failures.forEach(
        (kind, message) -> lines.add(line.formatted("first " + kind, Printable.text(message))));
    return lines.toString();
  }

  private static String readable(@Nullable Object value) {
    if (value == null) {
      return "-";
    } else if (value instanceof Double number) {
      return String.format(Locale.ROOT, "%,.3f", number);
    } else if (value instanceof Number number) {
      return String.format(Locale.ROOT, "%,d", number.longValue());
    } else if (value instanceof Map<?, ?> map) {
      StringJoiner entries = new StringJoiner("   ");
      map.forEach((key, each) -> entries.add(key + " " + readable(each)));
      return map.isEmpty() ? "none" : entries.toString();
    }
    return Printable.text(value.toString());
  }
}
