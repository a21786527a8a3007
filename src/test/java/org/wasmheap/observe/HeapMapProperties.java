package org.wasmheap.observe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.wasmheap.testkit.Property.assertHolds;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.wasmheap.observe.HeapMap.Order;
import org.wasmheap.observe.HeapMap.Piece;
import org.wasmheap.testkit.Draws;
import org.wasmheap.testkit.Inputs;
import org.wasmheap.testkit.Simpler;

/** What holds of the map of every heap that only its allocator has written. */
class HeapMapProperties {
  /** Sizes to allocate; a negative number frees one of the blocks that are live. */
  private static final Inputs<List<Integer>> STEPS =
      Inputs.of(
          draws -> draws.list(0, 400, HeapMapProperties::step),
          steps -> Simpler.lists(steps, Simpler::numbers));

  private static int step(Draws draws) {
    return switch (draws.between(0, 2)) {
      case 0 -> draws.number(0, 300);
      case 1 -> draws.number(300, 9000);
      default -> draws.number(-1000, -1);
    };
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

  @Test
  void bytes_add_up_to_the_bumper() {
    assertHolds(
        300,
        STEPS,
        steps -> {
          HeapMap map = after(steps);

          assertEquals(map.spanBytes(), map.takenBytes() + map.freeBytes() + map.unknownBytes());
          long headers = map.orders().stream().mapToLong(order -> 8 * order.live()).sum();
          assertEquals(
              map.takenBytes(),
              map.askedBytes().orElseThrow() + map.wasteBytes().orElseThrow() + headers);
        });
  }

  @Test
  void pieces_cover_the_heap_without_a_gap() {
    assertHolds(
        300,
        STEPS,
        steps -> {
          HeapMap map = after(steps);

          long reached = map.heapBase();
          for (Piece piece : map.pieces()) {
            assertEquals(reached, piece.address());
            reached += piece.bytes();
          }
          assertEquals(map.bumper(), reached);
        });
  }

  @Test
  void what_is_unusable_for_an_order_is_free_and_not_of_that_order() {
    assertHolds(
        300,
        STEPS,
        steps -> {
          HeapMap map = after(steps);

          for (Order order : map.orders()) {
            long unusable = map.unusableBytes(order.order());
            assertEquals(map.freeBytes(), unusable + order.freeBytes());
            double share = map.unusableShare(order.order());
            assertTrue(share >= 0 && share <= 1, () -> "share " + share);
          }
        });
  }
}
