package org.wasmheap.observe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.wasmheap.observe.HeapMap.Order;
import org.wasmheap.observe.HeapMap.Piece;

/** What holds of the map of every heap that only its allocator has written. */
class HeapMapProperties {
  /** Sizes to allocate; a negative number frees one of the blocks that are live. */
  @Provide
  Arbitrary<List<Integer>> steps() {
    return Arbitraries.oneOf(
            Arbitraries.integers().between(0, 300),
            Arbitraries.integers().between(300, 9000),
            Arbitraries.integers().between(-1000, -1))
        .list()
        .ofMaxSize(400);
  }

  private static HeapMap after(List<Integer> steps) {
    Heaps heap = new Heaps(80);
    List<Integer> live = new ArrayList<>();
    for (int step : steps) {
      if (step >= 0) {
        live.add(heap.malloc(step));
      } else if (!live.isEmpty()) {
        heap.free(live.remove(-step % live.size()));
      }
    }
    return heap.map();
  }

  @Property(tries = 300)
  void bytes_add_up_to_the_bumper(@ForAll("steps") List<Integer> steps) {
    HeapMap map = after(steps);

    assertEquals(map.spanBytes(), map.takenBytes() + map.freeBytes() + map.unknownBytes());
    long headers = map.orders().stream().mapToLong(order -> 8 * order.live()).sum();
    assertEquals(
        map.takenBytes(),
        map.askedBytes().orElseThrow() + map.wasteBytes().orElseThrow() + headers);
  }

  @Property(tries = 300)
  void pieces_cover_the_heap_without_a_gap(@ForAll("steps") List<Integer> steps) {
    HeapMap map = after(steps);

    long reached = map.heapBase();
    for (Piece piece : map.pieces()) {
      assertEquals(reached, piece.address());
      reached += piece.bytes();
    }
    assertEquals(map.bumper(), reached);
  }

  @Property(tries = 300)
  void what_is_unusable_for_an_order_is_free_and_not_of_that_order(
      @ForAll("steps") List<Integer> steps) {
    HeapMap map = after(steps);

    for (Order order : map.orders()) {
      long unusable = map.unusableBytes(order.order());
      assertEquals(map.freeBytes(), unusable + order.freeBytes());
      double share = map.unusableShare(order.order());
      assertTrue(share >= 0 && share <= 1, () -> "share " + share);
    }
  }
}
