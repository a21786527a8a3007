package org.wasmheap.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.ThrowingConsumer;

class PropertyTest {
  private static final long SEED = 0x00C0_FFEEL;

  private static final Inputs<List<Long>> LISTS =
      Inputs.of(
          draws -> draws.list(0, 200, each -> each.number(0L, 100_000L)),
          list -> Simpler.lists(list, Simpler::numbers));

  private static Property property() {
    return new Property(SEED, PropertyTest.class);
  }

  private static <T> AssertionError failureOf(Inputs<T> inputs, ThrowingConsumer<T> check) {
    return assertThrows(AssertionError.class, () -> property().holds(100, inputs, check));
  }

  private static void assertMessageHolds(String part, AssertionError failure) {
    assertTrue(failure.getMessage().contains(part), failure.getMessage());
  }

  private static void assertLessThanTwoLargeNumbers(List<Long> list) {
    assertTrue(list.stream().filter(number -> number >= 777).count() < 2);
  }

  @Test
  void a_property_that_holds_must_be_tried_as_often_as_was_asked_for() {
    List<List<Long>> seen = new ArrayList<>();
    property().holds(300, LISTS, seen::add);
    assertEquals(300, seen.size());
    assertTrue(new HashSet<>(seen).size() > 200, "hardly any inputs differ");
  }

  @Test
  void the_same_seed_must_give_the_same_inputs_and_another_seed_others() {
    List<List<Long>> first = new ArrayList<>();
    List<List<Long>> second = new ArrayList<>();
    List<List<Long>> other = new ArrayList<>();

    property().holds(50, LISTS, first::add);
    property().holds(50, LISTS, second::add);
    new Property(SEED + 1, PropertyTest.class).holds(50, LISTS, other::add);

    assertEquals(first, second);
    assertNotEquals(first, other);
  }

  @Test
  void a_failure_must_say_its_seed_its_try_and_the_command_that_repeats_it() {
    List<List<Long>> seen = new ArrayList<>();
    AssertionError failure =
        failureOf(
            Inputs.of(LISTS::draw, unused -> Stream.empty()),
            list -> {
              seen.add(list);
              assertLessThanTwoLargeNumbers(list);
            });
    assertMessageHolds("in try " + seen.size() + " of 100, seed 0x0000000000c0ffee", failure);
    assertMessageHolds(
        "mvn test -Dtest=PropertyTest -Dwasmheap.seed=0x0000000000c0ffee\n", failure);
    // What cannot be made simpler is shown as it was drawn.
    assertMessageHolds(seen.get(seen.size() - 1).toString(), failure);
  }

  @Test
  void a_failure_must_be_shown_with_the_simplest_input_that_was_found() {
    AssertionError failure = failureOf(LISTS, PropertyTest::assertLessThanTwoLargeNumbers);
    assertMessageHolds("input:   [777, 777] (", failure);
  }

  @Test
  void the_cause_must_be_what_was_thrown_first() {
    List<Error> thrown = new ArrayList<>();
    AssertionError failure =
        failureOf(
            LISTS,
            list -> {
              Error error = new StackOverflowError("of " + list.size());
              thrown.add(error);
              throw error;
            });
    assertSame(thrown.get(0), failure.getCause());
    assertMessageHolds("failure: java.lang.StackOverflowError: of 0", failure);
  }

  @Test
  void an_input_that_fails_in_another_manner_must_not_be_taken_for_a_simpler_one() {
    AssertionError failure =
        failureOf(
            Inputs.of(draws -> 1000, Simpler::numbers),
            number -> {
              if (number < 50) {
                throw new IllegalArgumentException("too small for this property");
              }
              throw new IllegalStateException("not as it must be");
            });
    assertMessageHolds("input:   50 (", failure);
    assertMessageHolds("failure: java.lang.IllegalStateException: not as it must be", failure);
  }

  @Test
  void the_search_must_end_even_where_each_input_has_a_simpler_one() {
    Inputs<Long> endless = Inputs.of(draws -> 0L, number -> Stream.of(number + 1));
    AssertionError failure = failureOf(endless, number -> assertTrue(number < 0));
    assertMessageHolds("input:   3000 (the simplest found in 3000 reruns)", failure);
  }

  @Test
  void the_seed_that_a_failure_shows_must_be_understood() {
    assertEquals(SEED, Property.seedOf("0x0000000000c0ffee"));
    assertEquals(-2, Property.seedOf("0xfffffffffffffffe"));
    assertEquals(-2, Property.seedOf("-2"));
    assertThrows(NumberFormatException.class, () -> Property.seedOf("coffee"));
  }

  @Test
  void without_a_seed_each_property_must_get_another() {
    assertNotEquals(Property.seedOf(null), Property.seedOf(null));
  }

  @Test
  void the_command_must_name_the_test_that_asked() {
    AssertionError failure =
        assertThrows(
            AssertionError.class,
            () -> Property.assertHolds(100, LISTS, list -> assertTrue(list.isEmpty())));
    assertMessageHolds("-Dtest=PropertyTest -Dwasmheap.seed=0x", failure);
  }

  @Test
  void edges_must_be_drawn_and_nothing_outside_the_range() {
    Draws draws = new Draws(SEED);
    HashSet<Long> seen = new HashSet<>();
    for (int i = 0; i < 10_000; i++) {
      long number = draws.number(5, 0xFFFF_FFFFL);
      assertTrue(number >= 5 && number <= 0xFFFF_FFFFL, () -> "outside: " + number);
      seen.add(number);
    }
    List<Long> edges = List.of(5L, 7L, 8L, 9L, 65_535L, 65_536L, 0x7FFF_FFFFL, 0x8000_0000L);
    assertTrue(seen.containsAll(edges));
    assertTrue(seen.contains(0xFFFF_FFFFL));
  }

  @Test
  void numbers_below_zero_must_be_drawn_from_their_whole_range() {
    Draws draws = new Draws(SEED);
    HashSet<Integer> seen = new HashSet<>();
    for (int i = 0; i < 10_000; i++) {
      seen.add(draws.number(-30, -1));
    }
    assertEquals(30, seen.size());
    assertTrue(seen.contains(-30) && seen.contains(-1));
  }

  @Test
  void what_has_no_weight_must_never_be_drawn_and_the_rest_as_its_weight_says() {
    Draws draws = new Draws(SEED);
    int[] counts = new int[4];
    for (int i = 0; i < 10_000; i++) {
      counts[draws.weighted(1, 0, 8, 1)]++;
    }
    assertEquals(0, counts[1]);
    assertTrue(counts[2] > 7_500 && counts[2] < 8_500);
    assertTrue(counts[0] > 500 && counts[3] > 500);
  }

  @Test
  void what_is_simpler_than_a_list_must_be_each_part_left_out_and_each_element_simpler() {
    List<List<Long>> simpler = Simpler.lists(List.of(0L, 2L, -3L), Simpler::numbers).toList();
    assertEquals(
        List.of(
            List.of(),
            List.of(0L, 2L),
            List.of(0L, -3L),
            List.of(2L, -3L),
            List.of(0L, 0L, -3L),
            List.of(0L, 1L, -3L),
            List.of(0L, 2L, 0L),
            List.of(0L, 2L, -2L)),
        simpler);
    assertEquals(0, Simpler.lists(List.<Long>of(), Simpler::numbers).count());
  }
}
