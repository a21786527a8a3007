package org.wasmheap.allocator;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.wasmheap.allocator.Audits.BASE;
import static org.wasmheap.allocator.Audits.allocate;
import static org.wasmheap.allocator.Audits.assertFirstBad;
import static org.wasmheap.allocator.Audits.kinds;
import static org.wasmheap.allocator.Rig.NIL;
import static org.wasmheap.allocator.Rig.OCCUPIED;
import static org.wasmheap.allocator.Rig.PAGE;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.wasmheap.allocator.HeapAudit.Block;
import org.wasmheap.allocator.HeapAudit.Kind;
import org.wasmheap.allocator.HeapAudit.Use;
import org.wasmheap.testkit.HollowMemory;

/** Damage to headers, and what an audit says of it. */
class HeapAuditHeadersTest {
  private final Rig heap = Rig.flat(1, 4, BASE);

  @Test
  void a_block_on_the_list_of_a_larger_order_is_found() {
    // given a block of order 0 that was freed as of order 1, with more than zeros behind it
    int[] blocks = allocate(heap, 6, 8);
    heap.memory().writeLong(blocks[1], 0x1234_5678_9ABCL);
    heap.forge(blocks[0], OCCUPIED | 1);
    heap.free(blocks[0]);

    // when
    HeapAudit audit = heap.audit();

    // then
    assertEquals(List.of(Kind.WRONG_ORDER), kinds(audit));
    assertFirstBad(audit, Kind.WRONG_ORDER, BASE, NIL);
    assertEquals(5, audit.liveBlocks());
    assertEquals(0, audit.unknownBytes());
  }

  @ParameterizedTest
  @ValueSource(longs = {0, BASE - 8, BASE + 72 + 80, 0x1_0000_0017L, 0x2_0000_03F0L})
  void a_block_on_the_list_of_a_smaller_order_is_found(long payload) {
    // given a block of order 3 that was freed as of order 0, and no header where that ends
    int block = heap.allocate(64);
    allocate(heap, 5, 8);
    heap.memory().writeLong(block + 8, payload);
    heap.forge(block, OCCUPIED);
    heap.free(block);

    // when
    HeapAudit audit = heap.audit();

    // then
    assertEquals(List.of(Kind.WRONG_ORDER), kinds(audit));
    assertEquals(new Block(BASE, 72, 3, Use.FREE), audit.blocks().get(0));
  }

  @Test
  void a_list_is_believed_where_a_header_may_follow_that_is_bad_itself() {
    // given a free block of order 0, a lost one of order 1, and more; the two look like an order 2
    int[] blocks = allocate(heap, 1, 8);
    int lost = heap.allocate(16);
    allocate(heap, 5, 8);
    heap.free(blocks[0]);
    heap.forge(lost, BASE);

    // when
    HeapAudit audit = heap.audit();

    // then
    assertEquals(List.of(Kind.UNREACHABLE), kinds(audit));
    assertFirstBad(audit, Kind.UNREACHABLE, lost - 8, BASE);
  }

  @Test
  void no_order_fits_that_does_not_exist() {
    // given headers where a block of order 23 would end, and none where the free one does
    Rig large = Rig.onChain(new HollowMemory(1025L * PAGE, 1025), BASE);
    int block = large.allocate(8);
    int next = large.allocate(32 << 20);
    large.allocate(32 << 20);
    large.allocate(100);
    large.free(block);
    large.forge(next, 0);
    for (int i = 0; i < 4; i++) {
      large.memory().writeLong(BASE + (64 << 20) + 8 + i * 16, OCCUPIED);
    }

    // when
    HeapAudit audit = HeapAuditor.audit(large.allocator(), large.memory(), 1000, 100);

    // then
    assertEquals(List.of(Kind.UNREACHABLE), kinds(audit));
    assertEquals(new Block(BASE, 16, 0, Use.FREE), audit.blocks().get(0));
  }

  @Test
  void the_last_block_on_the_list_of_a_larger_order_is_found() {
    // given
    heap.allocate(500);
    int last = heap.allocate(8);
    heap.forge(last, OCCUPIED | 4);
    heap.free(last);

    // when
    HeapAudit audit = heap.audit();

    // then its true end is the bumper
    assertEquals(List.of(Kind.WRONG_ORDER), kinds(audit));
    assertEquals(0, audit.unknownBytes());
  }

  @Test
  void a_block_on_a_list_whose_order_nothing_fits_ends_beyond_the_bumper() {
    // given a wild free 48 bytes before the bumper, of order 4, and a block that hides nothing
    int block = heap.allocate(100);
    int wild = block + 128 - 48 + 8;
    heap.forge(wild, OCCUPIED | 4);
    heap.free(wild);
    heap.forge(block, 0);

    // when
    HeapAudit audit = heap.audit();

    // then
    assertEquals(List.of(Kind.UNREACHABLE, Kind.BEYOND_BUMPER), kinds(audit));
    assertEquals(wild - 8, audit.findings().get(1).address());
    assertEquals(136, audit.unknownBytes());
  }

  @Test
  void free_blocks_that_overlap_are_found() {
    // given a block of order 0 that was freed as of order 1, and the free block after it
    int[] blocks = allocate(heap, 3, 8);
    heap.forge(blocks[0], OCCUPIED | 1);
    heap.free(blocks[0]);
    heap.free(blocks[1]);

    // when
    HeapAudit audit = heap.audit();

    // then
    assertEquals(List.of(Kind.OVERLAP), kinds(audit));
    assertFirstBad(audit, Kind.OVERLAP, BASE, NIL);
    assertEquals(2, audit.freeBlocks());
    assertEquals(1, audit.liveBlocks());
  }

  @Test
  void a_free_header_on_no_list_is_unreachable_and_the_walk_goes_on_behind_it() {
    // given
    int[] blocks = allocate(heap, 6, 8);
    heap.forge(blocks[1], NIL);

    // when
    HeapAudit audit = heap.audit();

    // then
    assertEquals(List.of(Kind.UNREACHABLE), kinds(audit));
    assertFirstBad(audit, Kind.UNREACHABLE, blocks[1] - 8, NIL);
    assertAll(
        () -> assertEquals(1, audit.unreachable()),
        () -> assertEquals(16, audit.unknownBytes()),
        () -> assertEquals(5, audit.liveBlocks()),
        () -> assertEquals(new Block(blocks[1] - 8, 16, -1, Use.UNKNOWN), audit.blocks().get(1)));
  }

  @Test
  void after_a_bad_header_the_walk_goes_on_at_the_next_listed_one() {
    // given two bad headers and a free one, and no four in a row
    int[] blocks = allocate(heap, 5, 8);
    heap.free(blocks[2]);
    heap.forge(blocks[0], 0);
    heap.forge(blocks[1], 0);
    heap.forge(blocks[4], 0);

    // when
    HeapAudit audit = heap.audit();

    // then
    assertEquals(
        List.of(
            new Block(BASE, 32, -1, Use.UNKNOWN),
            new Block(BASE + 32, 16, 0, Use.FREE),
            new Block(BASE + 48, 16, 0, Use.LIVE),
            new Block(BASE + 64, 16, -1, Use.UNKNOWN)),
        audit.blocks());
    assertEquals(2, audit.unreachable());
  }

  @Test
  void four_headers_in_a_row_end_the_search_and_three_do_not() {
    // given bad headers with three good ones between, and then with four
    int[] blocks = allocate(heap, 12, 8);
    heap.forge(blocks[0], 0);
    heap.forge(blocks[4], 0);
    heap.forge(blocks[9], 0);
    heap.forge(blocks[11], 0);

    // when
    HeapAudit audit = heap.audit();

    // then
    assertEquals(new Block(BASE, 80, -1, Use.UNKNOWN), audit.blocks().get(0));
    assertEquals(new Block(BASE + 80, 16, 0, Use.LIVE), audit.blocks().get(1));
    assertEquals(4, audit.liveBlocks());
  }

  @Test
  void a_header_whose_block_would_pass_the_bumper_does_not_end_the_search() {
    // given
    int[] blocks = allocate(heap, 6, 8);
    heap.forge(blocks[0], 0);
    heap.forge(blocks[1], OCCUPIED | 22);

    // when
    HeapAudit audit = heap.audit();

    // then
    assertEquals(List.of(Kind.UNREACHABLE), kinds(audit));
    assertEquals(new Block(BASE, 32, -1, Use.UNKNOWN), audit.blocks().get(0));
  }

  @Test
  void payload_that_looks_like_a_header_does_not_end_the_search() {
    // given a bad header before a payload that holds what an empty vector of Rust looks like
    int[] blocks = allocate(heap, 1, 200);
    allocate(heap, 4, 8);
    heap.memory().writeLong(blocks[0] + 16, OCCUPIED);
    heap.forge(blocks[0], 0);

    // when
    HeapAudit audit = heap.audit();

    // then
    assertEquals(new Block(BASE, 264, -1, Use.UNKNOWN), audit.blocks().get(0));
    assertEquals(4, audit.liveBlocks());
  }

  @Test
  void an_occupied_header_whose_order_does_not_exist_is_found() {
    // given
    int[] blocks = allocate(heap, 6, 8);
    heap.forge(blocks[1], OCCUPIED | 23);

    // when
    HeapAudit audit = heap.audit();

    // then
    assertEquals(List.of(Kind.INVALID_ORDER), kinds(audit));
    assertFirstBad(audit, Kind.INVALID_ORDER, blocks[1] - 8, OCCUPIED | 23);
    assertEquals(5, audit.liveBlocks());
    assertEquals(
        "INVALID_ORDER at 1016 (0x0000000100000017): no order is 23",
        audit.findings().get(0).toString());
  }

  @Test
  void an_occupied_header_whose_block_would_pass_the_bumper_is_found() {
    // given
    int[] blocks = allocate(heap, 6, 8);
    heap.forge(blocks[1], OCCUPIED | 22);

    // when
    HeapAudit audit = heap.audit();

    // then
    assertEquals(List.of(Kind.BEYOND_BUMPER), kinds(audit));
    assertFirstBad(audit, Kind.BEYOND_BUMPER, blocks[1] - 8, OCCUPIED | 22);
    assertEquals(5, audit.liveBlocks());
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void bits_that_the_allocator_writes_as_zero_are_found(boolean live) {
    // given
    int[] blocks = allocate(heap, 3, 8);
    if (!live) {
      heap.free(blocks[1]);
    }
    long word = heap.header(blocks[1]) | 1L << 33;
    heap.forge(blocks[1], word);

    // when
    HeapAudit audit = heap.audit();

    // then the block counts all the same
    assertEquals(List.of(Kind.STRAY_BITS), kinds(audit));
    assertFirstBad(audit, Kind.STRAY_BITS, blocks[1] - 8, word);
    assertEquals(3, audit.liveBlocks() + audit.freeBlocks());
  }

  @Test
  void a_live_header_of_another_order_that_happens_to_fit_is_found_by_the_sums() {
    // given 16 + 24 bytes, which make a block of order 2, so that the bytes are the same
    int first = heap.allocate(8);
    heap.allocate(16);
    heap.forge(first, OCCUPIED | 2);

    // when
    HeapAudit audit = heap.audit();

    // then
    assertEquals(List.of(Kind.ACCOUNTING), kinds(audit));
    assertEquals(
        "ACCOUNTING: 1 blocks, 40 bytes are live, the allocator counted 2 blocks, 40 bytes",
        audit.findings().get(0).toString());
  }

  @Test
  void a_live_header_that_swallows_a_lost_block_is_found_by_the_sums() {
    // given a free block that the guest cut off its list, and a live one before it that covers it
    int live = heap.allocate(8);
    int lost = heap.allocate(16);
    int last = heap.allocate(16);
    heap.free(lost);
    heap.free(last);
    heap.forge(last, NIL);
    heap.forge(live, OCCUPIED | 2);

    // when
    HeapAudit audit = heap.audit();

    // then
    assertEquals(List.of(Kind.ACCOUNTING), kinds(audit));
    assertEquals(
        "ACCOUNTING: 1 blocks, 40 bytes are live, the allocator counted 1 blocks, 16 bytes",
        audit.findings().get(0).toString());
  }
}
