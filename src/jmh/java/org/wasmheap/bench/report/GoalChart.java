package org.wasmheap.bench.report;

import java.util.Collection;
import java.util.List;
import java.util.Locale;

/**
 * All goals on one axis: how many times better than its goal each is. A picture that stands alone.
 */
final class GoalChart {
  private static final double WIDTH = 900;
  private static final double TOP = 118;
  private static final double ROW = 54;
  private static final double OTHER = 18;
  private static final double LEFT = 500;
  private static final double RIGHT = 870;
  private static final double CLIP = 16;
  private static final double FROM = 0.25;
  private static final int CHARS = 70;
  private static final double[] TICKS = {0.25, 0.5, 1, 2, 4, 8, 16};

  private GoalChart() {}

  static String picture(List<Goal> goals, Outcome outcome) {
    List<Goal> measured = goals.stream().filter(goal -> !outcome.values(goal).isEmpty()).toList();
    List<Goal> others = goals.stream().filter(goal -> outcome.values(goal).isEmpty()).toList();
    double bottom = TOP + ROW * measured.size();
    double height = bottom + (others.isEmpty() ? 14 : 44 + OTHER * others.size());
    StringBuilder out = new StringBuilder();
    out.append("<style>").append(Markup.STYLE).append("</style>\n");
    out.append(Markup.rectangle(0, 0, WIDTH, height, "paper"));
    out.append(Markup.text(20, 34, "start", "fg title head", "wasm-heap-pool: goals and figures"));
    out.append(
        Markup.text(
            20,
            58,
            "start",
            "muted",
            "Right of the line a goal is reached, left of it missed, by the factor on the axis."
                + " Dot: median of the rounds; bar: their range."));
    axis(out, bottom);
    double y = TOP;
    for (Goal goal : measured) {
      row(out, goal, outcome, y);
      y += ROW;
    }
    y += 24;
    if (!others.isEmpty()) {
      out.append(Markup.text(20, y, "start", "fg head", "Not measured in this pass"));
    }
    for (Goal goal : others) {
      y += OTHER;
      String words = goal.what() + " (goal " + goal.wording() + "): " + outcome.whyNot(goal);
      out.append(Markup.text(20, y, "start", "muted", Markup.wrap(words, 140).get(0)));
    }
    return Markup.svg(WIDTH, height, "Goals, and how far each is reached", out.toString());
  }

  private static double xOf(double margin) {
    double inside = Math.min(CLIP, Math.max(FROM, margin));
    return LEFT + (RIGHT - LEFT) * Math.log(inside / FROM) / Math.log(CLIP / FROM);
  }

  private static void axis(StringBuilder out, double bottom) {
    for (double tick : TICKS) {
      boolean isGoal = tick == 1;
      double x = xOf(tick);
      String text = tick < 1 ? "1/" + Math.round(1 / tick) : Math.round(tick) + "x";
      out.append(Markup.line(x, TOP - 12, x, bottom, isGoal ? 2 : 1, isGoal ? "goal" : "grid"));
      out.append(
          Markup.text(x, TOP - 18, "middle", isGoal ? "fg head" : "muted", isGoal ? "goal" : text));
    }
    out.append(Markup.text(xOf(1) - 8, TOP - 36, "end", "bad head", "missed"));
    out.append(Markup.text(xOf(1) + 8, TOP - 36, "start", "good head", "reached"));
  }

  private static void row(StringBuilder out, Goal goal, Outcome outcome, double y) {
    List<String> words = Markup.wrap(goal.what(), CHARS);
    double text = y + 13;
    for (String line : words.subList(0, Math.min(2, words.size()))) {
      out.append(Markup.text(20, text, "start", "fg head", line));
      text += 15;
    }
    Collection<Double> values = outcome.values(goal).values();
    double median = Figures.median(values);
    String reached = "goal " + goal.wording() + "; reached " + valueText(goal, median);
    out.append(Markup.text(20, text, "start", "muted", Markup.wrap(reached, CHARS + 6).get(0)));
    String classes = goal.isMetBy(median) ? "good" : "bad";
    double one = xOf(marginOf(goal, Figures.least(values)));
    double other = xOf(marginOf(goal, Figures.most(values)));
    double middle = y + 16;
    out.append(
        Markup.rectangle(
            Math.min(one, other), middle - 3, Math.max(2, Math.abs(one - other)), 6, classes));
    double margin = marginOf(goal, median);
    out.append(Markup.dot(xOf(margin), middle, 7, classes));
    if (margin > CLIP) {
      out.append(Markup.text(RIGHT, middle - 12, "end", "good head", beyond(margin)));
    }
    if (margin < FROM) {
      String factor = "1/" + Figures.number(1 / margin);
      out.append(Markup.text(LEFT, middle - 12, "start", "bad head", factor));
    }
  }

  private static String beyond(double margin) {
    return Double.isInfinite(margin) ? "beyond" : String.format(Locale.ROOT, "%,.0fx", margin);
  }

  /** A cost of less than nothing is as far from any goal as can be. */
  private static double marginOf(Goal goal, double value) {
    return value > 0 ? goal.marginOf(value) : Double.POSITIVE_INFINITY;
  }

  /** A goal's value for readers. */
  static String valueText(Goal goal, double value) {
    return switch (goal.formula()) {
      case GARBAGE -> Figures.number(value) + " B";
      case EXCESS -> Figures.number(value);
      case RATIO -> ratioText(goal, value) + (goal.isAtMost() ? "" : " times");
    };
  }

  /**
   * Two digits behind the point, but more where they would hide on which side of the goal it is.
   */
  private static String ratioText(Goal goal, double value) {
    String text = Figures.ratio(value);
    return text.equals(Figures.ratio(goal.limit())) && value != goal.limit()
        ? String.format(Locale.ROOT, "%.4f", value)
        : text;
  }
}
