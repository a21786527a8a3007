package org.wasmheap.observe;

import java.util.List;
import org.wasmheap.allocator.FreeingBumpAllocator;
import org.wasmheap.observe.HeapMap.Order;

/**
 * The lower part of a picture: for each order what its blocks take, and how much of the heap is
 * free and yet of no use to a request of that order.
 */
final class PictureOrders {
  private static final int STEP = 19;
  private static final int BAR_HEIGHT = 12;

  private static final int ORDER = 70;
  private static final int BLOCK = 140;
  private static final int LIVE = 200;
  private static final int FREE = 260;
  private static final int BARS = 280;
  private static final int BARS_WIDTH = 480;
  private static final int UNUSABLE = 860;
  private static final int UNUSABLE_WIDTH = 186;

  private PictureOrders() {}

  static int bottom(HeapMap map, int top) {
    return top + 44 + used(map).size() * STEP;
  }

  private static List<Order> used(HeapMap map) {
    return map.orders().stream().filter(order -> order.live() + order.free() > 0).toList();
  }

  static String draw(HeapMap map, int top) {
    StringBuilder svg = new StringBuilder();
    svg.append(Svg.text(ORDER, top, "e", "order"));
    svg.append(Svg.text(BLOCK, top, "e", "block"));
    svg.append(Svg.text(LIVE, top, "e", "live"));
    svg.append(Svg.text(FREE, top, "e", "free"));
    svg.append(Svg.text(BARS, top, "", "bytes: live, wasted, headers, free"));
    svg.append(Svg.text(UNUSABLE, top, "", "share of the heap that is free, yet unusable for it"));
    long most = used(map).stream().mapToLong(o -> o.takenBytes() + o.freeBytes()).max().orElse(1);
    int y = top + 12;
    for (Order order : used(map)) {
      draw(svg, map, order, y, most);
      y += STEP;
    }
    return svg.toString();
  }

  private static void draw(StringBuilder svg, HeapMap map, Order order, int y, long most) {
    svg.append(Svg.rectangle(Palette.name(Palette.live(order.order())), 16, y, 14, BAR_HEIGHT));
    svg.append(Svg.rectangle(Palette.name(Palette.free(order.order())), 32, y, 14, BAR_HEIGHT));
    int base = y + 10;
    svg.append(Svg.text(ORDER, base, "e", Integer.toString(order.order())));
    svg.append(
        Svg.text(
            BLOCK,
            base,
            "e",
            Numbers.bytes(order.blockBytes() - FreeingBumpAllocator.HEADER_BYTES)));
    svg.append(Svg.text(LIVE, base, "e", Numbers.number(order.live())));
    svg.append(Svg.text(FREE, base, "e", Numbers.number(order.free())));
    long headers = order.live() * FreeingBumpAllocator.HEADER_BYTES;
    long waste = order.wasteBytes().orElse(0);
    int live = Palette.live(order.order());
    double x = BARS;
    x = bar(svg, live, x, y, order.takenBytes() - headers - waste, most);
    x = bar(svg, Palette.WASTE, x, y, waste, most);
    x = bar(svg, Palette.HEADER, x, y, headers, most);
    x = bar(svg, Palette.free(order.order()), x, y, order.freeBytes(), most);
    svg.append(Svg.text(x + 6, base, "n", Numbers.number(order.takenBytes() + order.freeBytes())));
    double share = map.unusableShare(order.order());
    svg.append(Svg.rectangle("row", UNUSABLE, y, UNUSABLE_WIDTH, BAR_HEIGHT));
    svg.append(Svg.rectangle("g", UNUSABLE, y, share * UNUSABLE_WIDTH, BAR_HEIGHT));
    svg.append(Svg.text(UNUSABLE + UNUSABLE_WIDTH + 8, base, "", Numbers.percent(share)));
  }

  private static double bar(StringBuilder svg, int kind, double x, int y, long bytes, long most) {
    double width = (double) bytes * BARS_WIDTH / most;
    if (width > 0) {
      svg.append(Svg.rectangle(Palette.name(kind), x, y, width, BAR_HEIGHT));
    }
    return x + width;
  }
}
