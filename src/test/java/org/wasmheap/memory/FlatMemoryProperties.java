package org.wasmheap.memory;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.wasmheap.memory.Memories.BLOCK;
import static org.wasmheap.testkit.Property.assertHolds;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.wasmheap.memory.MemoryWork.Operation;
import org.wasmheap.testkit.Draws;
import org.wasmheap.testkit.Inputs;
import org.wasmheap.testkit.Simpler;

/**
 * Random work of all kinds, against a plain array and against a fresh memory.
 *
 * <p>An input is some rounds of work on one memory, which is restored after each, so that each
 * round starts on what earlier ones left.
 */
class FlatMemoryProperties {
  private static final int PAGES = 3;
  private static final int MAX_PAGES = 12;

  /** Pristine content that is neither a whole page nor all that is held. */
  private static final MemoryImage IMAGE =
      Memories.random(PAGES, MAX_PAGES, 5 * BLOCK - 100, 9 * BLOCK).capture(9 * BLOCK);

  private static final byte[] PRISTINE = Memories.contentOf(new FlatMemory(IMAGE));

  private static final Inputs<List<List<Operation>>> ROUNDS =
      Inputs.of(
          FlatMemoryProperties::rounds,
          rounds -> Simpler.lists(rounds, each -> Simpler.lists(each, Operation::simpler)));

  /** Mostly a few, now and then as many as only a long-lived memory sees. */
  private static List<List<Operation>> rounds(Draws draws) {
    int most = draws.oneIn(40) ? 60 : 4;
    return draws.list(1, most, round -> round.list(1, 60, Operation::draw));
  }

  @Test
  void any_work_has_the_effect_that_it_has_on_an_array() {
    assertHolds(
        400,
        ROUNDS,
        rounds -> {
          FlatMemory memory = new FlatMemory(IMAGE);
          for (List<Operation> round : rounds) {
            // when
            MemoryWork work = new MemoryWork(memory, PRISTINE).run(round);
            // then
            assertArrayEquals(work.model(), Memories.contentOf(memory));
            memory.restore();
          }
        });
  }

  @Test
  void any_work_is_taken_back() {
    assertHolds(
        400,
        ROUNDS,
        rounds -> {
          FlatMemory memory = new FlatMemory(IMAGE);
          for (List<Operation> round : rounds) {
            // given
            new MemoryWork(memory, PRISTINE).run(round);
            // when
            memory.restore();
            // then
            Memories.assertPristine(memory, IMAGE);
            assertEquals(0, memory.restore());
          }
        });
  }

  @Test
  void any_work_is_taken_back_when_only_held_memory_is_kept() {
    assertHolds(
        200,
        ROUNDS,
        rounds -> {
          FlatMemory memory = new FlatMemory(IMAGE);
          long held = memory.materialisedBytes();
          for (List<Operation> round : rounds) {
            // given
            new MemoryWork(memory, PRISTINE).run(round);
            // when
            memory.restoreHeld();
            // then
            Memories.assertPristine(memory, IMAGE);
            assertEquals(held, memory.materialisedBytes());
            assertEquals(0, memory.restore());
          }
        });
  }

  @Test
  void a_reused_memory_does_the_same_as_a_fresh_one() {
    assertHolds(
        200,
        ROUNDS,
        rounds -> {
          FlatMemory reused = new FlatMemory(IMAGE);
          for (List<Operation> round : rounds) {
            // given
            FlatMemory fresh = new FlatMemory(IMAGE);
            // when
            new MemoryWork(reused, PRISTINE).run(round);
            new MemoryWork(fresh, PRISTINE).run(round);
            // then
            assertArrayEquals(Memories.contentOf(fresh), Memories.contentOf(reused));
            reused.restore();
          }
        });
  }
}
