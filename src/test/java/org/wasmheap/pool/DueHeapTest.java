package org.wasmheap.pool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.wasmheap.testkit.Inputs;
import org.wasmheap.testkit.Property;
import org.wasmheap.testkit.Simpler;

/** The order in which calls are due, and what it costs to keep it. */
class DueHeapTest {
  /** How often any entry was asked when it is due. */
  private long looks;

  private final DueHeap<Due> heap = new DueHeap<>();

  private final class Due implements DueHeap.Entry {
    private final long wakeNanos;
    private int place = DueHeap.NOWHERE;

    Due(long wakeNanos) {
      this.wakeNanos = wakeNanos;
    }

    @Override
    public long wakeNanos() {
      looks++;
      return wakeNanos;
    }

    @Override
    public int place() {
      return place;
    }

    @Override
    public void moveTo(int newPlace) {
      place = newPlace;
    }
  }

  private Due add(long wakeNanos) {
    Due entry = new Due(wakeNanos);
    heap.reserve();
    heap.add(entry);
    return entry;
  }

  @Test
  void whatever_comes_and_goes_the_first_must_be_due_first() {
    // given times of which many are the same, some beyond the end of the clock
    Property.assertHolds(
        300,
        Inputs.of(
            draws -> draws.list(0, 200, one -> Long.MAX_VALUE - 10 + one.between(0L, 20L)),
            Simpler::shorter),
        times -> {
          // when each third time takes out one from the middle
          List<Due> here = new ArrayList<>();
          heap.clear();
          for (long time : times) {
            here.add(add(time));
            if (here.size() % 3 == 0) {
              heap.remove(here.remove(here.size() / 2));
            }
            assertFirst(here);
          }

          // then
          while (!here.isEmpty()) {
            Due first = heap.first();
            heap.remove(first);
            assertTrue(here.remove(first));
            assertFirst(here);
          }
        });
  }

  private void assertFirst(List<Due> here) {
    Due first = heap.first();
    if (here.isEmpty()) {
      assertNull(first);
      return;
    }
    long base = here.get(0).wakeNanos();
    long earliest = here.stream().mapToLong(each -> each.wakeNanos() - base).min().orElseThrow();
    assertEquals(base + earliest, first.wakeNanos());
  }

  @Test
  void a_million_must_cost_little_more_looks_than_a_thousand() {
    assertEquals(0, mostLooks(1_000, 0), "to see the first takes none");

    long few = mostLooks(1_000, 1_000);
    looks = 0;
    long many = mostLooks(1_000_000, 1_000);

    // One more level for each doubling, and two entries in each of at most three comparisons.
    assertTrue(few <= 6 * 10, () -> few + " looks among 1,000");
    assertTrue(many <= 6 * 20, () -> many + " looks among 1,000,000");
  }

  /** The most that one of so many changes took, once so many are there. */
  private long mostLooks(int size, int changes) {
    heap.clear();
    List<Due> here = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      here.add(add((i * 0x9E3779B97F4A7C15L) >>> 2)); // All over the place.
    }
    looks = 0;
    heap.first();
    long most = looks;
    for (int i = 0; i < changes; i++) {
      Due entry = i % 2 == 0 ? heap.first() : here.get((here.size() / 2 + i) % here.size());
      looks = 0;
      if (entry.place() != DueHeap.NOWHERE) {
        heap.remove(entry);
      }
      most = Math.max(most, looks);
      looks = 0;
      add(i % 4 == 0 ? 0 : i);
      most = Math.max(most, looks);
    }
    return most;
  }

  @Test
  void what_does_not_stand_in_it_must_not_be_let_out() {
    Due entry = add(1);
    heap.remove(entry);

    assertThrows(IllegalStateException.class, () -> heap.remove(entry));
    assertNull(heap.first());
  }

  @Test
  void all_that_were_let_out_at_once_must_be_free_to_come_again() {
    Due one = add(2);
    Due other = add(1);

    heap.clear();

    assertNull(heap.first());
    assertEquals(DueHeap.NOWHERE, one.place());
    heap.add(one);
    assertSame(one, heap.first());
    heap.add(other);
    assertSame(other, heap.first());
  }
}
