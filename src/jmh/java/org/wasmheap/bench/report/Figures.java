package org.wasmheap.bench.report;

import java.util.Arrays;
import java.util.Collection;
import java.util.Locale;

/** Computing with scores, and writing them for readers. */
final class Figures {
  private Figures() {}

  /** The value in the middle, or the mean of the two that are; of at least one. */
  static double median(Collection<Double> values) {
    double[] sorted = sorted(values);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  static double least(Collection<Double> values) {
    return sorted(values)[0];
  }

  static double most(Collection<Double> values) {
    double[] sorted = sorted(values);
    return sorted[sorted.length - 1];
  }

  private static double[] sorted(Collection<Double> values) {
    if (values.isEmpty()) {
      throw new IllegalArgumentException("there are no values");
    }
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).toArray();
    Arrays.sort(sorted);
    return sorted;
  }

  /** Three digits that say something, and all of those before the point. */
  static String number(double value) {
    double size = Math.abs(value);
    if (size >= 99.95) {
      return String.format(Locale.ROOT, "%,.0f", value);
    }
    return String.format(Locale.ROOT, size >= 9.995 ? "%.1f" : "%.2f", value);
  }

  /** A ratio; small ones as a fraction of 1. */
  static String ratio(double value) {
    return value > 0 && value < 0.05 ? "1/" + number(1 / value) : number(value);
  }
}
