package org.wasmheap;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.wasmheap.pool.HeapExecutor;

/** The rooms of the house, which package may use which, and how much of each is public. */
@AnalyzeClasses(packages = "org.wasmheap", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  private static final String ROOT = "org.wasmheap.";

  /** What each room may use of the others; the command line may use all. */
  static final Map<String, List<String>> MAY_USE =
      new TreeMap<>(
          Map.ofEntries(
              entry("text"),
              entry("memory", "text"),
              entry("allocator", "memory", "text"),
              entry("heap", "allocator", "memory", "text"),
              entry("guest", "heap", "allocator", "memory", "text"),
              entry("pool", "guest", "heap", "allocator", "memory", "text"),
              // Beside pool, not above it.
              entry("endive", "guest", "heap", "allocator", "memory", "text"),
              entry("runtime", "pool", "endive", "guest", "heap", "allocator", "memory", "text"),
              entry("state", "text"),
              entry("host", "endive", "guest", "heap", "memory", "state", "text"),
              entry(
                  "block", "runtime", "host", "state", "endive", "pool", "guest", "heap", "memory",
                  "text"),
              entry("observe", "pool", "guest", "heap", "allocator", "memory", "text"),
              entry("conformance", "heap", "allocator", "memory", "text")));

  private static Map.Entry<String, List<String>> entry(String room, String... others) {
    return Map.entry(room, List.of(others));
  }

  private static final List<String> CORE = List.of("memory", "allocator", "heap", "guest", "pool");

  private static final int MOST_CORE_TYPES = 32;

  @ArchTest
  static void a_room_uses_only_the_rooms_that_it_may(JavaClasses production) {
    MAY_USE.forEach((room, others) -> onlyUses(room, others).check(production));
  }

  /** The one class of a room that may use more than the others: it binds a pool to Micrometer. */
  private static final String METRICS_OF_RUNTIMES = ROOT + "observe.RuntimeMetrics";

  @ArchTest
  static void the_metrics_of_runtimes_alone_know_runtimes_and_nothing_in_their_room_knows_them(
      JavaClasses production) {
    onlyUse(isMetricsOfRuntimes(), "observe", List.of("runtime", "pool", "text")).check(production);
    noClasses()
        .that()
        .resideInAPackage(ROOT + "observe")
        .and(DescribedPredicate.not(isMetricsOfRuntimes()))
        .should()
        .dependOnClassesThat(isMetricsOfRuntimes())
        .check(production);
  }

  private static DescribedPredicate<JavaClass> isMetricsOfRuntimes() {
    return DescribedPredicate.describe(
        "the metrics of runtimes",
        each ->
            each.getName().equals(METRICS_OF_RUNTIMES)
                || each.getName().startsWith(METRICS_OF_RUNTIMES + "$"));
  }

  @ArchTest
  static void every_package_is_a_room_of_the_design(JavaClasses production) {
    Set<String> packages =
        production.stream().map(JavaClass::getPackageName).collect(Collectors.toSet());
    Set<String> rooms = MAY_USE.keySet().stream().map(ROOT::concat).collect(Collectors.toSet());
    rooms.add(ROOT + "cli");
    assertEquals(rooms, packages);
  }

  @ArchTest
  static final ArchRule THE_CORE_KNOWS_NO_ENGINE_AND_NO_METRICS =
      noClasses()
          .that()
          .resideInAnyPackage(packages(CORE))
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "run.endive..",
              "picocli..",
              "com.google.gson..",
              "org.bouncycastle..",
              "io.micrometer..",
              "jdk.jfr..");

  /**
   * The command line is compiled with the module but runs on the class path; no room may lean on
   * that.
   */
  @ArchTest
  static final ArchRule ONLY_THE_COMMAND_LINE_USES_WHAT_THE_MODULE_DOES_NOT_REQUIRE =
      noClasses()
          .that()
          .resideOutsideOfPackage(ROOT + "cli")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "picocli..",
              "me.tongfei..",
              "org.HdrHistogram..",
              "javax.xml..",
              "org.w3c..",
              "org.xml..");

  @Test
  void the_module_exports_every_room_but_the_command_line_and_the_escaper()
      throws URISyntaxException {
    // given
    URL classes = HeapExecutor.class.getProtectionDomain().getCodeSource().getLocation();
    ModuleDescriptor module =
        ModuleFinder.of(Path.of(classes.toURI())).find("org.wasmheap").orElseThrow().descriptor();
    // when
    Set<String> exported =
        module.exports().stream().map(ModuleDescriptor.Exports::source).collect(Collectors.toSet());
    // then
    Set<String> rooms = MAY_USE.keySet().stream().map(ROOT::concat).collect(Collectors.toSet());
    rooms.remove(ROOT + "text");
    assertEquals(rooms, exported);
  }

  @ArchTest
  static final ArchRule NO_PRODUCTION_CODE_TOUCHES_LOGBACK =
      noClasses().should().dependOnClassesThat().resideInAnyPackage("ch.qos.logback..");

  @ArchTest
  static final ArchRule MEMORY_AND_ALLOCATOR_NEED_THE_JDK_ALONE =
      classes()
          .that()
          .resideInAnyPackage(packages(List.of("memory", "allocator")))
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage("java..", "org.wasmheap..", "org.jspecify..");

  @ArchTest
  static void the_core_has_few_public_types(JavaClasses production) {
    List<String> types =
        publicTypes(
            production, CORE.stream().map(ROOT::concat).collect(Collectors.toSet())::contains);
    assertTrue(types.size() <= MOST_CORE_TYPES, types.size() + " public types: " + types);
  }

  @ArchTest
  static void each_other_room_has_few_public_types(JavaClasses production) {
    for (String room : MAY_USE.keySet()) {
      List<String> types = publicTypes(production, (ROOT + room)::equals);
      assertTrue(
          CORE.contains(room) || types.size() <= (room.equals("runtime") ? 10 : 7),
          room + " has " + types.size() + " public types: " + types);
    }
  }

  private static List<String> publicTypes(JavaClasses production, Predicate<String> inPackage) {
    return production.stream()
        .filter(each -> inPackage.test(each.getPackageName()))
        .filter(each -> each.isTopLevelClass() && each.getModifiers().contains(JavaModifier.PUBLIC))
        .map(JavaClass::getSimpleName)
        .sorted()
        .toList();
  }

  private static ArchRule onlyUses(String room, List<String> others) {
    return onlyUse(DescribedPredicate.not(isMetricsOfRuntimes()), room, others);
  }

  private static ArchRule onlyUse(
      DescribedPredicate<JavaClass> which, String room, List<String> others) {
    DescribedPredicate<JavaClass> foreign =
        DescribedPredicate.describe(
            "in a room that " + room + " must not know",
            other ->
                other.getPackageName().startsWith(ROOT)
                    && !other.getPackageName().equals(ROOT + room)
                    && !others.contains(other.getPackageName().substring(ROOT.length())));
    return noClasses()
        .that()
        .resideInAPackage(ROOT + room)
        .and(which)
        .should()
        .dependOnClassesThat(foreign);
  }

  private static String[] packages(List<String> rooms) {
    return rooms.stream().map(ROOT::concat).toArray(String[]::new);
  }
}
