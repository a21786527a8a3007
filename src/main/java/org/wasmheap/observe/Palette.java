package org.wasmheap.observe;

import java.util.Locale;

/**
 * The kinds of bytes that a picture shows, and their colours: for orders a scale that gets lighter
 * as blocks get larger (viridis, which colour-blind eyes read too), solid where live and in stripes
 * where free; and for the rest, colours that are none of the scale's.
 */
final class Palette {
  /** Orders of the wide limit. */
  private static final int ORDERS = 29;

  /** Blocks of this order and more, 2 MiB, share the scale's end. */
  private static final int LAST_SHADE = 18;

  private static final int FREE = ORDERS;
  static final int WASTE = 2 * ORDERS;
  static final int HEADER = WASTE + 1;
  static final int UNKNOWN = WASTE + 2;
  static final int KINDS = WASTE + 3;

  private static final int[] SCALE = {
    0x414487, 0x355F8D, 0x2A788E, 0x21918C, 0x22A884, 0x44BF70, 0x7AD151, 0xBDDF26, 0xE8D81A
  };

  private Palette() {}

  static int live(int order) {
    return order;
  }

  static int free(int order) {
    return FREE + order;
  }

  /** The name of a kind's style class. */
  static String name(int kind) {
    return switch (kind) {
      case WASTE -> "w";
      case HEADER -> "h";
      case UNKNOWN -> "u";
      default -> kind < FREE ? "l" + kind : "f" + (kind - FREE);
    };
  }

  /** The style classes of all kinds up to an order. */
  static String styles(int highestOrder) {
    StringBuilder styles = new StringBuilder();
    styles.append(".w{fill:#c4c4c4}.h{fill:#000}.u{fill:#d6246e}");
    for (int order = 0; order <= highestOrder; order++) {
      styles.append(
          ".l%d{fill:%s}.f%d{fill:url(#s%d)}".formatted(order, colour(order), order, order));
    }
    return styles.toString();
  }

  /** The stripes of free blocks up to an order. */
  static String stripes(int highestOrder) {
    StringBuilder stripes = new StringBuilder();
    for (int order = 0; order <= highestOrder; order++) {
      stripes.append(
          """
          <pattern id="s%d" width="4" height="4" patternUnits="userSpaceOnUse" \
          patternTransform="rotate(45)"><path fill="#fff" d="M0 0h4v4h-4z"/>\
          <path fill="%s" d="M0 0h1.7v4h-1.7z"/></pattern>\
          """
              .formatted(order, colour(order)));
    }
    return stripes.toString();
  }

  private static String colour(int order) {
    double at = (double) Math.min(order, LAST_SHADE) / LAST_SHADE * (SCALE.length - 1);
    int below = (int) at;
    int above = Math.min(below + 1, SCALE.length - 1);
    int mixed = 0;
    for (int shift = 16; shift >= 0; shift -= 8) {
      int from = SCALE[below] >> shift & 0xFF;
      int to = SCALE[above] >> shift & 0xFF;
      mixed = mixed << 8 | (int) Math.round(from + (to - from) * (at - below));
    }
    return String.format(Locale.ROOT, "#%06x", mixed);
  }
}
