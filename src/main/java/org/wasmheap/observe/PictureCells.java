package org.wasmheap.observe;

import org.wasmheap.allocator.FreeingBumpAllocator;
import org.wasmheap.allocator.HeapAudit.Use;
import org.wasmheap.observe.HeapMap.Piece;

/**
 * A heap too large to show block by block: each row in cells, and in each cell the bytes of each
 * kind as a bar, from the bottom up. Neighbours that look alike become one shape.
 */
final class PictureCells {
  private static final int HEADER_BYTES = FreeingBumpAllocator.HEADER_BYTES;

  private final PictureFrame frame;
  private final int columns;
  private final long cellBytes;

  /** Bytes of each kind in each cell. */
  private final long[][] bytes;

  PictureCells(HeapMap map, PictureFrame frame, int columns) {
    this.frame = frame;
    this.columns = columns;
    this.cellBytes = frame.rowBytes() / columns;
    this.bytes = new long[frame.rows() * columns][];
    map.pieces().forEach(this::add);
  }

  private void add(Piece piece) {
    long at = piece.address();
    if (piece.use() == Use.LIVE) {
      long headerEnd = Math.min(piece.end(), at + HEADER_BYTES);
      long askedEnd =
          piece.askedBytes().isPresent()
              ? Math.min(piece.end(), headerEnd + piece.askedBytes().getAsLong())
              : piece.end();
      add(Palette.HEADER, at, headerEnd);
      add(Palette.live(piece.order()), headerEnd, askedEnd);
      add(Palette.WASTE, askedEnd, piece.end());
    } else {
      boolean free = piece.use() == Use.FREE;
      add(free ? Palette.free(piece.order()) : Palette.UNKNOWN, at, piece.end());
    }
  }

  private void add(int kind, long from, long to) {
    for (long at = from; at < to; ) {
      int cell = (int) ((at - frame.start()) / cellBytes);
      long end = Math.min(to, frame.start() + (cell + 1) * cellBytes);
      if (bytes[cell] == null) {
        bytes[cell] = new long[Palette.KINDS];
      }
      bytes[cell][kind] += end - at;
      at = end;
    }
  }

  /** One path for each kind that there is. */
  String draw() {
    StringBuilder svg = new StringBuilder();
    int[][] levels = levels();
    for (int kind = 0; kind < Palette.KINDS; kind++) {
      StringBuilder path = new StringBuilder();
      for (int row = 0; row < frame.rows(); row++) {
        drawRow(path, levels, row, kind);
      }
      if (!path.isEmpty()) {
        svg.append("<path class=\"").append(Palette.name(kind)).append("\" d=\"");
        svg.append(path).append("\"/>\n");
      }
    }
    return svg.toString();
  }

  private void drawRow(StringBuilder path, int[][] levels, int row, int kind) {
    int width = PictureFrame.PLOT / columns;
    int bottom = frame.y(row) + PictureFrame.ROW_HEIGHT;
    for (int column = 0; column < columns; ) {
      int[] cell = levels[row * columns + column];
      int run = 1;
      int height = cell[kind + 1] - cell[kind];
      while (column + run < columns && alike(cell, levels[row * columns + column + run], kind)) {
        run++;
      }
      if (height > 0) {
        path.append('M').append(PictureFrame.LEFT + column * width);
        path.append(' ').append(bottom - cell[kind + 1]);
        path.append('h').append(run * width).append('v').append(height);
        path.append("h-").append(run * width).append('z');
      }
      column += run;
    }
  }

  private static boolean alike(int[] cell, int[] next, int kind) {
    return cell[kind] == next[kind] && cell[kind + 1] == next[kind + 1];
  }

  /** For each cell where each kind's bar begins, and where the last one ends. */
  private int[][] levels() {
    int[][] levels = new int[bytes.length][];
    for (int cell = 0; cell < bytes.length; cell++) {
      levels[cell] = new int[Palette.KINDS + 1];
      long[] parts = bytes[cell];
      if (parts != null) {
        stack(parts, levels[cell]);
      }
    }
    return levels;
  }

  /** Bars in proportion, that fill the height whatever part of the cell is the heap's. */
  private static void stack(long[] parts, int[] levels) {
    long all = 0;
    for (long part : parts) {
      all += part;
    }
    long sum = 0;
    for (int kind = 0; kind < Palette.KINDS; kind++) {
      sum += parts[kind];
      levels[kind + 1] = (int) ((2 * PictureFrame.ROW_HEIGHT * sum + all) / (2 * all));
    }
  }

  /** Gives the bytes of each kind in a row. */
  long[] row(int row) {
    long[] sums = new long[Palette.KINDS];
    for (int column = 0; column < columns; column++) {
      long[] parts = bytes[row * columns + column];
      for (int kind = 0; parts != null && kind < Palette.KINDS; kind++) {
        sums[kind] += parts[kind];
      }
    }
    return sums;
  }
}
