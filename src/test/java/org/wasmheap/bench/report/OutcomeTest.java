package org.wasmheap.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class OutcomeTest {
  private static final Goal HALF = Goal.atMost("w", "-", "half", "ours", "peer", 0.5);

  private final Outcome outcome = new Outcome();

  private void add(String row, int round, double score) {
    outcome.add(row, round, new Outcome.Sample(score, null));
  }

  @Test
  void a_ratio_is_taken_within_a_round_and_not_between_medians() {
    // given a machine that is three times slower in its second round
    add("ours", 1, 4);
    add("peer", 1, 10);
    add("ours", 2, 12);
    add("peer", 2, 30);
    add("ours", 3, 5);
    add("peer", 3, 10);

    // when and then
    assertEquals(Map.of(1, 0.4, 2, 0.4, 3, 0.5), outcome.values(HALF));
    assertEquals(0.4, Figures.median(outcome.values(HALF).values()));
  }

  @Test
  void a_round_in_which_one_side_is_missing_has_no_ratio() {
    add("ours", 1, 4);
    add("ours", 2, 6);
    add("peer", 2, 10);

    assertEquals(Map.of(2, 0.6), outcome.values(HALF));
  }

  @Test
  void a_goal_without_values_tells_why_its_row_failed() {
    // given
    add("ours", 1, 4);

    // when
    outcome.fail("peer", "the file is missing");

    // then
    assertTrue(outcome.values(HALF).isEmpty());
    assertEquals("the file is missing", outcome.whyNot(HALF));
  }

  @Test
  void an_excess_is_the_part_by_which_ours_is_more() {
    add("ours", 1, 3);
    add("peer", 1, 2);

    assertEquals(
        Map.of(1, 0.5), outcome.values(Goal.excess("w", "-", "half", "ours", "peer", 0.5)));
  }

  @Test
  void garbage_is_that_of_ours_less_the_peers() {
    Goal goal = Goal.garbage("w", "-", "600 B", "ours", "peer", 600);
    outcome.add("ours", 1, new Outcome.Sample(3, 608.0));
    assertEquals(Map.of(), outcome.values(goal));

    outcome.add("peer", 1, new Outcome.Sample(9, 256.0));

    assertEquals(Map.of(1, 352.0), outcome.values(goal));
  }

  @Test
  void a_score_that_is_no_positive_number_is_a_failure() {
    for (double score : List.of(0.0, -1.0, Double.NaN, Double.POSITIVE_INFINITY)) {
      // given
      Outcome fresh = new Outcome();

      // when
      fresh.add("ours", 1, new Outcome.Sample(score, null));

      // then
      assertTrue(fresh.scores("ours").isEmpty());
      assertEquals("the score is " + score, fresh.failure("ours").orElseThrow());
    }
  }

  @Test
  void why_a_row_failed_cannot_steer_a_terminal() {
    outcome.fail("ours", "\u001b[2J gone");

    assertFalse(outcome.failure("ours").orElseThrow().contains("\u001b"));
  }
}
