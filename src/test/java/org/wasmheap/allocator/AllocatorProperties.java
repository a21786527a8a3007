package org.wasmheap.allocator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.wasmheap.testkit.Property.assertHolds;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.wasmheap.allocator.HeapAudit.Use;
import org.wasmheap.memory.FlatMemory;
import org.wasmheap.memory.LinearMemory;
import org.wasmheap.testkit.CheckedMemory;
import org.wasmheap.testkit.Draws;
import org.wasmheap.testkit.HollowMemory;
import org.wasmheap.testkit.Inputs;
import org.wasmheap.testkit.Simpler;

/**
 * The allocator against {@link ModelHeap}, for guests that keep to their own blocks.
 *
 * <p>The model and the allocator get the same operations and must give the same answers; what the
 * model does not know (overlap, payload, the audit) is checked beside it. Lists are drawn in all
 * lengths evenly: those of a few operations find little.
 */
class AllocatorProperties {
  /**
   * One operation; what it means for a free or a double free is which of the pointers there are.
   */
  record Step(Kind kind, long value) {
    Stream<Step> simpler() {
      return Simpler.numbers(value).map(lower -> new Step(kind, lower));
    }
  }

  enum Kind {
    ALLOCATE,
    FREE,
    FREE_AGAIN,
    GROW
  }

  private static final Kind[] KINDS = Kind.values();

  /** Where a heap begins and how far it may go. */
  record Shape(boolean wide, long heapBase, int pages, int maximumPages) {
    BlockLimit limit() {
      return wide ? BlockLimit.WIDE : BlockLimit.ON_CHAIN;
    }

    ModelHeap model() {
      return new ModelHeap(heapBase, limit().bytes(), pages, maximumPages);
    }

    Rig rig(LinearMemory memory) {
      return new Rig(memory, new FreeingBumpAllocator(memory, (int) heapBase, limit()));
    }

    HollowMemory hollowMemory() {
      return new HollowMemory((long) pages * LinearMemory.PAGE_SIZE, maximumPages);
    }

    Stream<Shape> simpler() {
      Stream<Shape> lower =
          Simpler.numbers(heapBase).map(base -> new Shape(wide, base, pages, maximumPages));
      Stream<Shape> smaller =
          Simpler.numbers(pages).map(fewer -> new Shape(wide, heapBase, fewer, maximumPages));
      Stream<Shape> tighter =
          Simpler.numbers(maximumPages)
              .filter(most -> most >= pages)
              .map(most -> new Shape(wide, heapBase, pages, most));
      return Stream.concat(lower, Stream.concat(smaller, tighter));
    }
  }

  /** A heap and what is done to it. */
  record Life(Shape shape, List<Step> steps) {
    Stream<Life> simpler() {
      return Stream.concat(
          Simpler.lists(steps, Step::simpler).map(fewer -> new Life(shape, fewer)),
          shape.simpler().map(plainer -> new Life(plainer, steps)));
    }
  }

  /** A heap that is used, reset, and used again. */
  record TwoLives(Shape shape, List<Step> first, List<Step> second) {
    Life firstLife() {
      return new Life(shape, first);
    }

    Stream<TwoLives> simpler() {
      return Stream.concat(
          Simpler.lists(second, Step::simpler).map(fewer -> new TwoLives(shape, first, fewer)),
          firstLife().simpler().map(life -> new TwoLives(life.shape(), life.steps(), second)));
    }
  }

  // What guests do.

  private static final Inputs<Life> SMALL_LIVES =
      Inputs.of(draws -> new Life(smallShape(draws), smallSteps(draws)), Life::simpler);

  private static final Inputs<Life> LIVES_OF_ANY_SIZE =
      Inputs.of(draws -> new Life(anyShape(draws), anySteps(draws)), Life::simpler);

  private static final Inputs<List<Step>> SMALL_STEPS =
      Inputs.of(AllocatorProperties::smallSteps, steps -> Simpler.lists(steps, Step::simpler));

  private static final Inputs<TwoLives> TWO_LIVES =
      Inputs.of(
          draws -> new TwoLives(smallShape(draws), smallSteps(draws), smallSteps(draws)),
          TwoLives::simpler);

  private static List<Step> smallSteps(Draws draws) {
    return draws.list(1, 250, each -> step(each, 0, size(each, 15)));
  }

  private static List<Step> anySteps(Draws draws) {
    return draws.list(1, 80, each -> step(each, 1, anySize(each)));
  }

  private static Step step(Draws draws, int doubleFrees, long size) {
    Kind kind = KINDS[draws.weighted(36, 27, doubleFrees, 3)];
    return switch (kind) {
      case ALLOCATE -> new Step(kind, size);
      case FREE, FREE_AGAIN -> new Step(kind, draws.number(0, 1 << 20));
      case GROW -> new Step(kind, draws.between(0, 3));
    };
  }

  /** Rarely one that is fatal, or the rest of the list is refusals. */
  private static long anySize(Draws draws) {
    return switch (draws.weighted(30, 10, 1)) {
      case 0 -> size(draws, 20);
      case 1 -> size(draws, 25);
      default -> size(draws, 32);
    };
  }

  /** Sizes up to 2^bits: mostly near powers of two, sometimes any. */
  private static long size(Draws draws, int bits) {
    long power = 1L << draws.between(0, bits);
    return draws.oneIn(5) ? draws.number(0, power) : power + draws.between(-1, 1);
  }

  private static Shape smallShape(Draws draws) {
    int pages = draws.between(0, 3);
    int more = draws.between(0, 60);
    return new Shape(draws.coin(), draws.number(0L, 70_000L), pages, pages + more);
  }

  /** Mostly with room: a heap that is full at once tells little. */
  private static Shape anyShape(Draws draws) {
    long base =
        switch (draws.weighted(6, 1, 1, 1)) {
          case 0 -> draws.number(0L, 200_000L);
          case 1 -> draws.number(0L, 0xFFFF_FFF7L);
          case 2 -> draws.number(0xFFFF_0000L, 0xFFFF_FFF7L);
          // About as much as one block takes, and then there are no addresses left.
          default -> 0xFFFF_FFF0L - (8L << draws.between(0, 5)) + draws.between(0, 15);
        };
    int most = draws.oneIn(4) ? draws.number(0, 65_536) : 65_536;
    return new Shape(draws.coin(), base, Math.min(draws.number(0, 65_536), most), most);
  }

  // Both sides of one operation.

  /** Does a step in both; the answers must be the same. */
  private static void both(Step step, ModelHeap model, Rig rig) {
    switch (step.kind()) {
      case ALLOCATE -> {
        long size = Math.min(step.value(), 0xFFFF_FFFFL);
        long expected = model.allocate(size);
        long actual = -1;
        AllocatorFault fault = null;
        try {
          actual = Integer.toUnsignedLong(rig.allocate((int) size));
        } catch (AllocatorException e) {
          fault = e.fault();
        }
        assertEquals(model.fault(), fault);
        assertEquals(expected, actual);
      }
      case FREE -> free(pick(model.pointers(), step.value()), model, rig);
      case FREE_AGAIN -> free(pick(model.freedPointers(), step.value()), model, rig);
      default ->
          assertEquals(model.grow((int) step.value()), rig.memory().grow((int) step.value()));
    }
    assertEquals(model.pages(), rig.memory().pages());
  }

  private static void free(Long pointer, ModelHeap model, Rig rig) {
    if (pointer == null) {
      return;
    }
    model.free(pointer);
    AllocatorFault fault = null;
    try {
      rig.free(pointer.intValue());
    } catch (AllocatorException e) {
      fault = e.fault();
    }
    assertEquals(model.fault(), fault);
  }

  private static Long pick(List<Long> pointers, long number) {
    return pointers.isEmpty() ? null : pointers.get((int) (number % pointers.size()));
  }

  private static boolean run(List<Step> steps, ModelHeap model, Rig rig) {
    for (Step step : steps) {
      both(step, model, rig);
    }
    return model.fault() == null;
  }

  // What must hold.

  @Test
  void answers_statistics_and_audit_are_the_models() {
    assertHolds(
        400,
        SMALL_LIVES,
        life -> {
          Shape shape = life.shape();
          ModelHeap model = shape.model();
          FlatMemory flat = new FlatMemory(shape.pages(), shape.maximumPages());
          Rig rig = shape.rig(new CheckedMemory(flat));

          run(life.steps(), model, rig);

          assertEquals(model.statistics(), rig.statistics());
          assertEquals(model.fault() == null, rig.allocator().poison() == null);
          assertAuditAgrees(model, rig.audit());
        });
  }

  @Test
  void the_same_holds_in_memories_up_to_4_gib() {
    assertHolds(
        400,
        LIVES_OF_ANY_SIZE,
        life -> {
          ModelHeap model = life.shape().model();
          Rig rig = life.shape().rig(new CheckedMemory(life.shape().hollowMemory()));

          run(life.steps(), model, rig);

          assertEquals(model.statistics(), rig.statistics());
          assertAuditAgrees(model, rig.audit());
        });
  }

  private static void assertAuditAgrees(ModelHeap model, HeapAudit audit) {
    assertTrue(audit.healthy() && audit.complete(), audit::toString);
    assertEquals(model.pointers(), pointers(audit, Use.LIVE));
    assertEquals(model.freedPointers(), pointers(audit, Use.FREE));
    assertEquals(model.statistics().bytesAllocated(), audit.liveBytes());
    assertEquals(model.statistics().addressSpaceUsed(), audit.liveBytes() + audit.freeBytes());
  }

  private static List<Long> pointers(HeapAudit audit, Use use) {
    return audit.blocks().stream()
        .filter(block -> block.use() == use)
        .map(block -> block.address() + 8)
        .toList();
  }

  @Test
  void live_blocks_are_aligned_inside_the_heap_apart_and_keep_their_bytes() {
    assertHolds(
        200,
        SMALL_LIVES,
        life -> {
          ModelHeap model = life.shape().model();
          FlatMemory memory = new FlatMemory(life.shape().pages(), life.shape().maximumPages());
          Rig rig = life.shape().rig(memory);

          for (Step step : life.steps()) {
            List<Long> before = model.pointers();
            both(step, model, rig);
            List<Long> handedOut = new ArrayList<>(model.pointers());
            handedOut.removeAll(before);
            // The guest fills each block to its end with what no other block holds.
            handedOut.forEach(at -> memory.fill(at.intValue(), tag(at), (int) model.roomAt(at)));
          }

          assertApartAndUntouched(life.shape(), model, memory);
        });
  }

  private static void assertApartAndUntouched(Shape shape, ModelHeap model, FlatMemory memory) {
    long end = (shape.heapBase() + 7) / 8 * 8;
    for (long pointer : model.pointers()) {
      long room = model.roomAt(pointer);
      assertEquals(0, pointer % 8);
      assertTrue(pointer - 8 >= end, "two blocks overlap, or one lies below the heap");
      end = pointer + room;
      byte[] content = new byte[(int) room];
      memory.read((int) pointer, content, 0, content.length);
      byte[] expected = new byte[(int) room];
      Arrays.fill(expected, tag(pointer));
      assertTrue(Arrays.equals(expected, content), "a payload was touched");
    }
    assertTrue(end <= memory.sizeInBytes() || model.pointers().isEmpty());
  }

  private static byte tag(long pointer) {
    return (byte) (pointer / 8 % 251 + 1);
  }

  @Test
  void freed_blocks_of_an_order_come_back_last_in_first_out() {
    Shape shape = new Shape(false, 1, 1, 500);
    assertHolds(
        200,
        SMALL_STEPS,
        steps -> {
          ModelHeap model = shape.model();
          Rig rig = shape.rig(new FlatMemory(1, 500));
          assertTrue(run(steps, model, rig));
          List<Long> live = model.pointers();

          // when all that is live is freed, and as much is asked for again in the opposite order
          live.forEach(pointer -> rig.free(pointer.intValue()));

          for (int i = live.size() - 1; i >= 0; i--) {
            int size = (int) model.roomAt(live.get(i));
            assertEquals(live.get(i), Integer.toUnsignedLong(rig.allocate(size)));
          }
          assertEquals(model.statistics().bumper(), rig.statistics().bumper());
        });
  }

  @Test
  void poison_is_final_until_the_reset() {
    assertHolds(
        200,
        LIVES_OF_ANY_SIZE,
        life -> {
          HollowMemory memory = life.shape().hollowMemory();
          long size = memory.sizeInBytes();
          Rig rig = life.shape().rig(memory);
          Rig.fault(() -> rig.free(7));
          AllocatorStatistics before = rig.statistics();

          for (Step step : life.steps()) {
            AllocatorFault fault =
                step.kind() == Kind.ALLOCATE
                    ? Rig.fault(() -> rig.allocate((int) step.value()))
                    : Rig.fault(() -> rig.free((int) step.value()));
            assertEquals(AllocatorFault.POISONED, fault);
          }

          assertEquals(AllocatorFault.INVALID_POINTER, rig.allocator().poison());
          assertEquals(before, rig.statistics());
          assertEquals(size, memory.sizeInBytes());
          assertTrue(memory.content().isEmpty());
        });
  }

  @Test
  void after_a_reset_of_allocator_and_memory_all_is_as_new() {
    assertHolds(
        200,
        TWO_LIVES,
        lives -> {
          Shape shape = lives.shape();
          FlatMemory memory = new FlatMemory(shape.pages(), shape.maximumPages());
          var unused = memory.capture(0);
          Rig rig = shape.rig(memory);
          run(lives.first(), shape.model(), rig);

          rig.allocator().reset();
          memory.restore();

          assertNull(memory.difference());
          assertEquals(shape.model().statistics(), rig.statistics());
          ModelHeap model = shape.model();
          run(lives.second(), model, rig);
          assertEquals(model.statistics(), rig.statistics());
          assertAuditAgrees(model, rig.audit());
        });
  }
}
