package org.wasmheap.allocator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.wasmheap.testkit.Property.assertHolds;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.wasmheap.memory.FlatMemory;
import org.wasmheap.testkit.CheckedMemory;
import org.wasmheap.testkit.Draws;
import org.wasmheap.testkit.Inputs;
import org.wasmheap.testkit.Simpler;

/** Damage done to healthy heaps, and whether an audit finds it. */
class HeapAuditProperties {
  /** A block of a heap, freed or not after all were allocated. */
  record Plan(int size, boolean freed) {
    Stream<Plan> simpler() {
      Stream<Plan> smaller = Simpler.numbers(size).map(less -> new Plan(less, freed));
      return freed ? Stream.concat(Stream.of(new Plan(size, false)), smaller) : smaller;
    }
  }

  /** What is written over a header: by manner, with another block, an order, or a stray bit. */
  record Damage(int block, int manner, int other, long noise) {
    long word(List<Integer> pointers, long before) {
      long link = pointers.get(other % pointers.size()) - 8L;
      return switch (manner) {
        case 0 -> Rig.OCCUPIED | other % 30;
        case 1 -> Rig.NIL;
        case 2 -> link;
        case 3 -> link + noise % 64;
        case 4 -> 0;
        case 5 -> noise & 0xFFFF_FFFFL;
        case 6 -> before ^ 1L << (33 + Long.remainderUnsigned(noise, 31));
        default -> noise;
      };
    }

    Stream<Damage> simpler() {
      Stream<Damage> here =
          Simpler.numbers(block).map(lower -> new Damage(lower, manner, other, noise));
      Stream<Damage> there =
          Simpler.numbers(other).map(lower -> new Damage(block, manner, lower, noise));
      Stream<Damage> quieter =
          Simpler.numbers(noise).map(lower -> new Damage(block, manner, other, lower));
      return Stream.concat(here, Stream.concat(there, quieter));
    }
  }

  /** A healthy heap of at least one block, and what is then done to its headers. */
  record Case(List<Plan> plans, List<Damage> damages) {
    Stream<Case> simpler() {
      return Stream.concat(
          Simpler.shorter(damages).map(fewer -> new Case(plans, fewer)), plainer());
    }

    /** With as much damage as before. */
    Stream<Case> plainer() {
      Stream<Case> smaller =
          Simpler.lists(plans, Plan::simpler)
              .filter(fewer -> !fewer.isEmpty())
              .map(fewer -> new Case(fewer, damages));
      return Stream.concat(
          smaller, Simpler.plainer(damages, Damage::simpler).map(lower -> new Case(plans, lower)));
    }
  }

  private static final Inputs<Case> HEAPS_WITH_ONE_DAMAGE =
      Inputs.of(draws -> damaged(draws, 1, 1), Case::plainer);

  private static final Inputs<Case> HEAPS_WITH_ANY_DAMAGE =
      Inputs.of(draws -> damaged(draws, 0, 20), Case::simpler);

  private static Case damaged(Draws draws, int least, int most) {
    List<Plan> plans = draws.list(1, 60, HeapAuditProperties::plan);
    return new Case(plans, draws.list(least, most, HeapAuditProperties::damage));
  }

  private static Plan plan(Draws draws) {
    return new Plan(draws.number(0, draws.coin() ? 20 : 900), draws.coin());
  }

  private static Damage damage(Draws draws) {
    return new Damage(
        draws.between(0, 1000), draws.between(0, 7), draws.between(0, 1000), draws.word());
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

  @Test
  void one_header_that_was_overwritten_is_found() {
    assertHolds(
        1000,
        HEAPS_WITH_ONE_DAMAGE,
        heapAndDamage -> {
          List<Integer> pointers = new ArrayList<>();
          Rig heap = heap(heapAndDamage.plans(), pointers);
          assertTrue(heap.audit().healthy());
          Damage damage = heapAndDamage.damages().get(0);
          int damaged = pointers.get(damage.block() % pointers.size());
          long before = heap.header(damaged);
          long word = damage.word(pointers, before);

          heap.forge(damaged, word);

          HeapAudit audit = heap.audit();
          assertEquals(word == before, audit.healthy(), audit::toString);
          assertTrue(audit.complete());
        });
  }

  @Test
  void whatever_was_overwritten_each_byte_of_the_heap_is_accounted_for() {
    assertHolds(
        300,
        HEAPS_WITH_ANY_DAMAGE,
        heapAndDamage -> {
          List<Integer> pointers = new ArrayList<>();
          Rig heap = heap(heapAndDamage.plans(), pointers);

          for (Damage damage : heapAndDamage.damages()) {
            int damaged = pointers.get(damage.block() % pointers.size());
            heap.forge(damaged, damage.word(pointers, heap.header(damaged)));
          }

          HeapAudit audit = heap.audit();
          long at = audit.heapBase();
          for (HeapAudit.Block block : audit.blocks()) {
            assertTrue(block.address() <= at, "a gap between blocks");
            at = block.address() + block.bytes();
          }
          assertEquals(audit.bumper(), at);
          assertEquals(audit.blockCount(), audit.blocks().size());
        });
  }
}
