package org.wasmheap.observe;

import java.util.Locale;
import java.util.OptionalLong;

/** Numbers as people read them in tables, pictures and reports, the same in each locale. */
final class Numbers {
  private Numbers() {}

  static String number(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }

  /** A dash for what is not known. */
  static String number(OptionalLong value) {
    return value.isPresent() ? number(value.getAsLong()) : "-";
  }

  /** A share from 0 to 1. */
  static String percent(double share) {
    return String.format(Locale.ROOT, "%.1f %%", 100 * share);
  }

  /** An address as people meet it: in logs decimal, in tools hex. */
  static String address(long address) {
    return String.format(Locale.ROOT, "%,d (0x%x)", address, address);
  }

  /** A size in the largest unit that it is a whole number of. */
  static String bytes(long bytes) {
    if (bytes >= 1 << 20 && bytes % (1 << 20) == 0) {
      return number(bytes >> 20) + " MiB";
    }
    return bytes >= 1024 && bytes % 1024 == 0 ? number(bytes >> 10) + " KiB" : number(bytes) + " B";
  }
}
