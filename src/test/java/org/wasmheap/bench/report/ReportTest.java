package org.wasmheap.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.StringReader;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.xml.sax.InputSource;

class ReportTest {
  private static final String HOSTILE = "<script>alert(\"1\")</script>&'\u202e\u001b";
  private static final Plan.Effort EFFORT = new Plan.Effort(1, 1, 10);
  private static final Row.Jmh NOTHING = Row.Jmh.of("None.none");

  private final Outcome outcome = new Outcome();

  private static Row ours(String id) {
    return Row.ours(id, "label of " + id, Unit.MICROSECONDS, NOTHING);
  }

  private static Row peer(String id) {
    return Row.peer(id, "label of " + id, Unit.MICROSECONDS, NOTHING);
  }

  private static Plan plan(int rounds, Plan.Group group, Goal... goals) {
    return new Plan("test", rounds, Duration.ofMinutes(1), EFFORT, List.of(group), List.of(goals));
  }

  private String html(Plan plan) {
    return new Report(plan, outcome, Map.of("commit", "abc"), "none", plan.rounds()).html();
  }

  private void add(String row, int round, double score) {
    outcome.add(row, round, new Outcome.Sample(score, null));
  }

  @Test
  void a_plan_with_one_round_is_shown() {
    // given
    Goal goal = Goal.atMost("what", "0.60", "half or less", "a", "b", 0.5);
    Plan plan = plan(1, Plan.Group.bars("title", "shows", ours("a"), peer("b")), goal);

    // when
    add("a", 1, 12);
    add("b", 1, 30);

    // then
    String html = html(plan);
    assertTrue(html.contains("12.0 us (one fork)"));
    assertTrue(html.contains(">0.40<"));
    assertTrue(html.contains("class=\"met\">met<"));
  }

  @Test
  void a_row_that_failed_is_shown_with_its_reason_and_the_others_with_their_figures() {
    // given
    Goal goal = Goal.atMost("what", "-", "half", "a", "b", 0.5);
    Plan plan = plan(1, Plan.Group.bars("title", "shows", ours("a"), peer("b")), goal);

    // when
    add("a", 1, 12);
    outcome.fail("b", "westend is missing");

    // then
    String html = html(plan);
    assertTrue(html.contains("12.0 us"));
    assertEquals(2, occurrences(html, "not measured: westend is missing"));
    assertFalse(html.contains("class=\"met\""));
  }

  @Test
  void a_goal_that_is_missed_says_so() {
    Goal goal = Goal.atLeast("what", "-", "80 times", "a", "b", 80);
    Plan plan = plan(2, Plan.Group.bars("title", "shows", ours("a"), peer("b")), goal);
    add("a", 1, 79);
    add("b", 1, 1);

    assertTrue(html(plan).contains("class=\"missed\">not met<"));
  }

  @Test
  void a_value_that_is_missed_by_a_hair_is_not_written_like_the_goal() {
    Goal goal = Goal.atMost("what", "-", "half", "a", "b", 0.5);

    assertEquals("0.5004", GoalChart.valueText(goal, 0.5004));
    assertEquals("0.50", GoalChart.valueText(goal, 0.5));
    assertEquals("0.52", GoalChart.valueText(goal, 0.52));
  }

  @Test
  void a_verdict_of_few_rounds_is_called_a_hint() {
    // given
    Plan.Group group = Plan.Group.bars("title", "shows", ours("a"));

    // when and then
    assertTrue(html(plan(2, group)).contains("here it is a hint"));
    assertFalse(html(plan(5, group)).contains("here it is a hint"));
  }

  @Test
  void a_goal_missed_or_reached_by_more_than_the_axis_has_its_factor_in_digits() {
    // given
    Goal far = Goal.atMost("far", "-", "half", "a", "b", 0.5);
    Goal missed = Goal.atMost("missed", "-", "half", "b", "a", 0.5);
    add("a", 1, 1);
    add("b", 1, 100);

    // when
    String picture = GoalChart.picture(List.of(far, missed), outcome);

    // then
    assertTrue(picture.contains(">50x<"));
    assertTrue(picture.contains(">1/200<"));
  }

  @Test
  void nothing_of_hostile_words_is_markup_in_page_or_picture() throws Exception {
    // given
    Row row = Row.ours("a", HOSTILE, Unit.MICROSECONDS, NOTHING);
    Goal goal = Goal.elsewhere(HOSTILE, HOSTILE, HOSTILE, HOSTILE);
    Row pointed = Row.ours("p", HOSTILE, Unit.MICROSECONDS, NOTHING).at(HOSTILE, 1);
    add("p", 1, 3);
    outcome.fail("a", HOSTILE);
    Plan plan =
        new Plan(
            HOSTILE,
            1,
            Duration.ofMinutes(1),
            EFFORT,
            List.of(
                Plan.Group.bars(HOSTILE, HOSTILE, row),
                Plan.Group.lines(HOSTILE, HOSTILE, HOSTILE, Stream.of(pointed))),
            List.of(goal));

    // when
    String html = new Report(plan, outcome, Map.of(HOSTILE, HOSTILE), HOSTILE, 1).html();
    String picture = GoalChart.picture(plan.goals(), outcome);

    // then
    for (String each : List.of(html, picture)) {
      assertFalse(each.contains("<script"));
      assertFalse(each.contains("\u202e") || each.contains("\u001b"));
    }
    parse(picture);
    svgs(html).forEach(ReportTest::parse);
  }

  @Test
  void the_page_asks_nothing_of_a_network() {
    add("a", 1, 12);

    String html = html(plan(1, Plan.Group.bars("title", "shows", ours("a"))));

    String withoutNames = html.replace("http://www.w3.org/2000/svg", "");
    assertFalse(Pattern.compile("https?:|src=|@import|url\\(").matcher(withoutNames).find());
  }

  @Test
  void the_bar_of_a_thousandth_can_be_seen_beside_the_whole() {
    // given
    add("a", 1, 0.3);
    add("b", 1, 300);

    // when
    String svg = BarChart.of(Plan.Group.bars("t", "s", ours("a"), peer("b")), outcome);

    // then
    Matcher bar = Pattern.compile("width=\"([0-9.]+)\" height=\"12.0\"").matcher(svg);
    assertTrue(bar.find());
    assertTrue(Double.parseDouble(bar.group(1)) > 10, bar.group(1));
    assertTrue(svg.contains("logarithmic"));
  }

  @Test
  void a_line_has_a_gap_where_a_point_is_missing() {
    // given
    Plan.Group group =
        Plan.Group.lines(
            "t", "s", "x", Stream.of(1, 2, 3, 4).map(x -> ours("r" + x).at("line", x)));
    for (int x : List.of(1, 2, 4)) {
      add("r" + x, 1, 10 * x);
    }

    // when
    String svg = LineChart.of(group, outcome);

    // then: three points, and one line between two of them
    assertEquals(3, occurrences(svg, "<circle"));
    assertEquals(1, occurrences(svg, "stroke-width=\"2.0\""));
  }

  @Test
  void a_line_without_any_point_says_why() {
    Plan.Group group = Plan.Group.lines("t", "s", "x", Stream.of(ours("a").at("line", 1)));
    outcome.fail("a", "no such benchmark");

    assertTrue(LineChart.of(group, outcome).contains("not measured: no such benchmark"));
  }

  @Test
  void a_plan_whose_goal_has_no_row_is_refused() {
    Goal goal = Goal.atMost("what", "-", "half", "a", "none", 0.5);

    assertThrows(
        IllegalArgumentException.class,
        () -> plan(1, Plan.Group.bars("title", "shows", ours("a")), goal));
  }

  @Test
  void both_plans_are_whole_and_the_short_one_has_rows_of_the_full_one_alone() {
    List<String> full = Plans.full().rows().stream().map(Row::id).toList();

    assertTrue(full.containsAll(Plans.brief().rows().stream().map(Row::id).toList()));
    assertEquals(Plans.full().goals(), Plans.brief().goals());
  }

  @Test
  void the_reason_of_a_failure_is_what_its_innermost_cause_says() {
    // given what JMH throws
    IllegalStateException outer = new IllegalStateException("outer", null);
    outer.addSuppressed(new IllegalStateException("mid", new IllegalStateException("it was this")));

    assertEquals("it was this", BenchPass.reason(outer));
    assertEquals("IllegalStateException", BenchPass.reason(new IllegalStateException()));
  }

  private static int occurrences(String text, String part) {
    return text.split(Pattern.quote(part), -1).length - 1;
  }

  private static Stream<String> svgs(String html) {
    return Pattern.compile("<svg.*?</svg>", Pattern.DOTALL)
        .matcher(html)
        .results()
        .map(found -> found.group());
  }

  private static void parse(String xml) {
    try {
      DocumentBuilderFactory.newInstance()
          .newDocumentBuilder()
          .parse(new InputSource(new StringReader(xml)));
    } catch (Exception e) {
      throw new AssertionError(xml, e);
    }
  }
}
