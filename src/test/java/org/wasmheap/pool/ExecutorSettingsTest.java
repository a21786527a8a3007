package org.wasmheap.pool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.wasmheap.testkit.Calls.CALL;

import java.lang.reflect.Method;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.pool.CallOptions.CallClass;
import org.wasmheap.testkit.BareHeaps;

/** Every setting of an executor: its whole range is taken, and what is outside is named. */
class ExecutorSettingsTest {
  private static final Map<String, BiFunction<HeapExecutor.Builder<?>, Long, Object>> NUMBERS =
      new TreeMap<>(
          Map.of(
              "workers", (builder, value) -> builder.workers(value.intValue()),
              "minInstances", (builder, value) -> builder.minInstances(value.intValue()),
              "queueCapacity", (builder, value) -> builder.queueCapacity(value.intValue()),
              "maxDepth", (builder, value) -> builder.maxDepth(value.intValue()),
              "maxAbandonedThreads",
                  (builder, value) -> builder.maxAbandonedThreads(value.intValue()),
              "stackBytes", HeapExecutor.Builder::stackBytes));

  private static final Map<String, BiFunction<HeapExecutor.Builder<?>, Duration, Object>> TIMES =
      new TreeMap<>(
          Map.of(
              "ageing", HeapExecutor.Builder::ageing,
              "defaultDeadline", HeapExecutor.Builder::defaultDeadline,
              "grace", HeapExecutor.Builder::grace,
              "instanceDeadline", HeapExecutor.Builder::instanceDeadline,
              "trimAfter", HeapExecutor.Builder::trimAfter));

  /** Nothing is out of range of these. */
  private static final Set<String> WITHOUT_RANGE =
      Set.of("verifyResets", "warmUp", "growthPolicy", "listener", "memoryBudget");

  private final HeapExecutor.Builder<HeapHandle> builder = BareHeaps.executor();

  private static String messageOf(org.junit.jupiter.api.function.Executable setting) {
    return assertThrows(IllegalArgumentException.class, setting).getMessage();
  }

  @Test
  void every_setting_must_be_in_this_test() {
    Set<String> tested = new TreeSet<>(WITHOUT_RANGE);
    tested.addAll(NUMBERS.keySet());
    tested.addAll(TIMES.keySet());
    tested.add("name");

    Set<String> settings =
        Arrays.stream(HeapExecutor.Builder.class.getMethods())
            .filter(method -> method.getReturnType() == HeapExecutor.Builder.class)
            .map(Method::getName)
            .collect(Collectors.toCollection(TreeSet::new));
    assertEquals(settings, tested);
  }

  @ParameterizedTest
  @CsvSource({
    "workers, 1, 1024",
    "minInstances, 0, 1024",
    "queueCapacity, 1, 1048576",
    "maxDepth, 0, 64",
    "maxAbandonedThreads, 0, 1024",
    "stackBytes, 262144, 1073741824"
  })
  void a_number_out_of_range_must_be_refused_with_setting_value_and_range(
      String setting, long least, long most) {
    BiFunction<HeapExecutor.Builder<?>, Long, Object> set = NUMBERS.get(setting);
    String range = ", must be " + least + " to " + most;

    assertSame(builder, set.apply(builder, least));
    assertSame(builder, set.apply(builder, most));
    for (long outside : new long[] {least - 1, most + 1, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
      assertEquals(
          setting + " is " + outside + range, messageOf(() -> set.apply(builder, outside)));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"ageing", "defaultDeadline", "grace", "instanceDeadline", "trimAfter"})
  void a_time_out_of_range_must_be_refused_with_setting_value_and_range(String setting) {
    BiFunction<HeapExecutor.Builder<?>, Duration, Object> set = TIMES.get(setting);
    Duration longest = Duration.ofDays(30);

    assertSame(builder, set.apply(builder, Duration.ofNanos(1)));
    assertSame(builder, set.apply(builder, longest));
    for (Duration outside :
        new Duration[] {
          Duration.ZERO, Duration.ofNanos(-1), longest.plusNanos(1), Duration.ofDays(999_999)
        }) {
      assertEquals(
          setting + " is " + outside + ", must be more than zero and at most PT720H",
          messageOf(() -> set.apply(builder, outside)));
    }
  }

  @Test
  void the_places_of_one_class_must_be_checked_as_those_of_all() {
    for (CallClass each : CallClass.values()) {
      assertEquals(
          "queueCapacity is 0, must be 1 to 1048576",
          messageOf(() -> builder.queueCapacity(each, 0)));
    }
  }

  @Test
  void a_name_must_have_a_character() {
    assertEquals("name is empty, must have a character or more", messageOf(() -> builder.name("")));
  }

  @Test
  void the_deadline_of_a_call_must_be_checked_as_those_of_the_executor() {
    assertEquals(
        "deadline is PT0S, must be more than zero and at most PT720H",
        messageOf(() -> CALL.withDeadline(Duration.ZERO)));
    assertEquals(
        "deadline is PT-1S, must be more than zero and at most PT720H",
        messageOf(() -> CALL.withDeadline(Duration.ofSeconds(-1))));
    assertEquals(Duration.ofDays(30), CALL.withDeadline(Duration.ofDays(30)).deadline());
  }
}
