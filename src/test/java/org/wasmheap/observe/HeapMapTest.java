package org.wasmheap.observe;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.wasmheap.allocator.HeapAudit;
import org.wasmheap.allocator.HeapAudit.Block;
import org.wasmheap.allocator.HeapAudit.OrderCount;
import org.wasmheap.allocator.HeapAudit.Use;
import org.wasmheap.heap.GrowthPolicy;
import org.wasmheap.heap.PoisonReport.Growth;
import org.wasmheap.observe.HeapMap.Order;
import org.wasmheap.observe.HeapMap.Piece;

/** Heaps small enough to be worked out by hand. */
class HeapMapTest {
  private final Heaps heap = new Heaps(1);

  @Test
  void blocks_of_each_order_are_counted_with_what_was_asked_taken_and_wasted() {
    // given blocks of 8, 32 and 128 bytes with headers of 8, of which the last is free
    heap.malloc(5);
    heap.malloc(20);
    heap.free(heap.malloc(100));

    // when
    HeapMap map = heap.map();

    // then
    assertEquals(16 + 40 + 136, map.spanBytes());
    assertEquals(new Order(0, 1, 0, 16, OptionalLong.of(5)), map.orders().get(0));
    assertEquals(OptionalLong.of(3), map.orders().get(0).wasteBytes());
    assertEquals(new Order(2, 1, 0, 40, OptionalLong.of(20)), map.orders().get(2));
    assertEquals(OptionalLong.of(12), map.orders().get(2).wasteBytes());
    assertEquals(new Order(4, 0, 1, 136, OptionalLong.of(0)), map.orders().get(4));
    assertEquals(56, map.takenBytes());
    assertEquals(136, map.freeBytes());
    assertEquals(OptionalLong.of(25), map.askedBytes());
    assertEquals(OptionalLong.of(15), map.wasteBytes());
  }

  @Test
  void free_blocks_of_any_other_order_are_unusable_for_a_request() {
    // given free blocks of 16 and of 136 bytes in a heap of 192
    int small = heap.malloc(8);
    heap.malloc(20);
    int large = heap.malloc(128);
    heap.free(small);
    heap.free(large);

    // when
    HeapMap map = heap.map();

    // then
    assertEquals(136, map.unusableBytes(0));
    assertEquals(16, map.unusableBytes(4));
    assertEquals(152, map.unusableBytes(2));
    assertEquals(152, map.unusableBytes(22));
    assertEquals(136.0 / 192, map.unusableShare(0));
    assertEquals(152.0 / 192, map.unusableShare(22));
  }

  @Test
  void pieces_follow_one_another_from_heap_base_to_bumper() {
    // given
    heap.malloc(5);
    heap.free(heap.malloc(20));

    // then
    assertEquals(
        List.of(
            new Piece(1000, 16, 0, Use.LIVE, OptionalLong.of(5)),
            new Piece(1016, 40, 2, Use.FREE, OptionalLong.empty())),
        heap.map().pieces());
  }

  @Test
  void an_empty_heap_has_no_share_of_anything() {
    HeapMap map = heap.map();

    assertEquals(0, map.spanBytes());
    assertEquals(0.0, map.unusableShare(0));
    assertEquals(List.of(), map.pieces());
    assertEquals(OptionalLong.of(0), map.wasteBytes());
  }

  @Test
  void waste_is_not_known_where_one_size_is_not() {
    // given two blocks of an order, and the size of one
    int known = heap.malloc(5);
    heap.malloc(6);
    heap.malloc(20);

    // when
    HeapMap map = HeapMap.of(heap.audit(), pointer -> pointer == known ? 5 : -1, List.<Growth>of());

    // then
    assertEquals(OptionalLong.empty(), map.orders().get(0).askedBytes());
    assertEquals(OptionalLong.empty(), map.orders().get(0).wasteBytes());
    assertEquals(OptionalLong.empty(), map.askedBytes());
    assertEquals(OptionalLong.of(5), map.pieces().get(0).askedBytes());
    assertEquals(OptionalLong.empty(), map.pieces().get(1).askedBytes());
  }

  @Test
  void a_size_that_does_not_fit_its_block_is_not_believed() {
    // given a header that the guest made smaller than what it had asked for
    heap.malloc(100);

    // when
    HeapMap map = HeapMap.of(heap.audit(), pointer -> 129, List.<Growth>of());

    // then
    assertEquals(OptionalLong.empty(), map.pieces().get(0).askedBytes());
  }

  @Test
  void damaged_bytes_are_unknown_and_not_lost() {
    // given two blocks, and a guest that overwrites the header of the first
    int first = heap.malloc(8);
    heap.malloc(8);
    heap.memory.writeLong(first - 8, 1L << 32 | 99);

    // when
    HeapMap map = heap.map();

    // then
    assertEquals(16, map.unknownBytes());
    assertEquals(16, map.takenBytes());
    assertEquals(Use.UNKNOWN, map.pieces().get(0).use());
  }

  @Test
  void pieces_that_overlap_or_leave_the_heap_are_cut() {
    // given what a hostile heap, or a file, may say
    HeapAudit audit =
        new HeapAudit(
            1000,
            1100,
            65_536,
            List.of(new OrderCount(0, 0, 3)),
            0,
            0,
            List.of(),
            0,
            List.of(
                new Block(1040, 16, 0, Use.FREE),
                new Block(1000, 48, 0, Use.FREE),
                new Block(1090, 1L << 32, 0, Use.FREE),
                new Block(10, 16, 0, Use.FREE)),
            4,
            true);

    // when
    HeapMap map = HeapMap.of(audit, pointer -> -1, List.of());

    // then
    assertEquals(
        List.of(
            new Piece(1000, 48, 0, Use.FREE, OptionalLong.empty()),
            new Piece(1048, 8, 0, Use.FREE, OptionalLong.empty()),
            new Piece(1090, 10, 0, Use.FREE, OptionalLong.empty())),
        map.pieces());
  }

  @Test
  void the_recorded_metadata_call_leaves_all_of_its_heap_free_but_the_result() {
    // when
    HeapMap map = Heaps.ofTrace("westend-9300__Metadata_metadata", Integer.MAX_VALUE);

    // then what the trace's first line says, and the one block that holds the result
    assertEquals(3_761_416, map.bumper());
    assertEquals(2_402_488, map.spanBytes());
    assertEquals(1, map.orders().stream().mapToLong(Order::live).sum());
    assertEquals(map.spanBytes(), map.takenBytes() + map.freeBytes());
    assertEquals(
        List.of(
            new Growth(129, 21, 42, GrowthPolicy.Cause.ALLOCATOR),
            new Growth(14_761, 42, 84, GrowthPolicy.Cause.ALLOCATOR)),
        map.growths());
  }
}
