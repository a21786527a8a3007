package org.wasmheap.allocator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.RandomDistribution;
import net.jqwik.api.Tuple;
import org.wasmheap.allocator.HeapAudit.Use;
import org.wasmheap.memory.FlatMemory;
import org.wasmheap.memory.LinearMemory;
import org.wasmheap.testkit.CheckedMemory;
import org.wasmheap.testkit.HollowMemory;

/**
 * The allocator against {@link ModelHeap}, for guests that keep to their own blocks.
 *
 * <p>The model and the allocator get the same operations and must give the same answers; what the
 * model does not know (overlap, payload, the audit) is checked beside it. Lengths are drawn evenly
 * and edge cases left out: jqwik's own choice is lists of a few operations, which find little.
 */
class AllocatorProperties {
  /**
   * One operation; what it means for a free or a double free is which of the pointers there are.
   */
  record Step(Kind kind, long value) {}

  enum Kind {
    ALLOCATE,
    FREE,
    FREE_AGAIN,
    GROW
  }

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
  }

  // What guests do.

  private static Arbitrary<Step> steps(Arbitrary<Long> sizes, int doubleFrees) {
    Arbitrary<Long> picks = Arbitraries.longs().between(0, 1 << 20);
    return Arbitraries.frequencyOf(
        Tuple.of(36, sizes.map(size -> new Step(Kind.ALLOCATE, size))),
        Tuple.of(27, picks.map(pick -> new Step(Kind.FREE, pick))),
        Tuple.of(doubleFrees, picks.map(pick -> new Step(Kind.FREE_AGAIN, pick))),
        Tuple.of(3, picks.map(pick -> new Step(Kind.GROW, pick % 4))));
  }

  /** Sizes near powers of two, up to 2^bits. */
  private static Arbitrary<Long> sizes(int bits) {
    Arbitrary<Integer> exponents = Arbitraries.integers().between(0, bits).shrinkTowards(0);
    Arbitrary<Integer> beside = Arbitraries.integers().between(-1, 1);
    return Combinators.combine(exponents, beside).as((bit, off) -> (1L << bit) + off);
  }

  @Provide
  Arbitrary<List<Step>> smallSteps() {
    return steps(sizes(15), 0)
        .list()
        .ofMinSize(1)
        .ofMaxSize(250)
        .withSizeDistribution(RandomDistribution.uniform());
  }

  @Provide
  Arbitrary<List<Step>> allSteps() {
    // Rarely one that is fatal, or the rest of the list is refusals.
    Arbitrary<Long> sizes =
        Arbitraries.frequencyOf(
            Tuple.of(30, sizes(20)), Tuple.of(10, sizes(25)), Tuple.of(1, sizes(32)));
    return steps(sizes, 1)
        .list()
        .ofMinSize(1)
        .ofMaxSize(80)
        .withSizeDistribution(RandomDistribution.uniform());
  }

  @Provide
  Arbitrary<Shape> smallShapes() {
    return Combinators.combine(
            Arbitraries.of(true, false),
            Arbitraries.longs().between(0, 70_000),
            Arbitraries.integers().between(0, 3),
            Arbitraries.integers().between(0, 60))
        .as((wide, base, pages, more) -> new Shape(wide, base, pages, pages + more));
  }

  @Provide
  Arbitrary<Shape> allShapes() {
    // Mostly with room: a heap that is full at once tells little.
    Arbitrary<Long> bases =
        Arbitraries.frequencyOf(
            Tuple.of(6, Arbitraries.longs().between(0, 200_000)),
            Tuple.of(1, Arbitraries.longs().between(0, 0xFFFF_FFF7L)),
            Tuple.of(1, Arbitraries.longs().between(0xFFFF_0000L, 0xFFFF_FFF7L)));
    Arbitrary<Integer> maxima =
        Arbitraries.frequencyOf(
            Tuple.of(3, Arbitraries.just(65_536)),
            Tuple.of(1, Arbitraries.integers().between(0, 65_536)));
    return Combinators.combine(
            Arbitraries.of(true, false), bases, Arbitraries.integers().between(0, 65_536), maxima)
        .as((wide, base, pages, most) -> new Shape(wide, base, Math.min(pages, most), most));
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

  @Property(tries = 400, edgeCases = EdgeCasesMode.NONE)
  void answers_statistics_and_audit_are_the_models(
      @ForAll("smallShapes") Shape shape, @ForAll("smallSteps") List<Step> steps) {
    ModelHeap model = shape.model();
    FlatMemory flat = new FlatMemory(shape.pages(), shape.maximumPages());
    Rig rig = shape.rig(new CheckedMemory(flat));

    run(steps, model, rig);

    assertEquals(model.statistics(), rig.statistics());
    assertEquals(model.fault() == null, rig.allocator().poison() == null);
    assertAuditAgrees(model, rig.audit());
  }

  @Property(tries = 400, edgeCases = EdgeCasesMode.NONE)
  void the_same_holds_in_memories_up_to_4_gib(
      @ForAll("allShapes") Shape shape, @ForAll("allSteps") List<Step> steps) {
    ModelHeap model = shape.model();
    long size = (long) shape.pages() * LinearMemory.PAGE_SIZE;
    Rig rig = shape.rig(new CheckedMemory(new HollowMemory(size, shape.maximumPages())));

    run(steps, model, rig);

    assertEquals(model.statistics(), rig.statistics());
    assertAuditAgrees(model, rig.audit());
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

  @Property(tries = 200, edgeCases = EdgeCasesMode.NONE)
  void live_blocks_are_aligned_inside_the_heap_apart_and_keep_their_bytes(
      @ForAll("smallShapes") Shape shape, @ForAll("smallSteps") List<Step> steps) {
    ModelHeap model = shape.model();
    FlatMemory memory = new FlatMemory(shape.pages(), shape.maximumPages());
    Rig rig = shape.rig(memory);

    for (Step step : steps) {
      List<Long> before = model.pointers();
      both(step, model, rig);
      List<Long> handedOut = new ArrayList<>(model.pointers());
      handedOut.removeAll(before);
      // The guest fills each block to its end with what no other block holds.
      handedOut.forEach(at -> memory.fill(at.intValue(), tag(at), (int) model.roomAt(at)));
    }

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

  @Property(tries = 200, edgeCases = EdgeCasesMode.NONE)
  void freed_blocks_of_an_order_come_back_last_in_first_out(
      @ForAll("smallSteps") List<Step> steps) {
    Shape shape = new Shape(false, 1, 1, 500);
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
  }

  @Property(tries = 200, edgeCases = EdgeCasesMode.NONE)
  void poison_is_final_until_the_reset(
      @ForAll("allShapes") Shape shape, @ForAll("allSteps") List<Step> steps) {
    long size = (long) shape.pages() * LinearMemory.PAGE_SIZE;
    HollowMemory memory = new HollowMemory(size, shape.maximumPages());
    Rig rig = shape.rig(memory);
    Rig.fault(() -> rig.free(7));
    AllocatorStatistics before = rig.statistics();

    for (Step step : steps) {
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
  }

  @Property(tries = 200, edgeCases = EdgeCasesMode.NONE)
  void after_a_reset_of_allocator_and_memory_all_is_as_new(
      @ForAll("smallShapes") Shape shape,
      @ForAll("smallSteps") List<Step> first,
      @ForAll("smallSteps") List<Step> second) {
    FlatMemory memory = new FlatMemory(shape.pages(), shape.maximumPages());
    var unused = memory.capture(0);
    Rig rig = shape.rig(memory);
    run(first, shape.model(), rig);

    rig.allocator().reset();
    memory.restore();

    assertNull(memory.difference());
    assertEquals(shape.model().statistics(), rig.statistics());
    ModelHeap model = shape.model();
    run(second, model, rig);
    assertEquals(model.statistics(), rig.statistics());
    assertAuditAgrees(model, rig.audit());
  }
}
