package org.wasmheap.bench.report;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What a pass measures and shows.
 *
 * @param name for readers
 * @param rounds each has one fork of every row
 * @param limit after which no fork of a second or later round begins
 * @param effort of a fork
 * @param groups in the order of the report
 * @param goals in the order of the table
 */
record Plan(
    String name, int rounds, Duration limit, Effort effort, List<Group> groups, List<Goal> goals) {
  Plan {
    Set<String> ids = new HashSet<>();
    for (Group group : groups) {
      for (Row row : group.rows()) {
        require(ids.add(row.id()), row.id() + " is the id of two rows");
        require(
            group.isLine() == (row.point() != null), row.id() + " does not fit the group's shape");
        require(row.unit() == group.unit(), row.id() + " has another unit than its group");
      }
    }
    for (Goal goal : goals) {
      require(goal.elsewhere() != null || ids.contains(goal.ours()), goal.what() + ": no row");
      require(
          goal.elsewhere() != null || ids.contains(goal.peer()),
          goal.what() + ": no row to be held against");
    }
  }

  private static void require(boolean isRight, String otherwise) {
    if (!isRight) {
      throw new IllegalArgumentException(otherwise);
    }
  }

  List<Row> rows() {
    return groups.stream().flatMap(group -> group.rows().stream()).toList();
  }

  /**
   * How long a fork takes.
   *
   * @param warmUps iterations before anything is measured; for some rows, times as many
   * @param iterations that are measured
   * @param millis of each iteration
   */
  record Effort(int warmUps, int iterations, int millis) {
    int warmUpsOf(Row row) {
      return row.warmUps() * warmUps;
    }
  }

  /**
   * Rows in one chart.
   *
   * @param title for readers
   * @param shows one sentence on what it shows
   * @param isLine whether something grows from row to row; otherwise it has bars
   * @param axis what grows, and nothing for bars
   * @param rows that have one unit, at least one
   */
  record Group(String title, String shows, boolean isLine, String axis, List<Row> rows) {
    static Group bars(String title, String shows, Row... rows) {
      return new Group(title, shows, false, "", List.of(rows));
    }

    static Group lines(String title, String shows, String axis, Stream<Row> rows) {
      return new Group(title, shows, true, axis, rows.toList());
    }

    Unit unit() {
      return rows.get(0).unit();
    }
  }
}
