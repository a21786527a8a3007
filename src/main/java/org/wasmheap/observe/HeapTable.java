package org.wasmheap.observe;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.wasmheap.allocator.FreeingBumpAllocator;
import org.wasmheap.observe.HeapMap.Order;

/** A heap as a table for people: one line for each order up to the highest in use, and the sums. */
public final class HeapTable {
  private static final List<String> TITLES =
      List.of(
          "order",
          "block",
          "live",
          "free",
          "asked",
          "taken",
          "waste",
          "free bytes",
          "unusable",
          "");

  private final List<List<String>> rows = new ArrayList<>();

  private HeapTable() {
    rows.add(TITLES);
  }

  /**
   * Lays a heap's map out as text.
   *
   * @param map the heap
   * @return lines of text, lined up; the last one without an end
   */
  public static String of(HeapMap map) {
    HeapTable table = new HeapTable();
    for (Order order : map.orders().subList(0, map.highestOrder() + 1)) {
      table.rows.add(row(map, order));
    }
    table.rows.add(sums(map));
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(
            Locale.ROOT,
            "heap %,d to %,d, %,d bytes; the memory has %,d%n",
            map.heapBase(),
            map.bumper(),
            map.spanBytes(),
            map.memoryBytes()));
    table.rows.forEach(row -> text.append(table.line(row)).append(System.lineSeparator()));
    text.append(
        "taken: live blocks with their headers; waste: bytes in them that were not asked for;"
            + System.lineSeparator()
            + "unusable: free, yet of no use to a request of this order, as a share of the heap");
    return text.toString();
  }

  private static List<String> row(HeapMap map, Order order) {
    return List.of(
        Integer.toString(order.order()),
        Numbers.number(order.blockBytes() - FreeingBumpAllocator.HEADER_BYTES),
        Numbers.number(order.live()),
        Numbers.number(order.free()),
        Numbers.number(order.askedBytes()),
        Numbers.number(order.takenBytes()),
        Numbers.number(order.wasteBytes()),
        Numbers.number(order.freeBytes()),
        Numbers.number(map.unusableBytes(order.order())),
        Numbers.percent(map.unusableShare(order.order())));
  }

  private static List<String> sums(HeapMap map) {
    return List.of(
        "all",
        "",
        Numbers.number(map.orders().stream().mapToLong(Order::live).sum()),
        Numbers.number(map.orders().stream().mapToLong(Order::free).sum()),
        Numbers.number(map.askedBytes()),
        Numbers.number(map.takenBytes()),
        Numbers.number(map.wasteBytes()),
        Numbers.number(map.freeBytes()),
        map.unknownBytes() == 0 ? "" : "unknown",
        map.unknownBytes() == 0 ? "" : Numbers.number(map.unknownBytes()));
  }

  private String line(List<String> row) {
    StringBuilder line = new StringBuilder();
    for (int column = 0; column < row.size(); column++) {
      int at = column;
      int width = rows.stream().mapToInt(each -> each.get(at).length()).max().orElse(0);
      String cell = row.get(column);
      line.append(column == 0 ? "" : "  ").append(" ".repeat(width - cell.length())).append(cell);
    }
    return line.toString().stripTrailing();
  }
}
