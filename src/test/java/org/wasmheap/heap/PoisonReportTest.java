package org.wasmheap.heap;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.primitives.Longs;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.wasmheap.allocator.AllocatorException;
import org.wasmheap.allocator.AllocatorException.Operation;
import org.wasmheap.allocator.AllocatorFault;
import org.wasmheap.allocator.BlockLimit;
import org.wasmheap.allocator.HeapAudit;
import org.wasmheap.heap.PoisonReport.Growth;
import org.wasmheap.memory.FlatMemory;
import org.wasmheap.memory.LinearMemory;
import org.wasmheap.testkit.BareHeaps;
import org.wasmheap.testkit.ForwardingMemory;
import org.wasmheap.text.EventRates;

/** What is kept of a heap when its allocator fails. */
class PoisonReportTest {
  private static final HeapListener SILENT = new HeapListener() {};
  private static final int FIRST_HEADER = BareHeaps.FIRST_POINTER - 8;

  private final Heap heap = keepsOperations();

  private static Heap keepsOperations() {
    Heap heap = BareHeaps.claimed(SILENT);
    heap.view().keepOperations();
    return heap;
  }

  private static PoisonReport poison(Heap heap, Runnable operation) {
    assertThrows(AllocatorException.class, operation::run);
    PoisonReport report = heap.poisonReport();
    assertNotNull(report);
    return report;
  }

  /** A header in its 8 bytes. */
  private static byte[] header(long word) {
    return Longs.toByteArray(Long.reverseBytes(word));
  }

  @Test
  void it_names_the_call_the_operation_and_what_the_allocator_had_done() {
    // given
    heap.begin(1, "earlier").malloc(8);
    heap.reset();
    HeapHandle call = heap.begin(42, "Core_version");
    int pointer = call.malloc(100);
    call.free(pointer);

    // when
    PoisonReport report = poison(heap, () -> call.free(pointer));

    // then
    assertEquals("test/1", report.heap());
    assertEquals(2, report.generation());
    assertEquals(42, report.call());
    assertEquals("Core_version", report.callName());
    assertEquals(Operation.DEALLOCATE, report.operation());
    assertEquals(pointer, report.operand());
    assertEquals(AllocatorFault.EMPTY_HEADER, report.fault());
    assertEquals(heap.view().statistics(), report.statistics());
    assertEquals(1, report.pages());
    assertEquals(BareHeaps.MAX_PAGES, report.maximumPages());
    assertEquals(FIRST_HEADER, report.heapBase());
    assertEquals(
        List.of(new PoisonReport.Operation(100, pointer), new PoisonReport.Operation(pointer, 0)),
        report.lastOperations());
  }

  @Test
  void operands_and_pointers_of_2_gib_and_more_are_unsigned() {
    // when
    PoisonReport report = poison(heap, () -> heap.begin(1, "call").malloc(0xFFFF_FFFF));

    // then
    assertEquals(0xFFFF_FFFFL, report.operand());
    assertEquals(AllocatorFault.REQUEST_TOO_LARGE, report.fault());
    OperationTap ring =
        OperationTap.keeping(new HookMark(EventRates.unnamed(System::nanoTime)), null);
    ring.allocated(0x8000_0000, 0xF000_0008);
    ring.deallocated(0xF000_0008);
    assertEquals(
        List.of(
            new PoisonReport.Operation(0x8000_0000L, 0xF000_0008L),
            new PoisonReport.Operation(0xF000_0008L, 0)),
        ring.operations());
  }

  @Test
  void growths_tell_when_and_for_whom() {
    // given
    HeapHandle call = heap.begin(1, "call");
    call.malloc(8);
    call.growMemory(1);
    call.malloc(2 * LinearMemory.PAGE_SIZE);

    // when
    PoisonReport report = poison(heap, () -> call.free(0));

    // then
    assertEquals(
        List.of(
            new Growth(1, 1, 2, GrowthPolicy.Cause.GUEST),
            new Growth(1, 2, 4, GrowthPolicy.Cause.ALLOCATOR)),
        report.growths());
    assertEquals(1, report.pagesBefore());
    assertEquals(4, report.pages());
  }

  @Test
  void a_guest_that_grows_page_by_page_fills_no_memory() {
    // given
    FlatMemory memory = new FlatMemory(1, 200);
    memory.capture(4096);
    Heap own =
        new Heap(
            "test", "test/2", memory, 1001, BlockLimit.ON_CHAIN, GrowthPolicy.ALLOW_ALL, SILENT);
    own.claim();
    HeapHandle call = own.begin(1, "call");
    IntStream.range(0, 100).forEach(i -> call.growMemory(1));

    // when
    PoisonReport report = poison(own, () -> call.free(0));

    // then
    assertEquals(16, report.growths().size());
    assertEquals(new Growth(0, 100, 101, GrowthPolicy.Cause.GUEST), report.growths().get(15));
  }

  @Test
  void the_bytes_round_the_header_that_the_operation_met_are_shown_and_the_audit_finds_it() {
    // given two blocks, and a guest that writes past the end of the first
    HeapHandle call = heap.begin(1, "call");
    int first = call.malloc(8);
    int second = call.malloc(8);
    call.write(first, new byte[] {1, 2, 3, 4, 5, 6, 7, 8, 0x41, 0x42, 0x43, 0x44, 1});

    // when
    PoisonReport report = poison(heap, () -> call.free(second));

    // then
    assertEquals(AllocatorFault.INVALID_ORDER, report.fault());
    assertEquals(second - 8, report.badHeader());
    assertEquals(992, report.bytesAddress());
    assertEquals(
        "00".repeat(16) // 992
            + "0000000001000000" // the first header, at 1008
            + "0102030405060708"
            + "4142434401000000" // the second, overwritten
            + "00".repeat(24),
        report.bytes());
    HeapAudit audit = report.audit();
    assertNotNull(audit);
    assertFalse(audit.healthy());
    assertEquals(second - 8, audit.firstBadHeader().orElseThrow().address());
  }

  @Test
  void a_forged_link_is_shown_where_the_list_leads() {
    // given a free block that the guest links to a live one
    HeapHandle call = heap.begin(1, "call");
    int live = call.malloc(8);
    int freed = call.malloc(8);
    call.free(freed);
    call.write(freed - 8, header(live - 8));
    call.malloc(8);

    // when
    PoisonReport report = poison(heap, () -> call.malloc(8));

    // then
    assertEquals(AllocatorFault.OCCUPIED_LINK, report.fault());
    assertEquals(live - 8, report.badHeader());
  }

  @Test
  void a_fault_that_met_no_header_shows_none_unless_the_audit_found_one() {
    // given
    HeapHandle call = heap.begin(1, "call");
    int pointer = call.malloc(8);
    call.malloc(8);

    // when
    PoisonReport healthy = poison(heap, () -> call.malloc(0x7FFF_FFFF));
    heap.reset();
    HeapHandle next = heap.begin(2, "next");
    next.malloc(8);
    next.malloc(8);
    next.write(pointer - 8, header(1L << 32 | 77));
    PoisonReport damaged = poison(heap, () -> next.malloc(0x7FFF_FFFF));

    // then
    assertEquals(-1, healthy.badHeader());
    assertEquals(-1, healthy.bytesAddress());
    assertEquals("", healthy.bytes());
    assertEquals(pointer - 8, damaged.badHeader());
  }

  @Test
  void a_pointer_outside_the_memory_shows_no_bytes() {
    // when
    PoisonReport report = poison(heap, () -> heap.begin(1, "call").free(0xFFFF_FFF8));

    // then
    assertEquals(AllocatorFault.READ_OUT_OF_BOUNDS, report.fault());
    assertEquals(-1, report.badHeader());
    assertEquals("", report.bytes());
  }

  @Test
  void bytes_end_where_the_memory_ends() {
    // given a pointer at the very end
    HeapHandle call = heap.begin(1, "call");

    // when
    PoisonReport report = poison(heap, () -> call.free(LinearMemory.PAGE_SIZE));

    // then
    assertEquals(AllocatorFault.EMPTY_HEADER, report.fault());
    assertEquals(LinearMemory.PAGE_SIZE - 32, report.bytesAddress());
    assertEquals("00".repeat(32), report.bytes());
  }

  @Test
  void a_list_in_a_loop_and_headers_everywhere_do_not_hold_it_up() {
    // given a free block linked to itself, and a heap of forged headers
    HeapHandle call = heap.begin(1, "call");
    int big = call.malloc(32_768);
    int loop = call.malloc(8);
    call.free(loop);
    call.write(loop - 8, header(loop - 8));
    ByteBuffer forged = ByteBuffer.allocate(32_768).order(ByteOrder.LITTLE_ENDIAN);
    while (forged.hasRemaining()) {
      forged.putLong(FIRST_HEADER + forged.position());
    }
    call.write(big - 8, forged.array());

    // when
    PoisonReport report = poison(heap, () -> call.free(big));

    // then
    HeapAudit audit = report.audit();
    assertNotNull(audit);
    assertTrue(audit.findingCount() > 1, audit::toString);
  }

  @Test
  void taking_it_changes_neither_memory_nor_what_is_materialised_nor_the_allocator() {
    // given a free block far out, in a memory of which only the low part is real
    FlatMemory memory = new FlatMemory(4, 4);
    memory.capture(4096);
    Heap own =
        new Heap(
            "test", "test/2", memory, 1001, BlockLimit.ON_CHAIN, GrowthPolicy.ALLOW_ALL, SILENT);
    own.claim();
    HeapHandle call = own.begin(1, "call");
    call.malloc(100);
    long materialised = memory.materialisedBytes();
    byte[] before = call.read(0, 4 * LinearMemory.PAGE_SIZE);

    // when
    PoisonReport report = poison(own, () -> call.free(3 * LinearMemory.PAGE_SIZE));

    // then
    assertEquals(3L * LinearMemory.PAGE_SIZE - 8, report.badHeader());
    assertEquals(materialised, memory.materialisedBytes());
    assertArrayEquals(before, call.read(0, 4 * LinearMemory.PAGE_SIZE));
    assertEquals(1, own.view().statistics().allocations());
  }

  @Test
  void a_memory_that_refuses_to_be_read_costs_the_report_its_audit_and_nothing_else() {
    // given
    Heap own =
        new Heap(
            "test",
            "test/3",
            new Unreadable(),
            1001,
            BlockLimit.ON_CHAIN,
            GrowthPolicy.ALLOW_ALL,
            SILENT);
    own.claim();
    HeapHandle call = own.begin(1, "call");
    call.malloc(8);

    // when
    PoisonReport report = poison(own, () -> call.free(2000));

    // then
    assertEquals(AllocatorFault.EMPTY_HEADER, report.fault());
    assertEquals(1992, report.badHeader());
    assertEquals("", report.bytes());
    assertNull(report.audit());
  }

  @Test
  void the_hook_gets_it_with_the_first_cause_and_it_is_gone_after_the_reset() {
    // given
    List<Object> heard = new ArrayList<>();
    Heap own =
        BareHeaps.claimed(
            new HeapListener() {
              @Override
              public void poisoned(HeapView which, PoisonReport report) {
                heard.add(report);
              }
            });
    HeapHandle call = own.begin(1, "call");

    // when
    PoisonReport report = poison(own, () -> call.free(0));
    assertThrows(AllocatorException.class, () -> call.malloc(8));

    // then
    assertEquals(1, heard.size());
    assertSame(report, heard.get(0));
    own.reset();
    assertNull(own.poisonReport());
  }

  @Test
  void the_text_of_the_record_itself_is_short() {
    PoisonReport report = poison(heap, () -> heap.begin(7, "call").free(0));

    assertEquals(
        "PoisonReport[test/1, generation 1, call 7, deallocate 0, INVALID_POINTER]",
        report.toString());
  }

  /** A memory of an embedder, of which bulk reads fail in a way that no contract names. */
  private static final class Unreadable implements ForwardingMemory {
    private final FlatMemory sound = new FlatMemory(1, 1);

    @Override
    public LinearMemory inner() {
      return sound;
    }

    @Override
    public void read(int address, byte[] destination, int offset, int length) {
      throw new IllegalStateException("unreadable");
    }
  }
}
