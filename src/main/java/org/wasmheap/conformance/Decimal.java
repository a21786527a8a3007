package org.wasmheap.conformance;

import org.wasmheap.text.Printable;

/** The numbers of vectors and traces: unsigned decimal digits and nothing else. */
final class Decimal {
  static final long MAX_U32 = 0xFFFF_FFFFL;

  /** No number that is allowed anywhere has more. */
  private static final int MOST_DIGITS = 18;

  private Decimal() {}

  /** Reads a number from 0 to {@code most}; throws IllegalArgumentException if it is none. */
  static long parse(String digits, long most) {
    boolean isNumber =
        !digits.isEmpty()
            && digits.length() <= MOST_DIGITS
            && digits.chars().allMatch(each -> each >= '0' && each <= '9');
    if (!isNumber || Long.parseLong(digits) > most) {
      throw new IllegalArgumentException(
          "'" + Printable.name(digits) + "' is not a decimal number from 0 to " + most);
    }
    return Long.parseLong(digits);
  }

  static int u32(String digits) {
    return (int) parse(digits, MAX_U32);
  }
}
