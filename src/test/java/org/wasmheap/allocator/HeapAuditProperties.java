package org.wasmheap.allocator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.RandomDistribution;
import org.wasmheap.memory.FlatMemory;
import org.wasmheap.testkit.CheckedMemory;

/** Damage done to healthy heaps, and whether an audit finds it. */
class HeapAuditProperties {
  /** A block of a heap, freed or not after all were allocated. */
  record Plan(int size, boolean freed) {}

  /** What is written over the header of a block: of a kind, with another block or an order. */
  record Damage(int block, int manner, int other, long noise) {
    long word(List<Integer> pointers) {
      long link = pointers.get(other % pointers.size()) - 8L;
      return switch (manner) {
        case 0 -> Rig.OCCUPIED | other % 30;
        case 1 -> Rig.NIL;
        case 2 -> link;
        case 3 -> link + noise % 64;
        case 4 -> 0;
        case 5 -> noise & 0xFFFF_FFFFL;
        default -> noise;
      };
    }
  }

  @Provide
  Arbitrary<List<Plan>> plans() {
    Arbitrary<Integer> sizes =
        Arbitraries.oneOf(
            Arbitraries.integers().between(0, 20), Arbitraries.integers().between(0, 900));
    return Combinators.combine(sizes, Arbitraries.of(true, false))
        .as(Plan::new)
        .list()
        .ofMinSize(1)
        .ofMaxSize(60)
        .withSizeDistribution(RandomDistribution.uniform());
  }

  @Provide
  Arbitrary<Damage> damage() {
    return Combinators.combine(
            Arbitraries.integers().between(0, 1000),
            Arbitraries.integers().between(0, 6),
            Arbitraries.integers().between(0, 1000),
            Arbitraries.longs())
        .as(Damage::new);
  }

  @Provide
  Arbitrary<List<Damage>> damages() {
    return damage().list().ofMaxSize(20).withSizeDistribution(RandomDistribution.uniform());
  }

  private static Rig heap(List<Plan> plans, List<Integer> pointers) {
    Rig heap = Rig.onChain(new CheckedMemory(new FlatMemory(2, 2)), 1000);
    plans.forEach(plan -> pointers.add(heap.allocate(plan.size())));
    for (int i = 0; i < plans.size(); i++) {
      if (plans.get(i).freed()) {
        heap.free(pointers.get(i));
      }
    }
    return heap;
  }

  @Property(tries = 1000, edgeCases = EdgeCasesMode.NONE)
  void one_header_that_was_overwritten_is_found(
      @ForAll("plans") List<Plan> plans, @ForAll("damage") Damage damage) {
    List<Integer> pointers = new ArrayList<>();
    Rig heap = heap(plans, pointers);
    assertTrue(heap.audit().healthy());
    int damaged = pointers.get(damage.block() % pointers.size());
    long before = heap.header(damaged);
    long word = damage.word(pointers);

    heap.forge(damaged, word);

    HeapAudit audit = heap.audit();
    assertEquals(word == before, audit.healthy(), audit::toString);
    assertTrue(audit.complete());
  }

  @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
  void whatever_was_overwritten_each_byte_of_the_heap_is_accounted_for(
      @ForAll("plans") List<Plan> plans, @ForAll("damages") List<Damage> damages) {
    List<Integer> pointers = new ArrayList<>();
    Rig heap = heap(plans, pointers);

    for (Damage damage : damages) {
      int damaged = pointers.get(damage.block() % pointers.size());
      heap.forge(damaged, damage.word(pointers));
    }

    HeapAudit audit = heap.audit();
    long at = audit.heapBase();
    for (HeapAudit.Block block : audit.blocks()) {
      assertTrue(block.address() <= at, "a gap between blocks");
      at = block.address() + block.bytes();
    }
    assertEquals(audit.bumper(), at);
    assertEquals(audit.blockCount(), audit.blocks().size());
  }
}
