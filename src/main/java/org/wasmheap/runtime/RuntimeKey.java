package org.wasmheap.runtime;

import java.util.Objects;
import java.util.regex.Pattern;
import org.wasmheap.text.Printable;

/**
 * Which runtime: its code, and the size of its memory, which guests see.
 *
 * @param codeHash as {@link RuntimeCode#codeHashHex} gives it
 * @param strategy size of its memory
 */
record RuntimeKey(String codeHash, HeapStrategy strategy) {
  private static final Pattern HASH = Pattern.compile("0x[0-9a-f]{64}");

  /** Where the digits begin, and where those end that a name has of them. */
  private static final int DIGITS = 2;

  private static final int SHORT_END = DIGITS + 8;

  RuntimeKey {
    Objects.requireNonNull(strategy, "strategy");
    if (!HASH.matcher(codeHash).matches()) {
      throw new IllegalArgumentException(
          "codeHash is '"
              + Printable.name(codeHash)
              + "', must be 0x and 64 hexadecimal digits in lower case");
    }
  }

  /** The first 8 digits of the hash. */
  String shortHash() {
    return codeHash.substring(DIGITS, SHORT_END);
  }

  @Override
  public String toString() {
    return codeHash + " (" + strategy.kind() + ", " + strategy.pages() + " pages)";
  }
}
