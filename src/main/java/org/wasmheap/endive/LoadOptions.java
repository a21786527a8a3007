package org.wasmheap.endive;

import java.time.Duration;
import java.util.Objects;

/**
 * How a module is to be loaded. Immutable.
 *
 * @param deadline for all of it: checking, parsing, compiling, the start function
 * @param floatArithmetic whether the module may compute with floating-point numbers. If it may, the
 *     results have the same bits on every machine and at every time: a NaN that comes out of
 *     arithmetic is the canonical one, as it is where validators of Polkadot run a parachain's code
 * @param interpreted whether the engine's interpreter runs it: nothing is compiled, which for a
 *     large module takes seconds, and each call takes many times as long
 */
public record LoadOptions(Duration deadline, boolean floatArithmetic, boolean interpreted) {
  private static final Duration LONGEST = Duration.ofDays(30);

  /** Two minutes, and all that WebAssembly has. */
  public static final LoadOptions DEFAULT = new LoadOptions(Duration.ofMinutes(2), true, false);

  /**
   * Two minutes, and no floating-point arithmetic: for code that must agree with nodes whose NaNs
   * are not canonical.
   */
  public static final LoadOptions WITHOUT_FLOATS = DEFAULT.withFloatArithmetic(false);

  /**
   * Checks the values.
   *
   * @param deadline for all of it
   * @param floatArithmetic whether it is allowed
   * @param interpreted whether nothing is compiled
   * @throws IllegalArgumentException if the deadline is not more than zero and at most 30 days
   */
  public LoadOptions {
    Objects.requireNonNull(deadline, "deadline");
    if (deadline.isZero() || deadline.isNegative() || deadline.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException(
          "deadline is " + deadline + ", must be more than 0 and at most 30 days");
    }
  }

  /**
   * The same with another deadline.
   *
   * @param longest more than zero, at most 30 days
   * @return new options
   */
  public LoadOptions withDeadline(Duration longest) {
    return new LoadOptions(longest, floatArithmetic, interpreted);
  }

  /**
   * The same with or without floating-point arithmetic.
   *
   * @param allowed whether the module may have it
   * @return new options
   */
  public LoadOptions withFloatArithmetic(boolean allowed) {
    return new LoadOptions(deadline, allowed, interpreted);
  }

  /**
   * The same for code that is called once or twice, such as to ask a runtime for its version.
   *
   * @return new options
   */
  public LoadOptions asInterpreted() {
    return new LoadOptions(deadline, floatArithmetic, true);
  }
}
