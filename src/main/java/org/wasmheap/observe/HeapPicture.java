package org.wasmheap.observe;

import static org.wasmheap.observe.PictureFrame.LEFT;
import static org.wasmheap.observe.PictureFrame.PLOT;
import static org.wasmheap.observe.PictureFrame.ROW_HEIGHT;

import java.util.Locale;
import java.util.OptionalLong;
import org.wasmheap.heap.GrowthPolicy;
import org.wasmheap.heap.PoisonReport.Growth;
import org.wasmheap.memory.LinearMemory;

/**
 * A heap as a picture for people: an SVG document with rows of addresses, their axis and legend,
 * and what lies in each order. It has no scripts and no outside references.
 */
public final class HeapPicture {
  private static final int WIDTH = 1200;

  /** A heap of at most so many pieces is drawn block by block. */
  private static final int FEW_PIECES = 250;

  private static final int MOST_COLUMNS = 128;
  private static final int FEWEST_COLUMNS = 16;

  /** Characters that the rows may take; with fewer columns they take less. */
  private static final int ROWS_BUDGET = 72_000;

  private final HeapMap map;
  private final String title;
  private final String description;
  private final PictureFrame frame;
  private final int highestOrder;
  private final StringBuilder svg = new StringBuilder();

  private HeapPicture(HeapMap map, String title, String description) {
    this.map = map;
    this.title = title;
    this.description = description;
    this.frame = PictureFrame.of(map);
    this.highestOrder = map.highestOrder();
  }

  /**
   * Draws a heap.
   *
   * @param map the heap
   * @param title the first line
   * @param description how it was made, for a reader of the file
   * @return the document, below some 100 KB whatever the heap's size
   */
  public static String svg(HeapMap map, String title, String description) {
    return new HeapPicture(map, title, description).draw();
  }

  private String draw() {
    String rows = rows();
    String orders = PictureOrders.draw(map, frame.bottom() + 40);
    int height = PictureOrders.bottom(map, frame.bottom() + 40);
    svg.append(
        """
        <svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" \
        role="img">\
        <title>%s</title>\
        <desc>%s</desc>\
        <style>text{font:11px sans-serif;fill:#1a1a1a}.b{font-size:17px;font-weight:bold}\
        .m{font-family:monospace}.e{text-anchor:end}.n{fill:#555}.g{fill:#b34700}\
        .bg{fill:#fff}.row{fill:#f2f2f2}.tip{fill:none;pointer-events:all}\
        .hl{fill:#d6246e;stroke:#fff}.ht{fill:#a3104f;font-weight:bold}\
        .gl{stroke:#d55e00;stroke-width:2;stroke-dasharray:6 3}.bl{stroke:#000;stroke-width:2}\
        %s</style>\
        <defs>\
        %s</defs>\
        """
            .formatted(
                WIDTH,
                height,
                WIDTH,
                height,
                Svg.escape(title),
                Svg.escape(description),
                Palette.styles(highestOrder),
                Palette.stripes(highestOrder)));
    svg.append(Svg.rectangle("bg", 0, 0, WIDTH, height));
    head();
    legend();
    svg.append(rows);
    growths();
    bumper();
    metHeader();
    svg.append(orders);
    return svg.append("</svg>\n").toString();
  }

  private void head() {
    svg.append(Svg.text(16, 28, "b", title));
    OptionalLong waste = map.wasteBytes();
    String text =
        "%s bytes from heap base %s to bumper %s; live %s, free %s%s%s. The memory has %s pages."
            .formatted(
                Numbers.number(map.spanBytes()),
                Numbers.address(map.heapBase()),
                Numbers.address(map.bumper()),
                share(map.takenBytes()),
                share(map.freeBytes()),
                waste.isPresent() ? ", wasted inside live blocks " + share(waste.getAsLong()) : "",
                map.unknownBytes() > 0 ? ", unknown " + share(map.unknownBytes()) : "",
                Numbers.number(map.memoryBytes() / LinearMemory.PAGE_SIZE));
    svg.append(Svg.text(16, 48, "n", text));
  }

  private String share(long bytes) {
    return Numbers.percent(map.spanBytes() == 0 ? 0 : (double) bytes / map.spanBytes());
  }

  private void legend() {
    int x = 16;
    for (int order = 0; order <= 18; order += 3) {
      if (order <= highestOrder) {
        svg.append(Svg.rectangle(Palette.name(Palette.live(order)), x, 62, 14, 12));
        x += 14;
      }
    }
    svg.append(Svg.text(x + 6, 72, "", "live, small to large blocks"));
    x += 178;
    int shown = Math.min(6, highestOrder);
    x = legendEntry(x, Palette.free(shown), "free, in its order's colour", 160);
    x = legendEntry(x, Palette.HEADER, "header", 54);
    x = legendEntry(x, Palette.WASTE, "wasted inside a block", 128);
    x = legendEntry(x, Palette.UNKNOWN, "unknown", 64);
    svg.append("<path class=\"gl\" d=\"M%d 68h22\"/>".formatted(x));
    svg.append(Svg.text(x + 28, 72, "", "memory ended here before a growth"));
    x += 252;
    svg.append("<path class=\"bl\" d=\"M%d 60v16\"/>".formatted(x));
    svg.append(Svg.text(x + 8, 72, "", "bumper"));
    svg.append(
        Svg.text(
            16,
            93,
            "n",
            "A row is "
                + Numbers.bytes(frame.rowBytes())
                + (byBlock()
                    ? "; each block as it lies."
                    : "; where blocks are too small to see, bars show how many bytes are what.")));
  }

  private int legendEntry(int x, int kind, String text, int width) {
    svg.append(Svg.rectangle(Palette.name(kind), x, 62, 14, 12));
    svg.append(Svg.text(x + 20, 72, "", text));
    return x + 24 + width;
  }

  private boolean byBlock() {
    return map.pieces().size() <= FEW_PIECES;
  }

  private String rows() {
    StringBuilder rows = new StringBuilder();
    for (int row = 0; row < frame.rows(); row++) {
      long address = frame.rowStart(row);
      rows.append(Svg.rectangle("row", LEFT, frame.y(row), PLOT, ROW_HEIGHT));
      String label = String.format(Locale.ROOT, "%,d  0x%x", address, address);
      rows.append(Svg.text(LEFT - 8, frame.y(row) + 10, "m e", label));
    }
    if (byBlock()) {
      return rows.append(PictureBlocks.draw(map, frame)).toString();
    }
    int columns = MOST_COLUMNS;
    PictureCells cells = new PictureCells(map, frame, columns);
    String drawn = cells.draw();
    while (drawn.length() > ROWS_BUDGET && columns > FEWEST_COLUMNS) {
      columns /= 2;
      cells = new PictureCells(map, frame, columns);
      drawn = cells.draw();
    }
    rows.append(drawn);
    for (int row = 0; row < frame.rows(); row++) {
      rows.append(tip(row, cells.row(row)));
    }
    return rows.toString();
  }

  /** What a row holds, for the pointer that rests on it. */
  private String tip(int row, long[] bytes) {
    long live = 0;
    long free = 0;
    for (int order = 0; order <= highestOrder; order++) {
      live += bytes[Palette.live(order)];
      free += bytes[Palette.free(order)];
    }
    return String.format(
        Locale.ROOT,
        "<rect class=\"tip\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"><title>from %s:"
            + " live %,d, headers %,d, waste %,d, free %,d, unknown %,d bytes</title></rect>",
        LEFT,
        frame.y(row),
        PLOT,
        ROW_HEIGHT,
        Numbers.address(frame.rowStart(row)),
        live,
        bytes[Palette.HEADER],
        bytes[Palette.WASTE],
        free,
        bytes[Palette.UNKNOWN]);
  }

  /** Between two rows where the memory ended there, as it does where rows are pages or less. */
  private void growths() {
    for (Growth growth : map.growths()) {
      long end = (long) growth.fromPages() * LinearMemory.PAGE_SIZE;
      if (end > map.heapBase() && frame.contains(end)) {
        int row = frame.rowOf(end);
        double x = frame.x(end);
        String line =
            end == frame.rowStart(row)
                ? "M%d %dh%d".formatted(LEFT - 4, frame.y(row) - 3, PLOT + 8)
                : String.format(Locale.ROOT, "M%.1f %dv%d", x, frame.y(row) - 3, ROW_HEIGHT + 6);
        svg.append("<path class=\"gl\" d=\"").append(line).append("\"><title>");
        svg.append(Svg.escape(describe(growth))).append("</title></path>\n");
        String label = growth.fromPages() + " to " + growth.toPages() + " pages";
        svg.append(Svg.text(LEFT + PLOT + 10, frame.y(row) + 1, "g", label));
      }
    }
  }

  private static String describe(Growth growth) {
    return "after %s operations the memory grew from %d to %d pages, for the %s"
        .formatted(
            Numbers.number(growth.operations()),
            growth.fromPages(),
            growth.toPages(),
            growth.cause() == GrowthPolicy.Cause.ALLOCATOR ? "allocator" : "guest");
  }

  /** Below its row, with its name in the margin. */
  private void metHeader() {
    long header = map.badHeader().orElse(-1);
    if (header >= map.heapBase() && frame.contains(header)) {
      int y = frame.y(frame.rowOf(header)) + ROW_HEIGHT - 3;
      svg.append(
          String.format(
              Locale.ROOT,
              "<path class=\"hl\" d=\"M%.1f %dl-6 9h12z\"><title>header at %s</title></path>",
              frame.x(header),
              y,
              Numbers.address(header)));
      svg.append(Svg.text(LEFT + PLOT + 10, y + 4, "ht", "header of the fault"));
    }
  }

  private void bumper() {
    // A bumper at the very end of the last row is drawn there, not below it.
    boolean atEnd = map.bumper() >= frame.end();
    int row = atEnd ? frame.rows() - 1 : frame.rowOf(map.bumper());
    double x = atEnd ? LEFT + PLOT : frame.x(map.bumper());
    svg.append(
        String.format(
            Locale.ROOT,
            "<path class=\"bl\" d=\"M%.1f %dv%d\"><title>bumper at %s</title></path>",
            x,
            frame.y(row) - 3,
            ROW_HEIGHT + 6,
            Numbers.address(map.bumper())));
    boolean left = x > LEFT + PLOT - 150 && !atEnd;
    svg.append(
        Svg.text(
            left ? Math.max(x, LEFT + PLOT) + 10 : x + 6,
            frame.y(row) + 10,
            "",
            "bumper " + Numbers.number(map.bumper())));
  }
}
