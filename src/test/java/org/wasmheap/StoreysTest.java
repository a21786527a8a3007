package org.wasmheap;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The storeys of room {@code pool}, and the circles of classes that each room does without. */
@AnalyzeClasses(packages = "org.wasmheap", importOptions = ImportOption.DoNotIncludeTests.class)
class StoreysTest {
  private static final String POOL = "org.wasmheap.pool";
  private static final Path PAGE = Path.of("src/main/java/org/wasmheap/pool/package-info.java");

  /** From the top. A class may know those of its own storey and of the storeys below. */
  private static final List<List<String>> STOREYS =
      List.of(
          List.of("HeapExecutor"),
          List.of(
              "Shutdown",
              "Watchdog",
              "Preloader",
              "Reaper",
              "House",
              "BudgetMember",
              "ExecutorFigures"),
          List.of("Workers", "Worker"),
          List.of("Submissions", "NestedCalls"),
          List.of("CallRun"),
          List.of("Failures", "FailedCalls", "RejectionLog", "UntoldEvents"),
          List.of(
              "CallQueue",
              "ClassQueues",
              "ClassQueue",
              "DueCalls",
              "CallList",
              "QueueLoad",
              "InstanceDemand",
              "Seats",
              "Seat"),
          List.of("CallTask", "CallStack", "InterruptGate", "DueHeap", "Verdict"),
          List.of("NestedSlots", "InstanceSlots", "InstanceSlot", "Making", "BackOff"),
          List.of(
              "PoolSettings",
              "WarmUp",
              "Counters",
              "CallTimes",
              "CallMdc",
              "FullJavaHeap",
              "Ranges",
              "GuardedPoolListener",
              "CallOptions",
              "CallReport",
              "ExecutorStatistics",
              "PoolListener"));

  /** Public, and in the page's first paragraph. */
  private static final Set<String> VALUES =
      Set.of("CallOptions", "CallReport", "ExecutorStatistics", "PoolListener");

  /** The pairs of classes that may know each other, and why. Eight at most. */
  private static final Map<String, String> PAIRS =
      Map.of(
          "guest: BareInstance, GuestFactory",
          "an interface, and the implementation that its factory method makes",
          "heap: GuardedListener, HeapListener",
          "an interface, and the implementation that its factory method makes",
          "memory: LinearMemory, SparseMemory",
          "an interface, and the implementation that its factory method makes",
          "pool: GuardedPoolListener, PoolListener",
          "an interface, and the implementation that its factory method makes");

  @ArchTest
  static void no_class_of_the_pool_knows_one_that_stands_above_it(JavaClasses production) {
    Map<String, Integer> storeyOf = new TreeMap<>();
    for (int storey = 0; storey < STOREYS.size(); storey++) {
      for (String name : STOREYS.get(storey)) {
        storeyOf.put(name, storey);
      }
    }
    Map<String, Set<String>> known = knownInRoom(production, POOL);
    assertEquals(storeyOf.keySet(), new TreeSet<>(known.keySet()), "each class has one storey");

    List<String> upwards = new ArrayList<>();
    known.forEach(
        (name, others) ->
            others.stream()
                .filter(other -> storeyOf.get(other) < storeyOf.get(name))
                .forEach(other -> upwards.add(name + " knows " + other)));
    assertEquals(List.of(), upwards);
  }

  @ArchTest
  static void the_page_of_the_pool_shows_the_same_storeys(JavaClasses production)
      throws IOException {
    String page = Files.readString(PAGE);
    String drawing = page.substring(page.indexOf(" *  the face"), page.indexOf("public values"));
    List<String> shown =
        Pattern.compile("[A-Z][A-Za-z]+")
            .matcher(drawing)
            .results()
            .map(MatchResult::group)
            .sorted()
            .toList();

    assertEquals(
        STOREYS.stream()
            .flatMap(List::stream)
            .filter(name -> !VALUES.contains(name))
            .sorted()
            .toList(),
        shown);
  }

  @ArchTest
  static void no_room_has_a_circle_of_classes_but_for_the_pairs_that_are_listed(
      JavaClasses production) {
    Set<String> rooms =
        production.stream().map(JavaClass::getPackageName).collect(Collectors.toSet());
    Set<String> circles = new TreeSet<>();
    for (String room : rooms) {
      String name = room.substring(room.lastIndexOf('.') + 1);
      circlesOf(knownInRoom(production, room))
          .forEach(circle -> circles.add(name + ": " + String.join(", ", circle)));
    }

    assertEquals(new TreeSet<>(PAIRS.keySet()), circles);
  }

  /** For each top-level class of a room, the others of the room that it knows. */
  private static Map<String, Set<String>> knownInRoom(JavaClasses production, String room) {
    Map<String, Set<String>> known = new TreeMap<>();
    for (JavaClass each : production) {
      String name = topLevel(each, room);
      if (name != null) {
        Set<String> others = known.computeIfAbsent(name, any -> new TreeSet<>());
        for (Dependency dependency : each.getDirectDependenciesFromSelf()) {
          String other = topLevel(dependency.getTargetClass(), room);
          if (other != null && !other.equals(name)) {
            others.add(other);
          }
        }
      }
    }
    return known;
  }

  private static String topLevel(JavaClass each, String room) {
    JavaClass component = each.getBaseComponentType();
    String name = component.getName();
    if (!component.getPackageName().equals(room) || name.endsWith("package-info")) {
      return null;
    }
    String simple = name.substring(room.length() + 1);
    return simple.contains("$") ? simple.substring(0, simple.indexOf('$')) : simple;
  }

  /** Classes that reach one another. */
  private static Set<Set<String>> circlesOf(Map<String, Set<String>> known) {
    Map<String, Set<String>> reached = new TreeMap<>();
    known.keySet().forEach(name -> reached.put(name, reachedFrom(name, known)));
    Set<Set<String>> circles = new HashSet<>();
    for (String name : known.keySet()) {
      if (reached.get(name).contains(name)) {
        circles.add(
            reached.get(name).stream()
                .filter(other -> reached.get(other).contains(name))
                .collect(Collectors.toCollection(TreeSet::new)));
      }
    }
    return circles;
  }

  private static Set<String> reachedFrom(String name, Map<String, Set<String>> known) {
    Set<String> seen = new TreeSet<>();
    Deque<String> left = new ArrayDeque<>(List.of(name));
    while (!left.isEmpty()) {
      for (String next : known.get(left.pop())) {
        if (seen.add(next)) {
          left.add(next);
        }
      }
    }
    return seen;
  }
}
