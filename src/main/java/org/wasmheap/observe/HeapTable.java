package org.wasmheap.observe;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import org.wasmheap.observe.HeapMap.Order;

/** A heap's map as lines of text, lined up. */
final class HeapTable {
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

  static String of(HeapMap map) {
    HeapTable table = new HeapTable();
    int highest = highestOrder(map);
    for (Order order : map.orders().subList(0, highest + 1)) {
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

  /** The highest order of which there are blocks; 0 if there are none. */
  static int highestOrder(HeapMap map) {
    return map.orders().stream()
        .filter(order -> order.live() + order.free() > 0)
        .mapToInt(Order::order)
        .max()
        .orElse(0);
  }

  private static List<String> row(HeapMap map, Order order) {
    return List.of(
        Integer.toString(order.order()),
        number(order.blockBytes() - HeapMap.HEADER_BYTES),
        number(order.live()),
        number(order.free()),
        number(order.askedBytes()),
        number(order.takenBytes()),
        number(order.wasteBytes()),
        number(order.freeBytes()),
        number(map.unusableBytes(order.order())),
        percent(map.unusableShare(order.order())));
  }

  private static List<String> sums(HeapMap map) {
    return List.of(
        "all",
        "",
        number(map.orders().stream().mapToLong(Order::live).sum()),
        number(map.orders().stream().mapToLong(Order::free).sum()),
        number(map.askedBytes()),
        number(map.takenBytes()),
        number(map.wasteBytes()),
        number(map.freeBytes()),
        map.unknownBytes() == 0 ? "" : "unknown",
        map.unknownBytes() == 0 ? "" : number(map.unknownBytes()));
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

  static String number(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }

  static String number(OptionalLong value) {
    return value.isPresent() ? number(value.getAsLong()) : "-";
  }

  static String percent(double share) {
    return String.format(Locale.ROOT, "%.1f %%", 100 * share);
  }
}
