package org.wasmheap.runtime;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Addresses, which people give where a file is wanted. */
enum AddressKind {
  /** An RPC endpoint, or a page that a file can be had from. A path has one slash only. */
  URL("(?i)(wss?|https?):/.*", "the address of a node or a web page"),

  /** A boot node, as chain specifications have them. */
  MULTIADDR("/(dns[46]?|dnsaddr|ip[46])/.*", "the address of a node"),

  /** 35 or 36 bytes in base 58: a prefix, a public key, a checksum. */
  SS58("[1-9A-HJ-NP-Za-km-z]{47,50}", "the address of an account");

  private final Pattern pattern;
  private final String what;

  AddressKind(String pattern, String what) {
    this.pattern = Pattern.compile(pattern, Pattern.DOTALL);
    this.what = what;
  }

  /**
   * What an address is one of.
   *
   * @param text what was given
   * @return words for a message; {@code null} if it is no address
   */
  static @Nullable String of(String text) {
    for (AddressKind each : values()) {
      if (each.pattern.matcher(text).matches()) {
        return each.what;
      }
    }
    return null;
  }
}
