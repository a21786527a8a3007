package org.wasmheap.allocator;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.wasmheap.allocator.Audits.BASE;
import static org.wasmheap.allocator.Audits.allocate;
import static org.wasmheap.allocator.Audits.assertFirstBad;
import static org.wasmheap.allocator.Audits.kinds;
import static org.wasmheap.allocator.Rig.OCCUPIED;
import static org.wasmheap.allocator.Rig.PAGE;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.wasmheap.allocator.HeapAudit.Block;
import org.wasmheap.allocator.HeapAudit.Kind;
import org.wasmheap.allocator.HeapAudit.OrderCount;
import org.wasmheap.allocator.HeapAudit.Use;
import org.wasmheap.memory.FlatMemory;
import org.wasmheap.testkit.HollowMemory;

/** What an audit tells of healthy heaps, of memories that misbehave, and how much it does. */
class HeapAuditTest {
  private final Rig heap = Rig.flat(1, 4, BASE);

  // Healthy heaps.

  @Test
  void an_empty_heap_is_healthy() {
    HeapAudit audit = heap.audit();
    assertAll(
        () -> assertTrue(audit.healthy()),
        () -> assertTrue(audit.complete()),
        () -> assertEquals(List.of(), audit.blocks()),
        () -> assertEquals(BASE, audit.heapBase()),
        () -> assertEquals(BASE, audit.bumper()),
        () -> assertEquals(PAGE, audit.memorySize()),
        () -> assertEquals(23, audit.orders().size()),
        () -> assertTrue(audit.firstBadHeader().isEmpty()));
  }

  @Test
  void an_empty_heap_beyond_the_end_of_memory_is_healthy() {
    HeapAudit audit = Rig.flat(1, 1, 5 * PAGE).audit();
    assertTrue(audit.healthy(), audit::toString);
    assertEquals(0, audit.unknownBytes());
  }

  @Test
  void live_and_free_blocks_are_told_by_order_and_in_address_order() {
    // given
    int[] small = allocate(heap, 3, 8);
    int large = heap.allocate(500);
    heap.free(small[1]);
    heap.free(large);
    heap.allocate(300);
    heap.free(small[0]);

    // when
    HeapAudit audit = heap.audit();

    // then
    assertTrue(audit.healthy(), audit::toString);
    assertAll(
        () -> assertTrue(audit.complete()),
        () ->
            assertEquals(
                List.of(
                    new Block(BASE, 16, 0, Use.FREE),
                    new Block(BASE + 16, 16, 0, Use.FREE),
                    new Block(BASE + 32, 16, 0, Use.LIVE),
                    new Block(BASE + 48, 520, 6, Use.LIVE)),
                audit.blocks()),
        () -> assertEquals(4, audit.blockCount()),
        () -> assertEquals(new OrderCount(0, 1, 2), audit.orders().get(0)),
        () -> assertEquals(new OrderCount(6, 1, 0), audit.orders().get(6)),
        () -> assertEquals(2, audit.liveBlocks()),
        () -> assertEquals(2, audit.freeBlocks()),
        () -> assertEquals(536, audit.liveBytes()),
        () -> assertEquals(32, audit.freeBytes()),
        () -> assertEquals(0, audit.unknownBytes()),
        () -> assertEquals(0, audit.unreachable()));
  }

  @Test
  void a_heap_is_healthy_up_to_the_last_block_below_4_gib() {
    // given
    Rig high = Rig.wide(new HollowMemory(1L << 32, 65_536), 0);
    high.allocate(1 << 31);
    high.allocate(1 << 30);
    int last = high.allocate(1 << 29);
    high.free(last);

    // when
    HeapAudit audit = high.audit();

    // then
    assertTrue(audit.healthy(), audit::toString);
    assertEquals(
        new Block(Integer.toUnsignedLong(last) - 8, (1L << 29) + 8, 26, Use.FREE),
        audit.blocks().get(2));
  }

  @Test
  void a_heap_that_is_poisoned_for_want_of_space_is_healthy() {
    // given
    heap.free(heap.allocate(8));
    Rig.fault(() -> heap.allocate(-1));

    // then
    assertTrue(heap.audit().healthy());
  }

  @Test
  void what_lies_in_the_payload_of_a_free_block_does_not_matter() {
    // given a free block before the bumper, with what could be a header that ends there
    int block = heap.allocate(32);
    heap.free(block);
    heap.memory().writeLong(block + 8, OCCUPIED | 1);

    // then
    assertTrue(heap.audit().healthy());
  }

  @Test
  void many_blocks_on_one_list_are_all_found() {
    // given
    int[] blocks = allocate(heap, 1000, 8);
    IntStream.of(blocks).forEach(heap::free);

    // when
    HeapAudit audit = heap.audit();

    // then
    assertTrue(audit.healthy(), audit::toString);
    assertEquals(new OrderCount(0, 0, 1000), audit.orders().get(0));
  }

  @Test
  void an_audit_changes_nothing_and_materialises_nothing() {
    // given a heap whose last block lies far behind its header, with a bad header to search from
    FlatMemory memory = new FlatMemory(100, 100);
    Rig large = Rig.onChain(memory, 0);
    int first = large.allocate(8);
    large.allocate(4 << 20);
    large.forge(first, 0);
    long before = memory.materialisedBytes();

    // when
    HeapAudit audit = large.audit();

    // then
    assertFalse(audit.healthy());
    assertEquals(before, memory.materialisedBytes());
  }

  // Memories that do what they must not.

  @Test
  void a_heap_beyond_the_end_of_memory_is_found() {
    // given
    HollowMemory memory = new HollowMemory(2L * PAGE, 2);
    Rig shrunk = Rig.onChain(memory, 0);
    shrunk.allocate(8);
    shrunk.allocate(PAGE / 2);
    shrunk.allocate(PAGE / 2);
    memory.resize(PAGE);

    // when
    HeapAudit audit = shrunk.audit();

    // then
    assertEquals(List.of(Kind.BEYOND_MEMORY, Kind.BEYOND_BUMPER), kinds(audit));
    assertEquals(2, audit.liveBlocks());
    assertEquals(PAGE / 2 + 8, audit.unknownBytes());
  }

  @Test
  void a_memory_that_refuses_to_be_read_ends_the_audit() {
    // given a memory that reports more than it has
    HollowMemory memory = new HollowMemory(2L * PAGE, 2);
    Rig rig = Rig.onChain(memory, 0);
    rig.allocate(PAGE / 2);
    rig.allocate(PAGE / 2);
    rig.allocate(8);
    memory.resize(PAGE);
    memory.report(2L * PAGE);

    // when
    HeapAudit audit = rig.audit();

    // then
    assertEquals(List.of(Kind.UNREADABLE), kinds(audit));
    assertFirstBad(audit, Kind.UNREADABLE, PAGE + 16, 0);
    assertFalse(audit.complete());
    assertEquals(16, audit.unknownBytes());
  }

  // Bounds.

  @Test
  void an_audit_that_may_not_read_enough_says_so_and_blames_nothing() {
    // given
    int[] blocks = allocate(heap, 10, 8);
    heap.free(blocks[3]);
    heap.free(blocks[5]);

    // when its reads end on a list, on the walk, or not at all
    HeapAudit onList = HeapAuditor.audit(heap.allocator(), heap.memory(), 2, 100);
    HeapAudit onWalk = HeapAuditor.audit(heap.allocator(), heap.memory(), 6, 100);
    HeapAudit whole = HeapAuditor.audit(heap.allocator(), heap.memory(), 15, 100);

    // then
    assertAll(
        () -> assertFalse(onList.complete()),
        () -> assertTrue(onList.healthy()),
        () -> assertEquals(160, onList.unknownBytes()),
        () -> assertFalse(onWalk.complete()),
        () -> assertTrue(onWalk.healthy()),
        () -> assertEquals(3, onWalk.liveBlocks()),
        () -> assertEquals(112, onWalk.unknownBytes()),
        () -> assertTrue(whole.complete()),
        () -> assertEquals(10, whole.blockCount()));
  }

  @Test
  void blocks_to_draw_and_findings_are_bounded_and_counted_all_the_same() {
    // given 400 blocks, every second with a stray bit
    int[] blocks = allocate(heap, 400, 8);
    for (int i = 0; i < 400; i += 2) {
      heap.forge(blocks[i], 1L << 40 | OCCUPIED);
    }

    // when
    HeapAudit audit = HeapAuditor.audit(heap.allocator(), heap.memory(), 100_000, 10);

    // then
    assertAll(
        () -> assertEquals(10, audit.blocks().size()),
        () -> assertEquals(400, audit.blockCount()),
        () -> assertEquals(100, audit.findings().size()),
        () -> assertEquals(200, audit.findingCount()),
        () -> assertTrue(audit.toString().contains("and 100 more"), audit::toString));
  }

  @Test
  void an_audit_reads_as_text() {
    // given
    int[] blocks = allocate(heap, 6, 8);
    heap.free(heap.allocate(16));
    heap.free(blocks[0]);
    heap.forge(blocks[1], 0);

    // when
    String text = heap.audit().toString();

    // then
    assertEquals(
        """
        heap 1000 to 1120 of 65536 bytes of memory: 1 findings
          live 4 blocks, 64 bytes; free 2 blocks, 40 bytes; unknown 16 bytes
          order 0 (8 bytes): 4 live, 1 free
          order 1 (16 bytes): 0 live, 1 free
          UNREACHABLE at 1016 (0x0000000000000000): it is free and on no list
        """,
        text.replace(System.lineSeparator(), "\n"));
  }
}
