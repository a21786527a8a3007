package org.wasmheap.bench.report;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.wasmheap.text.Printable;

/**
 * What was measured. Written by the thread that measures, and read by the one that writes a report
 * when the process is ended: each method takes the lock of this object.
 */
final class Outcome {
  /**
   * What one fork gave.
   *
   * @param score in the row's unit
   * @param garbage bytes for an operation, or {@code null} where they are not measured
   */
  record Sample(double score, @Nullable Double garbage) {}

  private final Map<String, SortedMap<Integer, Sample>> samples = new LinkedHashMap<>();
  private final Map<String, String> failures = new LinkedHashMap<>();

  synchronized void add(String row, int round, Sample sample) {
    if (!(sample.score() > 0) || Double.isInfinite(sample.score())) {
      fail(row, "the score is " + sample.score());
      return;
    }
    samples.computeIfAbsent(row, id -> new TreeMap<>()).put(round, sample);
  }

  /** Notes why a fork gave nothing. */
  synchronized void fail(String row, String why) {
    failures.put(row, Printable.text(why, 200));
  }

  /** Scores by round, of the rounds that gave one. */
  synchronized SortedMap<Integer, Double> scores(String row) {
    SortedMap<Integer, Double> scores = new TreeMap<>();
    of(row).forEach((round, sample) -> scores.put(round, sample.score()));
    return scores;
  }

  /** Why a row has no score in some round; empty if no fork of it failed. */
  synchronized Optional<String> failure(String row) {
    return Optional.ofNullable(failures.get(row));
  }

  /** What a goal came to in each round in which its rows were measured. */
  synchronized SortedMap<Integer, Double> values(Goal goal) {
    SortedMap<Integer, Double> values = new TreeMap<>();
    SortedMap<Integer, Sample> peers = of(goal.peer());
    of(goal.ours())
        .forEach(
            (round, ours) -> {
              Double value = value(goal.formula(), ours, peers.get(round));
              if (value != null) {
                values.put(round, value);
              }
            });
    return values;
  }

  private static @Nullable Double value(Goal.Formula formula, Sample ours, @Nullable Sample peer) {
    if (peer == null) {
      return null;
    }
    double ratio = ours.score() / peer.score();
    return switch (formula) {
      case RATIO -> ratio;
      case EXCESS -> ratio - 1;
      case GARBAGE -> difference(ours.garbage(), peer.garbage());
    };
  }

  private static @Nullable Double difference(@Nullable Double ours, @Nullable Double peers) {
    return ours == null || peers == null ? null : (Double) (ours - peers);
  }

  /** Why a goal has no value. */
  synchronized String whyNot(Goal goal) {
    if (goal.elsewhere() != null) {
      return goal.elsewhere();
    }
    String first = failures.get(goal.ours());
    String second = failures.get(goal.peer());
    return first != null ? first : second != null ? second : "the pass ended before";
  }

  private SortedMap<Integer, Sample> of(String row) {
    return samples.getOrDefault(row, new TreeMap<>());
  }
}
