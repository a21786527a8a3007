package org.wasmheap.bench.report;

import java.util.Collection;
import java.util.Map;

/**
 * A page that needs nothing but itself: goals, charts, where and how it was measured.
 *
 * @param plan what was to be measured
 * @param outcome what was
 * @param facts of the machine
 * @param load of the machine
 * @param rounds that were begun
 */
record Report(Plan plan, Outcome outcome, Map<String, String> facts, String load, int rounds) {
  private static final String STYLE =
      """
      :root{color-scheme:light dark}
      body{font:15px/1.45 system-ui,-apple-system,"Segoe UI","DejaVu Sans",sans-serif;
      margin:0 auto;      max-width:1360px;padding:12px 16px;background:#fff;color:#1c2733}
      h1{font-size:24px}h2{font-size:20px;margin-top:32px}h3{font-size:16px;margin:0 0 4px}
      p{margin:4px 0 10px;max-width:76ch}
      .charts{display:grid;gap:28px;
      grid-template-columns:repeat(auto-fill,minmax(min(100%,360px),1fr))}
      svg{max-width:100%;height:auto}
      table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;
      padding:6px 10px 6px 0;border-bottom:1px solid #d9dfe5;overflow-wrap:anywhere}
      .met,.missed{white-space:nowrap}
      .met{color:#16794d;font-weight:600}.missed{color:#b8540c;font-weight:600}
      @media (max-width:700px){thead{display:none}td{display:block;border:0;padding:1px 0}
      tr{display:block;border-bottom:1px solid #d9dfe5;padding:8px 0}
      td:first-child{font-weight:600}
      td[data-name]::before{content:attr(data-name) ": ";opacity:.75}}
      @media (prefers-color-scheme:dark){body{background:#14191f;color:#e4eaf0}
      th,td,tr{border-color:#36414c}.met{color:#3fbf86}.missed{color:#ef9450}}
      """;

  String html() {
    StringBuilder out = new StringBuilder();
    out.append("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n")
        .append("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n")
        .append("<title>wasm-heap-pool: figures</title>\n<style>\n")
        .append(STYLE)
        .append(Markup.STYLE)
        .append("</style></head><body>\n<h1>wasm-heap-pool: figures</h1>\n");
    paragraph(
        out,
        "A "
            + plan.name()
            + " pass, "
            + rounds
            + " of "
            + plan.rounds()
            + " rounds begun. In each round every row has one fork, so that what the machine does at some"
            + " moment falls on all of them.");
    goals(out);
    out.append("<h2>What was measured</h2>\n");
    paragraph(
        out,
        "A bar is the median of the forks, the line in it goes from the least to the most. Ours are"
            + " blue.");
    out.append("<div class=\"charts\">\n");
    for (Plan.Group group : plan.groups()) {
      out.append("<section><h3>").append(Markup.escape(group.title())).append("</h3>\n");
      paragraph(out, group.shows());
      out.append(group.isLine() ? LineChart.of(group, outcome) : BarChart.of(group, outcome));
      out.append("</section>\n");
    }
    out.append("</div>\n");
    lines(out);
    method(out);
    return out.append("</body></html>\n").toString();
  }

  private static void paragraph(StringBuilder out, String text) {
    out.append("<p>").append(Markup.escape(text)).append("</p>\n");
  }

  private void goals(StringBuilder out) {
    out.append("<h2>Goals</h2>\n<table><thead><tr><th>what</th><th>today</th><th>goal</th>")
        .append("<th>reached</th><th>best round</th><th></th></tr></thead><tbody>\n");
    for (Goal goal : plan.goals()) {
      out.append("<tr><td>").append(Markup.escape(goal.what())).append("</td>");
      cell(out, "today", "", goal.today());
      cell(out, "goal", "", goal.wording());
      Collection<Double> values = outcome.values(goal).values();
      if (values.isEmpty()) {
        cell(out, "reached", "", "not measured: " + outcome.whyNot(goal));
        out.append("<td></td><td></td></tr>\n");
        continue;
      }
      double median = Figures.median(values);
      double best = goal.isAtMost() ? Figures.least(values) : Figures.most(values);
      cell(out, "reached", "", GoalChart.valueText(goal, median));
      cell(out, "best round", "", GoalChart.valueText(goal, best));
      boolean isMet = goal.isMetBy(median);
      String classes = isMet ? "met" : "missed";
      out.append("<td class=\"").append(classes).append("\">");
      out.append(isMet ? "met" : "not met").append("</td></tr>\n");
    }
    out.append("</tbody></table>\n");
    paragraph(
        out,
        "Reached is the median of the ratios of each round. \"Today\" is what was measured before"
            + " the work on a goal began."
            + (rounds < Goals.LEAST_ROUNDS
                ? " A verdict needs " + Goals.LEAST_ROUNDS + " rounds: here it is a hint."
                : ""));
  }

  private static void cell(StringBuilder out, String name, String classes, String text) {
    out.append("<td data-name=\"").append(name).append("\" class=\"").append(classes).append("\">");
    out.append(Markup.escape(text)).append("</td>");
  }

  /** The figures of the lines, which their charts do not tell in digits. */
  private void lines(StringBuilder out) {
    out.append("<h2>The points of the lines</h2>\n<table><tbody>\n");
    for (Plan.Group group : plan.groups()) {
      for (Row row : group.isLine() ? group.rows() : java.util.List.<Row>of()) {
        out.append("<tr><td>").append(Markup.escape(row.label())).append("</td>");
        cell(out, "score", "", BarChart.value(row, outcome));
        out.append("</tr>\n");
      }
    }
    out.append("</tbody></table>\n");
  }

  private void method(StringBuilder out) {
    out.append("<h2>Where and how</h2>\n<table><tbody>\n");
    facts.forEach((name, value) -> fact(out, name, value));
    fact(out, "load", load);
    Plan.Effort effort = plan.effort();
    fact(
        out,
        "method",
        plan.rounds()
            + " rounds of one fork a row, in turn; a fork has "
            + effort.warmUps()
            + " iterations of "
            + effort.millis()
            + " ms to become warm ("
            + 3 * effort.warmUps()
            + " for long calls), and "
            + effort.iterations()
            + " of the same length that are measured; its score is their mean");
    out.append("</tbody></table>\n");
  }

  private static void fact(StringBuilder out, String name, String value) {
    out.append("<tr><td>").append(Markup.escape(name)).append("</td><td>");
    out.append(Markup.escape(value)).append("</td></tr>\n");
  }
}
