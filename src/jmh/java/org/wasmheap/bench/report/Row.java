package org.wasmheap.bench.report;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is measured in one fork of a round.
 *
 * @param id names it among all rows of a plan
 * @param label for readers
 * @param unit of the score
 * @param source what runs
 * @param isOurs whether this library is measured, and not what it is held against
 * @param warmUps how many times as many iterations before anything is measured
 * @param withGarbage whether the bytes of garbage for an operation are measured, too
 * @param point where it stands in a group that is a line
 */
record Row(
    String id,
    String label,
    Unit unit,
    Source source,
    boolean isOurs,
    int warmUps,
    boolean withGarbage,
    @Nullable Point point) {

  /** What runs. */
  sealed interface Source permits Jmh, Node {}

  /**
   * A benchmark of ours.
   *
   * @param method class and method, below the package of benchmarks
   * @param parameters one value for each of its parameters
   * @param jvm options of the fork, beside those of this process
   */
  record Jmh(String method, Map<String, String> parameters, List<String> jvm) implements Source {
    static Jmh of(String method) {
      return new Jmh(method, Map.of(), List.of());
    }

    Jmh with(String parameter, Object value) {
      Map<String, String> more = new LinkedHashMap<>(parameters);
      more.put(parameter, value.toString());
      return new Jmh(method, more, jvm);
    }

    Jmh on(String... options) {
      return new Jmh(method, parameters, List.of(options));
    }
  }

  /**
   * V8, in the script of ours.
   *
   * @param entry of Westend
   * @param isFresh whether each call has an instance of its own
   */
  record Node(String entry, boolean isFresh) implements Source {}

  /**
   * A point of a line.
   *
   * @param line its name
   * @param x the value of the parameter, more than 0
   */
  record Point(String line, double x) {}

  static Row ours(String id, String label, Unit unit, Source source) {
    return new Row(id, label, unit, source, true, 1, false, null);
  }

  static Row peer(String id, String label, Unit unit, Source source) {
    return new Row(id, label, unit, source, false, 1, false, null);
  }

  Row slow() {
    return warmUps(3);
  }

  /** For half a minute a core may compile what the guest runs: that is beside two workers, too. */
  Row slowest() {
    return warmUps(16);
  }

  private Row warmUps(int times) {
    return new Row(id, label, unit, source, isOurs, times, withGarbage, point);
  }

  Row withItsGarbage() {
    return new Row(id, label, unit, source, isOurs, warmUps, true, point);
  }

  Row at(String line, double x) {
    return new Row(id, label, unit, source, isOurs, warmUps, withGarbage, new Point(line, x));
  }
}
