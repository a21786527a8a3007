package org.wasmheap.bench.report;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * Where a value stands on an axis: by its size from 0, or by its logarithm where the largest is
 * many times the least, so that nothing is too small to be seen.
 *
 * @param isLog whether it is by logarithm
 * @param low the value at the beginning
 * @param high the value at the end, more than the one at the beginning
 */
record Scale(boolean isLog, double low, double high) {
  private static final double MOST_TIMES = 20;

  /** A scale for values that are all more than 0; at least one. */
  static Scale of(Collection<Double> values) {
    double least = Figures.least(values);
    double most = Figures.most(values);
    if (most / least <= MOST_TIMES) {
      return new Scale(false, 0, most * 1.05);
    }
    // A decade that begins well below the least, or its bar would have no length.
    return new Scale(true, Math.pow(10, Math.floor(Math.log10(least * 0.7))), most * 1.05);
  }

  /** From 0 at the beginning to 1 at the end, and never outside. */
  double at(double value) {
    double part =
        isLog ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
    return Math.min(1, Math.max(0, part));
  }

  /** Round values for lines of the grid. */
  List<Double> ticks() {
    List<Double> ticks = new ArrayList<>();
    if (isLog) {
      for (double tick = low; tick <= high; tick *= 10) {
        ticks.add(tick);
      }
      return ticks;
    }
    double decade = Math.pow(10, Math.floor(Math.log10(high)));
    double step = high / decade >= 5 ? decade * 2 : high / decade >= 2 ? decade : decade / 2;
    if (high / decade < 1.5) {
      step = decade / 4;
    }
    for (double tick = 0; tick <= high; tick += step) {
      ticks.add(tick);
    }
    return ticks;
  }
}
