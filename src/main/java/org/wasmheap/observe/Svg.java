package org.wasmheap.observe;

import com.google.common.xml.XmlEscapers;
import java.util.Locale;
import org.wasmheap.text.Printable;

/** Small pieces of SVG. */
final class Svg {
  private Svg() {}

  /** Text that may stand in an element or an attribute, whatever was in it. */
  static String escape(String text) {
    // First what XML 1.0 has no way to write: control characters, halves of characters.
    return XmlEscapers.xmlAttributeEscaper().escape(Printable.text(text));
  }

  static String text(double x, double y, String style, String text) {
    return String.format(
        Locale.ROOT,
        "<text class=\"%s\" x=\"%.0f\" y=\"%.0f\">%s</text>",
        style,
        x,
        y,
        escape(text));
  }

  static String rectangle(String style, double x, double y, double width, double height) {
    return String.format(
        Locale.ROOT,
        "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>",
        style,
        x,
        y,
        width,
        height);
  }
}
