package org.wasmheap.bench.report;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** A group whose rows are points of lines: how something grows, with the range of the forks. */
final class LineChart {
  private static final double WIDTH = 380;
  private static final double LEFT = 58;
  private static final double RIGHT = 366;
  private static final double TOP = 20;
  private static final double BOTTOM = 210;
  private static final int LINES = 4;

  private LineChart() {}

  static String of(Plan.Group group, Outcome outcome) {
    List<Row> measured =
        group.rows().stream().filter(row -> !outcome.scores(row.id()).isEmpty()).toList();
    if (measured.isEmpty()) {
      return BarChart.of(group, outcome); // Which says of each why it is not there.
    }
    List<Double> scores = new ArrayList<>();
    measured.forEach(row -> scores.addAll(outcome.scores(row.id()).values()));
    Scale y = Scale.of(scores);
    List<Double> xs = group.rows().stream().map(row -> pointOf(row).x()).distinct().toList();
    StringBuilder out = new StringBuilder();
    grid(out, group, xs, y);
    Map<String, List<Row>> lines = new LinkedHashMap<>();
    for (Row row : group.rows()) {
      lines.computeIfAbsent(pointOf(row).line(), name -> new ArrayList<>()).add(row);
    }
    int number = 0;
    double bottom = BOTTOM + 46;
    for (Map.Entry<String, List<Row>> line : lines.entrySet()) {
      String classes = "l" + number++ % LINES;
      points(out, line.getValue(), outcome, xs, y, classes);
      out.append(Markup.rectangle(0, bottom - 9, 14, 10, classes));
      for (String words : Markup.wrap(line.getKey(), 50)) {
        out.append(Markup.text(20, bottom, "start", "fg", words));
        bottom += 16;
      }
    }
    return Markup.svg(WIDTH, bottom, group.title(), out.toString());
  }

  private static Row.Point pointOf(Row row) {
    return Objects.requireNonNull(row.point(), row.id());
  }

  private static double xOf(double x, List<Double> xs) {
    double least = Figures.least(xs);
    double most = Figures.most(xs);
    double part = most == least ? 0.5 : Math.log(x / least) / Math.log(most / least);
    return LEFT + 12 + part * (RIGHT - LEFT - 24);
  }

  private static double yOf(double value, Scale y) {
    return BOTTOM - (BOTTOM - TOP) * y.at(value);
  }

  private static void grid(StringBuilder out, Plan.Group group, List<Double> xs, Scale y) {
    String scale = y.isLog() ? ", logarithmic" : "";
    out.append(Markup.text(0, 12, "start", "muted", group.unit().text + scale));
    for (double tick : y.ticks()) {
      out.append(Markup.line(LEFT, yOf(tick, y), RIGHT, yOf(tick, y), 1, "grid"));
      out.append(Markup.text(LEFT - 6, yOf(tick, y) + 4, "end", "muted", tickText(tick)));
    }
    double last = -100;
    for (double x : xs.stream().sorted().toList()) {
      if (xOf(x, xs) - last >= 34) {
        last = xOf(x, xs);
        out.append(Markup.text(last, BOTTOM + 15, "middle", "muted", tickText(x)));
      }
    }
    out.append(Markup.text(RIGHT, BOTTOM + 30, "end", "muted", group.axis()));
  }

  private static String tickText(double tick) {
    return tick == Math.rint(tick)
        ? String.format(java.util.Locale.ROOT, "%,.0f", tick)
        : Figures.number(tick);
  }

  private static void points(
      StringBuilder out,
      List<Row> rows,
      Outcome outcome,
      List<Double> xs,
      Scale y,
      String classes) {
    double lastX = Double.NaN;
    double lastY = 0;
    for (Row row : rows) {
      Collection<Double> scores = outcome.scores(row.id()).values();
      if (scores.isEmpty()) {
        lastX = Double.NaN; // A gap, not a line across what is not known.
        continue;
      }
      double x = xOf(pointOf(row).x(), xs);
      double middle = yOf(Figures.median(scores), y);
      double low = yOf(Figures.least(scores), y);
      out.append(Markup.line(x, low, x, yOf(Figures.most(scores), y), 1.5, classes));
      out.append(Markup.dot(x, middle, 3, classes));
      if (!Double.isNaN(lastX)) {
        out.append(Markup.line(lastX, lastY, x, middle, 2, classes));
      }
      lastX = x;
      lastY = middle;
    }
  }
}
