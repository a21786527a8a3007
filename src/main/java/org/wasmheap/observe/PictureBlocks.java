package org.wasmheap.observe;

import java.util.Locale;
import org.wasmheap.allocator.FreeingBumpAllocator;
import org.wasmheap.allocator.HeapAudit.Use;
import org.wasmheap.observe.HeapMap.Piece;

/** A heap of few blocks: each one as it lies, with what it is to be read off it. */
final class PictureBlocks {
  private final PictureFrame frame;
  private final StringBuilder svg = new StringBuilder();

  private PictureBlocks(PictureFrame frame) {
    this.frame = frame;
  }

  static String draw(HeapMap map, PictureFrame frame) {
    PictureBlocks blocks = new PictureBlocks(frame);
    map.pieces().forEach(blocks::draw);
    return blocks.svg.toString();
  }

  private void draw(Piece piece) {
    svg.append("<g><title>").append(Svg.escape(describe(piece))).append("</title>");
    if (piece.use() == Use.LIVE) {
      long headerEnd = Math.min(piece.end(), piece.address() + FreeingBumpAllocator.HEADER_BYTES);
      long askedEnd =
          piece.askedBytes().isPresent()
              ? Math.min(piece.end(), headerEnd + piece.askedBytes().getAsLong())
              : piece.end();
      path(Palette.HEADER, piece.address(), headerEnd);
      path(Palette.live(piece.order()), headerEnd, askedEnd);
      path(Palette.WASTE, askedEnd, piece.end());
    } else {
      boolean free = piece.use() == Use.FREE;
      path(free ? Palette.free(piece.order()) : Palette.UNKNOWN, piece.address(), piece.end());
    }
    svg.append("</g>\n");
  }

  /** A piece of one kind, in as many rows as it takes, with a gap before what comes next. */
  private void path(int kind, long from, long to) {
    if (from >= to) {
      return;
    }
    svg.append("<path class=\"").append(Palette.name(kind)).append("\" d=\"");
    for (long at = from; at < to; ) {
      int row = frame.rowOf(at);
      long end = Math.min(to, frame.rowStart(row + 1));
      double width = (double) (end - at) * PictureFrame.PLOT / frame.rowBytes();
      double shown = end == to && width > 2 ? width - 0.6 : width;
      svg.append(
          String.format(
              Locale.ROOT,
              "M%.1f %dh%.1fv%dh-%.1fz",
              frame.x(at),
              frame.y(row),
              shown,
              PictureFrame.ROW_HEIGHT,
              shown));
      at = end;
    }
    svg.append("\"/>");
  }

  private static String describe(Piece piece) {
    String what =
        switch (piece.use()) {
          case LIVE -> "live block of order " + piece.order();
          case FREE -> "free block of order " + piece.order();
          case UNKNOWN -> "unknown: no header says what this is";
        };
    String asked =
        piece.askedBytes().isPresent()
            ? ", " + Numbers.number(piece.askedBytes()) + " asked for"
            : "";
    return what
        + ", "
        + Numbers.number(piece.bytes())
        + " bytes from "
        + Numbers.address(piece.address())
        + asked;
  }
}
