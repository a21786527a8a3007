package org.wasmheap.endive;

import java.time.Duration;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.wasmheap.text.Printable;

/**
 * How a module is to be loaded. Immutable.
 *
 * @param deadline for all of it: checking, parsing, compiling, the start function
 * @param floatArithmetic whether the module may compute with floating-point numbers. If it may, the
 *     results have the same bits on every machine and at every time: a NaN that comes out of
 *     arithmetic is the canonical one, as it is where validators of Polkadot run a parachain's code
 * @param interpreted whether the engine's interpreter runs it: nothing is compiled, which for a
 *     large module takes seconds, and each call takes many times as long
 * @param store where compiled code is looked for and kept; {@code null} for nowhere
 * @param codeName what the code is called there; {@code null} for a hash of the module. Modules of
 *     different bytes must not have one name
 */
public record LoadOptions(
    Duration deadline,
    boolean floatArithmetic,
    boolean interpreted,
    @Nullable CodeStore store,
    @Nullable String codeName) {
  private static final Duration LONGEST = Duration.ofDays(30);
  private static final Pattern NAME = Pattern.compile("[a-z0-9.-]{1,80}");

  /** Two minutes, all that WebAssembly has, and no store. */
  public static final LoadOptions DEFAULT =
      new LoadOptions(Duration.ofMinutes(2), true, false, null, null);

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
   * @param store where compiled code is kept, if anywhere
   * @param codeName what it is called there, if it has a name
   * @throws IllegalArgumentException if the deadline is not more than zero and at most 30 days, or
   *     the name has other than letters a to z, digits, dots and hyphens, or more than 80
   */
  public LoadOptions {
    Objects.requireNonNull(deadline, "deadline");
    if (deadline.isZero() || deadline.isNegative() || deadline.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException(
          "deadline is " + deadline + ", must be more than 0 and at most 30 days");
    }
    if (codeName != null && !NAME.matcher(codeName).matches()) {
      throw new IllegalArgumentException(
          "codeName is '"
              + Printable.name(codeName)
              + "', must be 1 to 80 letters a to z, digits, dots and hyphens");
    }
  }

  /**
   * The same with another deadline.
   *
   * @param longest more than zero, at most 30 days
   * @return new options
   */
  public LoadOptions withDeadline(Duration longest) {
    return new LoadOptions(longest, floatArithmetic, interpreted, store, codeName);
  }

  /**
   * The same with or without floating-point arithmetic.
   *
   * @param allowed whether the module may have it
   * @return new options
   */
  public LoadOptions withFloatArithmetic(boolean allowed) {
    return new LoadOptions(deadline, allowed, interpreted, store, codeName);
  }

  /**
   * The same for code that is called once or twice, such as to ask a runtime for its version.
   *
   * @return new options
   */
  public LoadOptions asInterpreted() {
    return new LoadOptions(deadline, floatArithmetic, true, store, codeName);
  }

  /**
   * The same with a store of compiled code.
   *
   * @param where compiled code is looked for first, and kept
   * @return new options
   */
  public LoadOptions withStore(CodeStore where) {
    return new LoadOptions(
        deadline, floatArithmetic, interpreted, Objects.requireNonNull(where, "store"), codeName);
  }

  /**
   * The same with a name for the compiled code.
   *
   * @param name letters a to z, digits, dots and hyphens, at most 80; no other module may have it
   * @return new options
   */
  public LoadOptions withCodeName(String name) {
    return new LoadOptions(
        deadline, floatArithmetic, interpreted, store, Objects.requireNonNull(name, "codeName"));
  }
}
