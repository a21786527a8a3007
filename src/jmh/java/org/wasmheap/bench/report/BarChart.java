package org.wasmheap.bench.report;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * A group as bars: each as long as the median of its forks, with a line from the least to the most.
 * Words stand above a bar, never beside it, so that the chart is readable on a narrow page.
 */
final class BarChart {
  private static final double WIDTH = 380;
  private static final double LINE = 15;
  private static final double BAR = 12;
  private static final int LABEL_CHARS = 54;

  private BarChart() {}

  static String of(Plan.Group group, Outcome outcome) {
    List<Double> all = new ArrayList<>();
    group.rows().forEach(row -> all.addAll(outcome.scores(row.id()).values()));
    StringBuilder out = new StringBuilder();
    double y = 0;
    for (Row row : group.rows()) {
      for (String line : Markup.wrap(row.label(), LABEL_CHARS)) {
        y += LINE;
        out.append(Markup.text(0, y - 5, "start", row.isOurs() ? "fg head" : "fg", line));
      }
      Collection<Double> scores = outcome.scores(row.id()).values();
      if (!scores.isEmpty()) {
        bar(out, y, Scale.of(all), scores, row.isOurs() ? "ours" : "peer");
        y += BAR + 3;
      }
      for (String line : Markup.wrap(value(row, outcome), LABEL_CHARS)) {
        y += LINE;
        out.append(Markup.text(0, y - 4, "start", "muted", line));
      }
      y += 7;
    }
    if (!all.isEmpty()) {
      y += LINE;
      out.append(Markup.text(0, y - 4, "start", "muted", note(group, Scale.of(all))));
    }
    return Markup.svg(WIDTH, y, group.title(), out.toString());
  }

  private static void bar(
      StringBuilder out, double y, Scale scale, Collection<Double> scores, String classes) {
    double length = Math.max(1, WIDTH * scale.at(Figures.median(scores)));
    out.append(Markup.rectangle(0, y, length, BAR, classes));
    double from = WIDTH * scale.at(Figures.least(scores));
    double to = WIDTH * scale.at(Figures.most(scores));
    double middle = y + BAR / 2;
    out.append(Markup.line(from, middle, to, middle, 1.5, "range"));
    out.append(Markup.line(from, middle - 4, from, middle + 4, 1.5, "range"));
    out.append(Markup.line(to, middle - 4, to, middle + 4, 1.5, "range"));
  }

  /** The median with its range, or why there is none. */
  static String value(Row row, Outcome outcome) {
    Collection<Double> scores = outcome.scores(row.id()).values();
    String failure = outcome.failure(row.id()).orElse("");
    if (scores.isEmpty()) {
      return "not measured: " + (failure.isEmpty() ? "the pass ended before" : failure);
    }
    String median = Figures.number(Figures.median(scores)) + " " + row.unit().text;
    String range =
        scores.size() == 1
            ? " (one fork)"
            : " ("
                + Figures.number(Figures.least(scores))
                + " to "
                + Figures.number(Figures.most(scores))
                + " in "
                + scores.size()
                + " forks)";
    return median + range + (failure.isEmpty() ? "" : "; a fork failed: " + failure);
  }

  private static String note(Plan.Group group, Scale scale) {
    String sense = group.unit().moreIsBetter() ? "longer is better" : "shorter is better";
    return scale.isLog()
        ? sense + "; logarithmic, from " + Figures.number(scale.low()) + " " + group.unit().text
        : sense + "; from 0";
  }
}
