package org.wasmheap.bench.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.wasmheap.text.Printable;

/** Pieces of SVG and HTML. All text of others goes through {@link #escape}. */
final class Markup {
  /** Colours of what is drawn, light and dark; in a page and in a picture alike. */
  static final String STYLE =
      """
      text{font-family:system-ui,-apple-system,"Segoe UI","DejaVu Sans",sans-serif;font-size:12px}
      .fg{fill:#1c2733}.muted{fill:#5b6875}.head{font-weight:600}.title{font-size:20px}
      .grid{stroke:#d9dfe5}.goal{stroke:#1c2733}.range{stroke:#1c2733}.paper{fill:#fff}
      .ours{fill:#1668b8}.peer{fill:#a3b0bc}.good{fill:#16794d}.bad{fill:#b8540c}
      .l0{fill:#1668b8;stroke:#1668b8}.l1{fill:#b8540c;stroke:#b8540c}
      .l2{fill:#16794d;stroke:#16794d}.l3{fill:#7a4fb5;stroke:#7a4fb5}
      @media (prefers-color-scheme:dark){
      .fg{fill:#e4eaf0}.muted{fill:#a0adb9}.paper{fill:#14191f}
      .grid{stroke:#36414c}.goal{stroke:#e4eaf0}.range{stroke:#e4eaf0}
      .ours{fill:#5aa9f0}.peer{fill:#5f6d7a}.good{fill:#3fbf86}.bad{fill:#ef9450}
      .l0{fill:#5aa9f0;stroke:#5aa9f0}.l1{fill:#ef9450;stroke:#ef9450}
      .l2{fill:#3fbf86;stroke:#3fbf86}.l3{fill:#b796ea;stroke:#b796ea}}
      """;

  private Markup() {}

  static String escape(String text) {
    return Printable.text(text)
        .replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;")
        .replace("'", "&#39;");
  }

  /** Lines of at most so many characters, broken at spaces; longer words are broken anywhere. */
  static List<String> wrap(String text, int chars) {
    List<String> lines = new ArrayList<>();
    String rest = Printable.text(text).strip();
    while (rest.length() > chars) {
      int space = rest.lastIndexOf(' ', chars);
      int end = space > 0 ? space : chars;
      lines.add(rest.substring(0, end));
      rest = rest.substring(end).strip();
    }
    lines.add(rest);
    return lines;
  }

  static String text(double x, double y, String anchor, String classes, String text) {
    return String.format(
        Locale.ROOT,
        "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" class=\"%s\">%s</text>%n",
        x,
        y,
        anchor,
        classes,
        escape(text));
  }

  static String rectangle(double x, double y, double width, double height, String classes) {
    return String.format(
        Locale.ROOT,
        "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" rx=\"2\" class=\"%s\"/>%n",
        x,
        y,
        width,
        height,
        classes);
  }

  static String line(double x1, double y1, double x2, double y2, double width, String classes) {
    return String.format(
        Locale.ROOT,
        "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke-width=\"%.1f\""
            + " class=\"%s\"/>%n",
        x1,
        y1,
        x2,
        y2,
        width,
        classes);
  }

  static String dot(double x, double y, double radius, String classes) {
    return String.format(
        Locale.ROOT,
        "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\" class=\"%s\"/>%n",
        x,
        y,
        radius,
        classes);
  }

  /** A drawing of a fixed shape that a page may make narrower. */
  static String svg(double width, double height, String says, String content) {
    return String.format(
        Locale.ROOT,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" width=\"%.0f\""
            + " height=\"%.0f\" role=\"img\" aria-label=\"%s\">%n%s</svg>%n",
        width,
        height,
        width,
        height,
        escape(says),
        content);
  }
}
