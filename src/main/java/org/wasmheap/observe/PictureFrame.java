package org.wasmheap.observe;

/**
 * Where addresses lie in a picture: rows of a power of two of bytes, one below the other.
 *
 * @param start address at which the first row begins
 * @param rowBytes bytes in a row
 * @param rows how many rows there are, at least one
 */
record PictureFrame(long start, long rowBytes, int rows) {
  static final int LEFT = 152;
  static final int TOP = 104;

  /** The width of a row; cells of 1, 2, 4, 8 … columns fit it. */
  static final int PLOT = 896;

  static final int ROW_HEIGHT = 12;
  private static final int ROW_STEP = 17;

  private static final int MAX_ROWS = 40;
  private static final long MIN_ROW_BYTES = 256;

  static PictureFrame of(HeapMap map) {
    long rowBytes = MIN_ROW_BYTES;
    while (rowsOf(map, rowBytes) > MAX_ROWS) {
      rowBytes *= 2;
    }
    return new PictureFrame(map.heapBase() & -rowBytes, rowBytes, (int) rowsOf(map, rowBytes));
  }

  private static long rowsOf(HeapMap map, long rowBytes) {
    long start = map.heapBase() & -rowBytes;
    return Math.max(1, (map.bumper() - start + rowBytes - 1) / rowBytes);
  }

  int rowOf(long address) {
    return (int) ((address - start) / rowBytes);
  }

  long rowStart(int row) {
    return start + row * rowBytes;
  }

  /** The address behind the last row. */
  long end() {
    return rowStart(rows);
  }

  /** The upper edge of a row. */
  int y(int row) {
    return TOP + row * ROW_STEP;
  }

  /** The lower edge of the whole. */
  int bottom() {
    return y(rows);
  }

  /** Where an address lies in its row. */
  double x(long address) {
    return LEFT + (double) (address - rowStart(rowOf(address))) * PLOT / rowBytes;
  }

  boolean contains(long address) {
    return address >= start && address < end();
  }
}
