package org.wasmheap.pool;

import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How a call is to be made. Immutable.
 *
 * @param name name of the call, for logs and reports
 * @param deadline time from submission, queueing included, after which the call fails; {@code null}
 *     for the executor's default
 * @param context what host functions get as {@link CallScope#context()}; gone after the call
 */
public record CallOptions(String name, @Nullable Duration deadline, @Nullable Object context) {
  /** The shortest and the longest deadline make sense of a {@code long} of nanoseconds. */
  static final Duration LONGEST_DEADLINE = Duration.ofDays(30);

  /**
   * Checks the values.
   *
   * @param name name of the call
   * @param deadline its deadline
   * @param context its host context
   * @throws IllegalArgumentException if the deadline is not more than zero and at most 30 days
   */
  public CallOptions {
    Objects.requireNonNull(name, "name");
    if (deadline != null) {
      requireDeadline("deadline", deadline);
    }
  }

  /**
   * A call with a name, the executor's deadline and no context.
   *
   * @param name for logs and reports
   * @return options
   */
  public static CallOptions named(String name) {
    return new CallOptions(name, null, null);
  }

  /**
   * The same with a deadline.
   *
   * @param limit more than zero, at most 30 days
   * @return options
   */
  public CallOptions withDeadline(Duration limit) {
    return new CallOptions(name, Objects.requireNonNull(limit, "limit"), context);
  }

  /**
   * The same with a host context.
   *
   * @param hostContext for the host functions of this call
   * @return options
   */
  public CallOptions withContext(Object hostContext) {
    return new CallOptions(name, deadline, Objects.requireNonNull(hostContext, "hostContext"));
  }

  /** However long a duration is, it fits here. */
  static long nanos(Duration duration) {
    return LONGEST_DEADLINE.compareTo(duration) < 0
        ? LONGEST_DEADLINE.toNanos()
        : duration.toNanos();
  }

  static void requireDeadline(String setting, Duration value) {
    if (value.isNegative() || value.isZero() || value.compareTo(LONGEST_DEADLINE) > 0) {
      throw new IllegalArgumentException(
          setting + " is " + value + ", must be more than zero and at most " + LONGEST_DEADLINE);
    }
  }
}
