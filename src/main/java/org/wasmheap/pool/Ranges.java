package org.wasmheap.pool;

import java.time.Duration;

/** Checks of settings; each error names setting, value and range. */
final class Ranges {
  /** The longest that makes sense of a {@code long} of nanoseconds. */
  private static final Duration LONGEST = Duration.ofDays(30);

  private Ranges() {}

  static int requireRange(String setting, int value, int least, int most) {
    requireRange(setting, (long) value, least, most);
    return value;
  }

  static long requireRange(String setting, long value, long least, long most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          setting + " is " + value + ", must be " + least + " to " + most);
    }
    return value;
  }

  static Duration requireDuration(String setting, Duration value) {
    if (value.isNegative() || value.isZero() || value.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException(
          setting + " is " + value + ", must be more than zero and at most " + LONGEST);
    }
    return value;
  }

  /** However long a duration is, it fits here. */
  static long nanos(Duration duration) {
    return LONGEST.compareTo(duration) < 0 ? LONGEST.toNanos() : duration.toNanos();
  }
}
