package org.wasmheap.memory;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.wasmheap.memory.Memories.PAGE;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.wasmheap.testkit.Draws;
import org.wasmheap.testkit.Inputs;
import org.wasmheap.testkit.Property;

@Timeout(60)
class MemoryBudgetTest {
  private static final long PLENTY = 1L << 40;

  /** A page with its cards. */
  private static final long PAGE_BYTES = TrackedArray.bytes(PAGE);

  /** To which the memories of many threads grow. */
  private static final int MOST_PAGES = 31;

  /** One that gives up what it is told to, and counts what it hears. */
  private static final class Cued implements MemoryBudget.Member {
    private final List<LinearMemory> spare = new ArrayList<>();
    private final AtomicInteger freed = new AtomicInteger();

    @Override
    public long spareBytes() {
      return spare.stream().mapToLong(LinearMemory::spareBytes).sum();
    }

    @Override
    public long trim() {
      return spare.stream().mapToLong(LinearMemory::trim).sum();
    }

    @Override
    public void freed() {
      freed.incrementAndGet();
    }
  }

  /** A memory with a page of content, of which a page is held; the maximum is 64 pages. */
  private static MemoryImage image() {
    return image(1);
  }

  private static MemoryImage image(int pages) {
    FlatMemory memory = new FlatMemory(pages, 64);
    memory.write(0, Memories.randomBytes(PAGE), 0, PAGE);
    return memory.capture(PAGE);
  }

  private static FlatMemory charged(MemoryImage image, MemoryBudget budget) {
    FlatMemory memory = new FlatMemory(image);
    memory.chargeTo(budget);
    return memory;
  }

  private static void growTo(FlatMemory memory, int pages) {
    memory.grow(pages - memory.pages());
    memory.writeByte(pages * PAGE - 1, (byte) 1);
  }

  @Test
  void a_budget_says_what_is_wrong_with_its_limit() {
    IllegalArgumentException refusal =
        assertThrows(IllegalArgumentException.class, () -> MemoryBudget.of(0));
    assertEquals("bytes is 0, must be 1 or more", refusal.getMessage());
  }

  @Test
  void a_memory_is_taken_from_its_budget_with_its_image_and_given_back_as_a_whole() {
    // given
    MemoryBudget budget = MemoryBudget.of(PLENTY);
    MemoryImage image = image();
    // when
    FlatMemory memory = charged(image, budget);
    // then
    assertEquals(PAGE + PAGE_BYTES, budget.usedBytes());
    // when it grows, and what it grew to becomes spare
    growTo(memory, 2);
    long grown = memory.materialisedBytes();
    memory.restore();
    // then
    assertEquals(PAGE + grown, budget.usedBytes());
    // when
    memory.discharge();
    // then
    assertEquals(0, budget.usedBytes());
  }

  @Test
  void an_image_counts_once_for_all_its_memories() {
    // given
    MemoryBudget budget = MemoryBudget.of(PLENTY);
    MemoryImage image = image();
    FlatMemory first = charged(image, budget);
    FlatMemory second = charged(image, budget);
    assertEquals(PAGE + 2 * PAGE_BYTES, budget.usedBytes());
    // when
    first.discharge();
    // then
    assertEquals(PAGE + PAGE_BYTES, budget.usedBytes());
    // when
    second.discharge();
    second.discharge();
    // then
    assertEquals(0, budget.usedBytes());
  }

  @Test
  void a_memory_that_does_not_fit_is_refused_as_the_hosts_doing_and_changes_nothing() {
    // given room for an image and half a page
    MemoryBudget budget = MemoryBudget.of(PAGE + PAGE / 2);
    FlatMemory memory = new FlatMemory(image());
    // when
    GrowthRefusedException refusal =
        assertThrows(GrowthRefusedException.class, () -> memory.chargeTo(budget));
    // then
    assertEquals(
        "the memory budget of 98304 bytes has 98304 left, and 131088 are wanted; raise the budget,"
            + " or use fewer instances",
        refusal.getMessage());
    assertFalse(refusal.isDeterministic());
    assertEquals(0, budget.usedBytes());
  }

  @Test
  void a_memory_that_is_refused_leaves_the_image_that_it_shares_as_it_was() {
    // given room for an image and a memory of it, and half a page
    MemoryBudget budget = MemoryBudget.of(PAGE + PAGE_BYTES + PAGE / 2);
    MemoryImage shared = image();
    FlatMemory first = new FlatMemory(shared);
    first.chargeTo(budget);
    FlatMemory second = new FlatMemory(shared);
    // when
    assertThrows(GrowthRefusedException.class, () -> second.chargeTo(budget));
    // then
    assertEquals(PAGE + PAGE_BYTES, budget.usedBytes());
    // when
    first.discharge();
    // then
    assertEquals(0, budget.usedBytes());
  }

  @Test
  void growth_that_does_not_fit_is_refused_and_leaves_content_and_books_as_they_were() {
    // given
    MemoryBudget budget = MemoryBudget.of(PAGE + 3 * PAGE_BYTES);
    FlatMemory memory = charged(image(), budget);
    memory.writeByte(5, (byte) 7);
    memory.grow(63);
    long before = budget.usedBytes();
    // then
    assertThrows(GrowthRefusedException.class, () -> memory.writeByte(10 * PAGE, (byte) 1));
    assertEquals(before, budget.usedBytes());
    assertEquals(7, memory.readByte(5));
    // when the call is over
    memory.restore();
    // then
    assertNull(memory.difference());
  }

  @Test
  void where_the_budget_has_no_room_ahead_what_is_needed_is_taken() {
    // given room for four pages beside what is there: not for twice the length
    MemoryBudget budget = MemoryBudget.of(PAGE + PAGE_BYTES + 3 * PAGE_BYTES);
    FlatMemory memory = charged(image(), budget);
    // when
    growTo(memory, 3);
    // then
    assertEquals(PAGE_BYTES + 3 * PAGE_BYTES, memory.materialisedBytes());
  }

  @Test
  void spare_memory_of_all_members_is_taken_back_before_anything_is_refused() {
    // given a memory with a spare array of all that is left
    MemoryImage image = image();
    MemoryBudget budget = MemoryBudget.of(PAGE + 2 * PAGE_BYTES + 4 * PAGE_BYTES);
    FlatMemory first = charged(image, budget);
    FlatMemory second = charged(image, budget);
    growTo(first, 3);
    first.restore();
    Cued member = new Cued();
    member.spare.add(first);
    budget.join(member);
    // when another needs it
    growTo(second, 4);
    // then
    assertEquals(PAGE_BYTES, first.materialisedBytes());
    assertEquals(5 * PAGE_BYTES, second.materialisedBytes());
    assertEquals(PAGE + 6 * PAGE_BYTES, budget.usedBytes());
  }

  @Test
  void what_can_never_fit_takes_nothing_from_others() {
    // given a memory with a spare array
    MemoryImage image = image();
    MemoryBudget budget = MemoryBudget.of(PAGE + 2 * PAGE_BYTES + 20 * PAGE_BYTES);
    FlatMemory first = charged(image, budget);
    FlatMemory second = charged(image, budget);
    growTo(first, 4);
    first.restore();
    Cued member = new Cued();
    member.spare.add(first);
    budget.join(member);
    long spare = first.spareBytes();
    assertTrue(spare > 0);
    // when another wants more than there would be without it, and more than there ever could be
    assertThrows(GrowthRefusedException.class, () -> growTo(second, 30));
    assertThrows(GrowthRefusedException.class, () -> growTo(second, 64));
    // then
    assertEquals(spare, first.spareBytes());
  }

  @Test
  void a_member_that_fails_keeps_no_memory_from_others() {
    // given
    MemoryBudget budget = MemoryBudget.of(PAGE + PAGE_BYTES + 8 * PAGE_BYTES);
    Cued told = new Cued();
    budget.join(
        new MemoryBudget.Member() {
          @Override
          public long spareBytes() {
            throw new IllegalStateException("on purpose");
          }

          @Override
          public long trim() {
            throw new IllegalStateException("on purpose");
          }

          @Override
          public void freed() {
            throw new IllegalStateException("on purpose");
          }
        });
    budget.join(told);
    FlatMemory memory = charged(image(), budget);
    // when
    assertThrows(GrowthRefusedException.class, () -> growTo(memory, 60));
    assertEquals(0, budget.trim());
    memory.discharge();
    // then
    assertTrue(told.freed.get() > 0);
    assertEquals(0, budget.usedBytes());
  }

  @Test
  void a_guest_that_grows_page_by_page_has_its_memory_copied_some_times_only() {
    // given a budget that a growing memory fills
    int pages = 1024;
    MemoryBudget budget = MemoryBudget.of(pages * PAGE_BYTES);
    FlatMemory memory = new FlatMemory(1, FlatMemory.ADDRESSABLE_PAGES);
    memory.capture(PAGE);
    memory.chargeTo(budget);
    byte[][] seen = new byte[1][];
    int[] copies = {0};
    memory.showTo(
        (buffer, cards) -> {
          copies[0] += cards == seen[0] ? 0 : 1;
          seen[0] = cards;
        });
    // when
    GrowthRefusedException refusal =
        assertThrows(
            GrowthRefusedException.class,
            () -> {
              for (int to = 2; to < pages; to++) {
                growTo(memory, to);
              }
            });
    // then it had what the old and the new array can have together
    assertTrue(memory.pages() > pages * 2 / 5, refusal::getMessage);
    assertTrue(copies[0] < 40, () -> copies[0] + " copies");
  }

  @Test
  void a_large_spare_goes_by_its_age_though_small_calls_grow_all_the_time() {
    // given what a large call left
    MemoryBudget budget = MemoryBudget.of(PLENTY);
    FlatMemory memory = charged(image(), budget);
    growTo(memory, 60);
    memory.restore();
    long large = memory.spareBytes();
    // when calls grow by a page until it was not used for a while
    await()
        .until(
            () -> {
              growTo(memory, 2);
              memory.restore();
              memory.trim(Duration.ofMillis(50));
              return memory.spareBytes() < large / 4;
            });
    // then
    assertNull(memory.difference());
  }

  @Test
  void members_are_told_when_memory_comes_back_after_a_refusal_and_only_then() {
    // given
    MemoryImage image = image();
    MemoryBudget budget = MemoryBudget.of(PAGE + PAGE_BYTES);
    Cued member = new Cued();
    budget.join(member);
    FlatMemory first = charged(image, budget);
    first.discharge();
    first.chargeTo(budget);
    assertEquals(0, member.freed.get());
    // when
    assertThrows(GrowthRefusedException.class, () -> charged(image, budget));
    first.discharge();
    // then
    assertTrue(member.freed.get() > 0);
    // when it has left
    int heard = member.freed.get();
    budget.leave(member);
    first.chargeTo(budget);
    assertThrows(GrowthRefusedException.class, () -> charged(image, budget));
    first.discharge();
    // then
    assertEquals(heard, member.freed.get());
  }

  @Test
  void what_the_guest_holds_beside_its_memory_counts_until_the_memory_serves_another() {
    // given
    MemoryBudget budget = MemoryBudget.of(PAGE + PAGE_BYTES + 100);
    FlatMemory memory = charged(image(), budget);
    // when
    memory.countBeside(100);
    // then
    assertEquals(PAGE_BYTES + 100, memory.materialisedBytes());
    assertEquals(0, budget.limitBytes() - budget.usedBytes());
    assertThrows(GrowthRefusedException.class, () -> memory.countBeside(1));
    // when
    memory.countBeside(-40);
    memory.restoreHeld();
    // then
    assertEquals(PAGE_BYTES, memory.materialisedBytes());
    assertEquals(PAGE + PAGE_BYTES, budget.usedBytes());
  }

  @Test
  void a_memory_moves_from_one_budget_to_another() {
    // given
    MemoryBudget from = MemoryBudget.of(PLENTY);
    MemoryBudget to = MemoryBudget.of(PLENTY);
    FlatMemory memory = charged(image(), from);
    growTo(memory, 5);
    long bytes = from.usedBytes();
    // when
    memory.chargeTo(to);
    memory.chargeTo(to);
    // then
    assertEquals(0, from.usedBytes());
    assertEquals(bytes, to.usedBytes());
  }

  @Test
  void a_sparse_memory_counts_its_pages_and_their_table() {
    // given
    MemoryBudget budget = MemoryBudget.of(8 * 4 + 2 * PAGE);
    LinearMemory memory = LinearMemory.sparse(4, 4);
    memory.chargeTo(budget);
    // when
    memory.writeLong(0, 1);
    memory.writeLong(PAGE, 1);
    // then
    assertEquals(budget.limitBytes(), budget.usedBytes());
    assertThrows(GrowthRefusedException.class, () -> memory.writeLong(2 * PAGE, 1));
    assertEquals(0, memory.readLong(2 * PAGE));
    // when
    memory.restore();
    // then
    assertEquals(8 * 4, budget.usedBytes());
    // when
    memory.discharge();
    // then
    assertEquals(0, budget.usedBytes());
  }

  @Test
  void spare_memory_goes_by_its_own_age_whatever_the_memory_is_used_for() {
    // given an array that is spare
    FlatMemory memory = new FlatMemory(image());
    growTo(memory, 5);
    memory.restore();
    long before = memory.materialisedBytes();
    // then one that is younger than asked for stays
    assertEquals(0, memory.trim(Duration.ofDays(1)));
    assertEquals(before, memory.materialisedBytes());
    // when another call uses the memory, but not that array
    memory.writeByte(0, (byte) 1);
    memory.restore();
    // then it goes when its time has come
    assertEquals(before - PAGE_BYTES, memory.trim(Duration.ofNanos(1)));
    assertEquals(PAGE_BYTES, memory.materialisedBytes());
  }

  /** Work on some memories of one image; each number says what is done next. */
  private record Steps(List<MemoryWork.Operation> work, List<Integer> which) {}

  private static Steps draw(Draws draws) {
    List<MemoryWork.Operation> work = new ArrayList<>();
    List<Integer> which = new ArrayList<>();
    int steps = draws.between(1, 60);
    for (int i = 0; i < steps; i++) {
      work.add(MemoryWork.Operation.draw(draws));
      which.add(draws.between(0, 23));
    }
    return new Steps(work, which);
  }

  @Test
  void at_each_step_the_books_are_what_the_memories_hold() {
    MemoryImage image = image(4);
    byte[] pristine = Memories.contentOf(new FlatMemory(image));
    Property.assertHolds(
        60,
        Inputs.of(MemoryBudgetTest::draw, steps -> Stream.empty()),
        steps -> {
          MemoryBudget budget = MemoryBudget.of(PLENTY);
          List<FlatMemory> memories = new ArrayList<>();
          List<MemoryWork> works = new ArrayList<>();
          for (int i = 0; i < 3; i++) {
            memories.add(charged(image, budget));
            works.add(new MemoryWork(memories.get(i), pristine));
          }
          for (int i = 0; i < steps.work().size(); i++) {
            int which = steps.which().get(i);
            FlatMemory memory = memories.get(which % 3);
            switch (which / 3) {
              case 0, 1 -> {
                memory.restore();
                works.set(which % 3, new MemoryWork(memory, pristine));
              }
              case 2 -> {
                memory.restoreHeld();
                works.set(which % 3, new MemoryWork(memory, pristine));
              }
              default -> works.get(which % 3).run(List.of(steps.work().get(i)));
            }
            long held = memories.stream().mapToLong(FlatMemory::materialisedBytes).sum();
            assertEquals(image.contentBytes() + held, budget.usedBytes());
          }
          memories.forEach(FlatMemory::discharge);
          assertEquals(0, budget.usedBytes());
        });
  }

  @Test
  void many_threads_never_take_more_than_the_limit_and_give_all_back() throws Exception {
    // given a budget that is too small for what one alone wants at times, and a reader
    MemoryImage image = image();
    MemoryBudget budget = MemoryBudget.of(PAGE + (MOST_PAGES - 1) * PAGE_BYTES);
    Cued member = new Cued();
    List<FlatMemory> memories = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      memories.add(new FlatMemory(image));
      member.spare.add(memories.get(i));
    }
    budget.join(member);
    ExecutorService threads = Executors.newFixedThreadPool(5);
    CountDownLatch atWork = new CountDownLatch(memories.size());
    List<Callable<Integer>> works = new ArrayList<>();
    for (FlatMemory memory : memories) {
      works.add(
          () -> {
            try {
              return useOften(memory, budget);
            } finally {
              atWork.countDown();
            }
          });
    }
    works.add(
        () -> {
          do {
            long used = budget.usedBytes();
            assertTrue(used >= 0 && used <= budget.limitBytes(), () -> used + " bytes");
          } while (atWork.getCount() > 0);
          return 0;
        });
    // when
    int refused = 0;
    for (Future<Integer> each : threads.invokeAll(works)) {
      refused += each.get();
    }
    threads.shutdown();
    assertTrue(threads.awaitTermination(10, TimeUnit.SECONDS));
    // then
    assertTrue(refused > 0, "the budget was never too small");
    assertEquals(0, budget.usedBytes());
  }

  /** Grows, restores, is charged and discharged; how often something was refused. */
  private static int useOften(FlatMemory memory, MemoryBudget budget) {
    int refused = 0;
    for (int round = 0; round < 400; round++) {
      try {
        memory.chargeTo(budget);
        growTo(memory, 2 + round % (MOST_PAGES - 1));
      } catch (GrowthRefusedException e) {
        refused++;
      }
      if (round % 7 == 0) {
        memory.restoreHeld();
      } else {
        memory.restore();
      }
      assertEquals(1, memory.pages());
      if (round % 11 == 0) {
        memory.discharge();
      }
    }
    memory.restore();
    memory.discharge();
    return refused;
  }
}
