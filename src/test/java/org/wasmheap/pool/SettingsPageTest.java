package org.wasmheap.pool;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.wasmheap.heap.GrowthPolicy;
import org.wasmheap.memory.MemoryBudget;
import org.wasmheap.pool.CallOptions.CallClass;
import org.wasmheap.testkit.BareHeaps;
import org.wasmheap.testkit.MarkdownPage;

/** The tables of {@code src/docs/settings.md} against the builder and the options. */
class SettingsPageTest {
  private static final MarkdownPage PAGE = MarkdownPage.of(MarkdownPage.FOLDER + "settings.md");
  private static final Duration LONGEST = Duration.ofDays(30);

  /** What stands for no call, no policy, no budget, no listener. */
  private static final Set<Object> NOTHING =
      Set.of(GrowthPolicy.ALLOW_ALL, PoolListener.NONE, MemoryBudget.unlimited());

  private final HeapExecutor.Builder<?> builder = HeapExecutor.builder(BareHeaps.factory());

  static Stream<Arguments> settings() {
    return PAGE.table("setting").stream()
        .map(row -> Arguments.of(row.get(0), row.get(1), row.get(2), row.get(3)));
  }

  private static Stream<Method> setters() {
    return Arrays.stream(HeapExecutor.Builder.class.getMethods())
        .filter(method -> method.getReturnType() == HeapExecutor.Builder.class);
  }

  private static Method setter(String setting) {
    return setters()
        .filter(method -> method.getName().equals(setting) && method.getParameterCount() == 1)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void every_setting_must_be_in_the_table_and_no_other() {
    Set<String> settings = new TreeSet<>();
    setters().forEach(method -> settings.add(method.getName()));
    Set<String> documented = new TreeSet<>();
    PAGE.table("setting").forEach(row -> documented.add(row.get(0)));

    assertEquals(settings, documented);
  }

  @ParameterizedTest
  @MethodSource("settings")
  void the_default_must_be_that_of_the_builder(
      String setting, String standard, String range, String why) throws Exception {
    Object value = valueOf(setting);

    assertFalse(why.isEmpty());
    if (value == null || NOTHING.contains(value)) {
      assertEquals("none", standard);
    } else if (value instanceof Boolean yes) {
      assertEquals(yes ? "yes" : "no", standard);
    } else if (value instanceof Duration duration) {
      assertEquals(duration, duration(standard));
    } else if (value instanceof Number number) {
      assertEquals(number.longValue(), number(standard));
    } else {
      assertEquals(value, standard);
    }
  }

  /** What a new builder has. */
  private @Nullable Object valueOf(String setting) throws ReflectiveOperationException {
    if (setting.equals("queueCapacity")) {
      Map<?, ?> capacities = (Map<?, ?>) field("queueCapacities");
      assertEquals(CallClass.values().length, capacities.size());
      assertEquals(1, Set.copyOf(capacities.values()).size(), "the same for all classes");
      return capacities.values().iterator().next();
    }
    return field(setting);
  }

  private @Nullable Object field(String name) throws ReflectiveOperationException {
    Field field = HeapExecutor.Builder.class.getDeclaredField(name);
    field.setAccessible(true);
    return field.get(builder);
  }

  private static long number(String text) {
    if (text.equals("processors")) {
      return Runtime.getRuntime().availableProcessors();
    }
    List<String> words = List.of(text.split(" "));
    long number = Long.parseLong(words.get(0).replace(",", ""));
    return words.size() == 1
        ? number
        : number << Map.of("KiB", 10, "MiB", 20, "GiB", 30).get(words.get(1));
  }

  private static Duration duration(String text) {
    List<String> words = List.of(text.split(" "));
    long number = Long.parseLong(words.get(0));
    return words.get(1).equals("min") ? Duration.ofMinutes(number) : Duration.ofSeconds(number);
  }

  @ParameterizedTest
  @MethodSource("settings")
  void the_range_must_be_taken_as_a_whole_and_nothing_beyond_it(
      String setting, String standard, String range, String why) {
    Class<?> type = setter(setting).getParameterTypes()[0];
    if (type == int.class || type == long.class) {
      List<String> bounds = List.of(range.split(" to "));
      long least = number(bounds.get(0));
      long most = number(bounds.get(1));
      assertTaken(setting, List.of(number(type, least), number(type, most)));
      assertRefused(setting, List.of(number(type, least - 1), number(type, most + 1)));
    } else if (type == Duration.class) {
      assertEquals("more than 0", range);
      assertTaken(setting, List.of(Duration.ofNanos(1), LONGEST));
      assertRefused(setting, List.of(Duration.ZERO, LONGEST.plusNanos(1)));
    } else if (type == String.class) {
      assertTaken(setting, List.of("x"));
      assertRefused(setting, List.of(""));
    }
  }

  private static Object number(Class<?> type, long value) {
    if (type == long.class) {
      return value;
    }
    return (int) value;
  }

  private void assertTaken(String setting, List<Object> values) {
    values.forEach(value -> assertDoesNotThrow(() -> setter(setting).invoke(builder, value)));
  }

  private void assertRefused(String setting, List<Object> values) {
    for (Object value : values) {
      InvocationTargetException thrown =
          assertThrows(
              InvocationTargetException.class, () -> setter(setting).invoke(builder, value));
      assertEquals(IllegalArgumentException.class, thrown.getCause().getClass());
    }
  }

  @Test
  void the_page_must_name_the_longest_time() {
    assertTrue(String.join(" ", PAGE.prose()).contains("the longest is 30 days"));
  }

  @Test
  void every_option_of_a_call_must_be_in_the_table_with_its_default() {
    List<List<String>> rows = PAGE.table("option");

    assertEquals(
        Arrays.stream(CallOptions.class.getRecordComponents())
            .map(RecordComponent::getName)
            .toList(),
        rows.stream().map(row -> row.get(0)).toList());
    CallOptions standard = CallOptions.DEFAULT;
    assertEquals(
        List.of("the call's own", standard.callClass().name(), "the executor's", "none"),
        rows.stream().map(row -> row.get(1)).toList());
    assertEquals(
        Arrays.stream(CallClass.values()).map(CallClass::name).collect(Collectors.joining(", ")),
        rows.get(1).get(2));
    assertNull(standard.name());
    assertNull(standard.deadline());
    assertNull(standard.context());
  }
}
