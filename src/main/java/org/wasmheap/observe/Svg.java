package org.wasmheap.observe;

import com.google.common.xml.XmlEscapers;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** Small pieces of SVG. */
final class Svg {
  private Svg() {}

  /** Text that may stand in an element or an attribute, whatever was in it. */
  static String escape(String text) {
    // Through bytes and back: half a character is none, and no file can hold it.
    String whole = new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
    return XmlEscapers.xmlAttributeEscaper().escape(whole);
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
