package org.wasmheap.allocator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
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
import org.wasmheap.allocator.HeapAudit.Kind;

/**
 * Damage to free lists, and what an audit says of it. Most tests begin with a list that goes from
 * block 2 over block 1 to block 0, and block 3 live.
 */
class HeapAuditLinksTest {
  private final Rig heap = Rig.flat(1, 4, BASE);

  private int[] listOfThree() {
    int[] blocks = allocate(heap, 4, 8);
    heap.free(blocks[0]);
    heap.free(blocks[1]);
    heap.free(blocks[2]);
    return blocks;
  }

  @ParameterizedTest
  @ValueSource(longs = {0, BASE - 8, BASE + 64, PAGE, 0xFFFF_FFF8L})
  void a_link_outside_the_heap_is_found(long link) {
    // given
    int[] blocks = listOfThree();
    heap.forge(blocks[1], link);

    // when
    HeapAudit audit = heap.audit();

    // then the header that holds it is named, and the lost rest of the list
    assertEquals(List.of(Kind.LINK_OUTSIDE, Kind.UNREACHABLE), kinds(audit));
    assertEquals(blocks[1] - 8, audit.findings().get(0).address());
    assertEquals(link, audit.findings().get(0).word());
    assertFirstBad(audit, Kind.UNREACHABLE, BASE, NIL);
  }

  @Test
  void a_link_that_is_not_aligned_is_found() {
    // given
    int[] blocks = listOfThree();
    heap.forge(blocks[2], blocks[1] - 8L + 4);

    // when
    HeapAudit audit = heap.audit();

    // then
    assertEquals(Kind.LINK_UNALIGNED, kinds(audit).get(0));
    assertEquals(blocks[2] - 8, audit.findings().get(0).address());
  }

  @Test
  void a_link_to_a_live_block_is_found() {
    // given
    int[] blocks = listOfThree();
    heap.forge(blocks[0], blocks[3] - 8L);

    // when
    HeapAudit audit = heap.audit();

    // then
    assertEquals(List.of(Kind.LINK_TO_LIVE), kinds(audit));
    assertFirstBad(audit, Kind.LINK_TO_LIVE, blocks[0] - 8, blocks[3] - 8);
    assertEquals(1, audit.liveBlocks());
  }

  @Test
  void a_link_into_a_live_block_is_found_with_the_header_that_holds_it() {
    // given a live block of zeros
    int[] blocks = listOfThree();
    int live = heap.allocate(100);
    heap.memory().writeLong(live + 40, NIL);
    heap.forge(blocks[0], live + 40);

    // when
    HeapAudit audit = heap.audit();

    // then
    assertEquals(List.of(Kind.LINK_TO_LIVE), kinds(audit));
    assertFirstBad(audit, Kind.LINK_TO_LIVE, blocks[0] - 8, live + 40);
    assertEquals(2, audit.liveBlocks());
  }

  @Test
  void a_wild_free_inside_a_live_block_is_found_although_no_header_holds_the_link() {
    // given a header in the payload, which the allocator takes for one
    int live = heap.allocate(100);
    heap.memory().writeLong(live, OCCUPIED);
    heap.free(live + 8);

    // when
    HeapAudit audit = heap.audit();

    // then
    assertEquals(List.of(Kind.LINK_TO_LIVE), kinds(audit));
    assertTrue(audit.firstBadHeader().isEmpty());
    assertEquals(
        "LINK_TO_LIVE: the list of order 0 leads to 1008, inside the live block at 1000",
        audit.findings().get(0).toString());
  }

  @Test
  void a_cycle_is_found() {
    // given
    int[] blocks = listOfThree();
    heap.forge(blocks[0], blocks[1] - 8L);

    // when
    HeapAudit audit = heap.audit();

    // then
    assertEquals(List.of(Kind.LINK_CYCLE), kinds(audit));
    assertFirstBad(audit, Kind.LINK_CYCLE, blocks[0] - 8, blocks[1] - 8);
    assertEquals(3, audit.freeBlocks());
  }

  @Test
  void a_cycle_on_the_list_of_a_higher_order_is_found() {
    // given
    heap.free(heap.allocate(8));
    int[] blocks = allocate(heap, 2, 16);
    heap.free(blocks[0]);
    heap.free(blocks[1]);
    heap.forge(blocks[0], blocks[1] - 8L);

    // then
    assertEquals(List.of(Kind.LINK_CYCLE), kinds(heap.audit()));
  }

  @Test
  void a_bad_header_at_address_0_is_one_like_any_other() {
    // given
    Rig low = Rig.flat(1, 1, 0);
    low.forge(low.allocate(8), 0);

    // when
    HeapAudit audit = low.audit();

    // then
    assertFirstBad(audit, Kind.UNREACHABLE, 0, 0);
    assertEquals(
        "UNREACHABLE at 0 (0x0000000000000000): it is free and on no list",
        audit.findings().get(0).toString());
  }

  @Test
  void a_header_that_links_to_itself_is_a_cycle() {
    // given
    int[] blocks = listOfThree();
    heap.forge(blocks[2], blocks[2] - 8L);

    // then the rest of the list is lost
    assertEquals(Kind.LINK_CYCLE, kinds(heap.audit()).get(0));
  }

  @Test
  void a_block_on_the_lists_of_two_orders_is_found() {
    // given
    int[] blocks = listOfThree();
    int other = heap.allocate(50);
    heap.free(other);
    heap.forge(other, blocks[1] - 8L);

    // when
    HeapAudit audit = heap.audit();

    // then
    assertEquals(List.of(Kind.LINK_SHARED), kinds(audit));
    assertFirstBad(audit, Kind.LINK_SHARED, other - 8, blocks[1] - 8);
    assertEquals(4, audit.freeBlocks());
  }
}
