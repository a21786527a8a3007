package org.wasmheap.heap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.wasmheap.allocator.AllocatorException;
import org.wasmheap.testkit.BareHeaps;

/** The last operations of a heap, which the report on a poison shows. */
class KeptOperationsTest {
  private static final HeapListener SILENT = new HeapListener() {};

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

  @Test
  void the_last_64_operations_are_kept_the_oldest_first() {
    // given
    HeapHandle call = heap.begin(1, "call");
    List<PoisonReport.Operation> all = new ArrayList<>();
    for (int size = 1; size <= 100; size++) {
      int pointer = call.malloc(size);
      all.add(new PoisonReport.Operation(size, pointer));
      if (size % 3 == 0) {
        call.free(pointer);
        all.add(new PoisonReport.Operation(pointer, 0));
      }
    }

    // when
    PoisonReport report = poison(heap, () -> call.free(0));

    // then
    assertEquals(all.subList(all.size() - 64, all.size()), report.lastOperations());
  }

  @Test
  void operations_of_an_earlier_call_are_not_in_it() {
    // given
    HeapHandle earlier = heap.begin(1, "earlier");
    IntStream.range(0, 100).forEach(i -> earlier.malloc(8));
    earlier.growMemory(1);
    heap.reset();
    HeapHandle call = heap.begin(2, "call");
    int pointer = call.malloc(16);

    // when
    PoisonReport report = poison(heap, () -> call.free(0));

    // then
    assertEquals(List.of(new PoisonReport.Operation(16, pointer)), report.lastOperations());
    assertEquals(List.of(), report.growths());
  }

  @Test
  void a_heap_that_was_not_told_to_keeps_no_operations() {
    // given
    Heap own = BareHeaps.claimed(SILENT);
    HeapHandle call = own.begin(1, "call");
    call.malloc(8);

    // when
    PoisonReport report = poison(own, () -> call.free(0));

    // then
    assertEquals(List.of(), report.lastOperations());
  }

  @Test
  void operations_are_kept_before_any_observer_and_the_observer_hears_all_the_same() {
    // given an observer set before, and one after
    ListingObserver before = new ListingObserver();
    ListingObserver after = new ListingObserver();
    Heap own = BareHeaps.claimed(SILENT);
    own.view().observe(before);
    own.view().keepOperations();
    callThatFails(own);
    own.reset();
    own.view().observe(after);

    // when
    PoisonReport report = callThatFails(own);

    // then
    List<String> all = List.of("began", "grown", "allocated", "deallocated", "failed", "ended");
    own.reset();
    assertEquals(all, before.heard);
    assertEquals(all, after.heard);
    assertEquals(2, report.lastOperations().size());
  }

  @Test
  void only_the_owner_says_that_operations_are_kept() {
    Heap nobodys = BareHeaps.heap(SILENT);

    assertThrows(HeapConfinementException.class, nobodys.view()::keepOperations);
  }

  private static PoisonReport callThatFails(Heap heap) {
    HeapHandle call = heap.begin(1, "call");
    call.growMemory(1);
    call.free(call.malloc(8));
    return poison(heap, () -> call.free(0));
  }

  private static final class ListingObserver implements HeapObserver {
    private final List<String> heard = new ArrayList<>();

    @Override
    public void began() {
      heard.add("began");
    }

    @Override
    public void allocated(int size, int pointer) {
      heard.add("allocated");
    }

    @Override
    public void deallocated(int pointer) {
      heard.add("deallocated");
    }

    @Override
    public void failed(AllocatorException fault) {
      heard.add("failed");
    }

    @Override
    public void grown(int fromPages, int toPages, GrowthPolicy.Cause cause) {
      heard.add("grown");
    }

    @Override
    public void ended() {
      heard.add("ended");
    }
  }
}
