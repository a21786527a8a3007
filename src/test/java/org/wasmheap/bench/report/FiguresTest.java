package org.wasmheap.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FiguresTest {
  @Test
  void the_median_is_the_value_in_the_middle_in_whatever_order_they_come() {
    assertEquals(5, Figures.median(List.of(9.0, 1.0, 5.0)));
    assertEquals(3, Figures.median(List.of(9.0, 1.0, 5.0, 1.0)));
    assertEquals(7, Figures.median(List.of(7.0)));
    assertThrows(IllegalArgumentException.class, () -> Figures.median(List.of()));
  }

  @ParameterizedTest
  @CsvSource({"0.284, 0.28", "9.999, 10.0", "12.34, 12.3", "99.97, 100", "12.5e5, '1,250,000'"})
  void a_number_has_three_digits_or_all_before_the_point(double value, String text) {
    assertEquals(text, Figures.number(value));
  }

  @Test
  void a_small_ratio_is_a_fraction_of_one() {
    assertEquals("1/400", Figures.ratio(0.0025));
    assertEquals("0.53", Figures.ratio(0.53));
  }

  @Test
  void values_far_from_each_other_stand_on_a_logarithmic_scale_where_each_can_be_seen() {
    // given
    Scale scale = Scale.of(List.of(0.28, 385.0));

    // when and then
    assertTrue(scale.isLog());
    assertTrue(scale.at(0.28) > 0.05);
    assertTrue(scale.at(385) > 0.9 && scale.at(385) <= 1);
  }

  @Test
  void values_near_to_each_other_stand_on_a_scale_from_zero() {
    Scale scale = Scale.of(List.of(10.0, 20.0));

    assertFalse(scale.isLog());
    assertEquals(2, scale.at(20) / scale.at(10), 1e-9);
  }

  @ParameterizedTest
  @CsvSource({"1", "1.4", "1.9", "2.1", "4.9", "5.1", "9.9", "350"})
  void an_axis_has_a_few_lines(double most) {
    int lines = Scale.of(List.of(most)).ticks().size();

    assertTrue(lines >= 3 && lines <= 8, lines + " lines");
  }

  @Test
  void a_goal_is_met_in_its_own_sense() {
    // given
    Goal atMost = Goal.atMost("w", "-", "w", "a", "b", 0.5);
    Goal atLeast = Goal.atLeast("w", "-", "w", "a", "b", 80);

    // when and then
    assertTrue(atMost.isMetBy(0.5) && !atMost.isMetBy(0.51));
    assertTrue(atLeast.isMetBy(80) && !atLeast.isMetBy(79));
    assertEquals(2, atMost.marginOf(0.25));
    assertEquals(2, atLeast.marginOf(160));
  }

  @Test
  void the_share_of_stolen_time_counts_no_time_twice() {
    // given a line with guest time, which is part of user time already
    String line = "cpu  10 1 5 70 4 0 2 8 6 0";

    // when and then
    assertEquals(new MachineLoad.Jiffies(100, 8), MachineLoad.Jiffies.of(line).orElseThrow());
    assertTrue(MachineLoad.Jiffies.of("cpu0 1 2 3 4 5 6 7 8").isEmpty());
    assertTrue(MachineLoad.Jiffies.of("cpu a b c d e f g h").isEmpty());
  }
}
