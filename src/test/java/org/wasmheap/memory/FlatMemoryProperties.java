package org.wasmheap.memory;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.wasmheap.memory.Memories.BLOCK;
import static org.wasmheap.memory.Memories.PAGE;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** Random work of all kinds, against a plain array and against a fresh memory. */
class FlatMemoryProperties {
  private static final int PAGES = 3;
  private static final int MAX_PAGES = 12;
  private static final List<Width> WIDTHS = List.of(Width.values());

  /** Pristine content that is neither a whole page nor all that is held. */
  private static final MemoryImage IMAGE =
      Memories.random(PAGES, MAX_PAGES, 5 * BLOCK - 100, 9 * BLOCK).capture(9 * BLOCK);

  private static final byte[] PRISTINE = Memories.contentOf(new FlatMemory(IMAGE));

  /** One memory for all rounds, so that each starts on what earlier ones left. */
  private static final FlatMemory REUSED = new FlatMemory(IMAGE);

  @Property(tries = 400)
  void any_work_has_the_effect_that_it_has_on_an_array(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 60) int operations) {
    // given
    Work work = new Work(REUSED, new Random(seed));
    // when
    work.run(operations);
    // then
    assertArrayEquals(work.model, Memories.contentOf(REUSED));
    REUSED.restore();
  }

  @Property(tries = 400)
  void any_work_is_taken_back(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 60) int operations) {
    // given
    new Work(REUSED, new Random(seed)).run(operations);
    // when
    REUSED.restore();
    // then
    Memories.assertPristine(REUSED, IMAGE);
    assertEquals(0, REUSED.restore());
  }

  @Property(tries = 200)
  void a_reused_memory_does_the_same_as_a_fresh_one(@ForAll long seed) {
    // given
    FlatMemory fresh = new FlatMemory(IMAGE);
    // when
    new Work(REUSED, new Random(seed)).run(40);
    new Work(fresh, new Random(seed)).run(40);
    // then
    assertArrayEquals(Memories.contentOf(fresh), Memories.contentOf(REUSED));
    REUSED.restore();
  }

  /** Operations on a memory and, in the same way, on an array. */
  private static final class Work {
    private final FlatMemory memory;
    private final Random random;
    private byte[] model = PRISTINE.clone();

    Work(FlatMemory memory, Random random) {
      this.memory = memory;
      this.random = random;
    }

    void run(int operations) {
      for (int i = 0; i < operations; i++) {
        step();
      }
    }

    private void step() {
      switch (random.nextInt(12)) {
        case 0, 1, 2, 3 -> store();
        case 4, 5 -> load();
        case 6 -> write();
        case 7 -> fill();
        case 8 -> copy();
        case 9 -> grow();
        case 10 -> miss();
        default -> memory.trim();
      }
    }

    private void store() {
      Width width = anyWidth();
      int address = address(width.bytes());
      long value = width.cut(random.nextLong());
      width.store(memory, address, value);
      width.storeInto(model, address, value);
    }

    private void load() {
      Width width = anyWidth();
      int address = address(width.bytes());
      byte[] loaded = new byte[width.bytes()];
      width.storeInto(loaded, 0, width.load(memory, address));
      assertArrayEquals(Arrays.copyOfRange(model, address, address + width.bytes()), loaded);
    }

    private void write() {
      byte[] source = new byte[length()];
      random.nextBytes(source);
      int address = address(source.length);
      memory.write(address, source, 0, source.length);
      System.arraycopy(source, 0, model, address, source.length);
    }

    private void fill() {
      int length = length();
      int address = address(length);
      byte value = (byte) random.nextInt(3);
      memory.fill(address, value, length);
      Arrays.fill(model, address, address + length, value);
    }

    private void copy() {
      int length = length();
      int source = address(length);
      int destination = address(length);
      memory.copy(destination, source, length);
      System.arraycopy(model, source, model, destination, length);
    }

    private void grow() {
      int delta = random.nextInt(4);
      boolean fits = memory.pages() + delta <= MAX_PAGES;
      assertEquals(fits, memory.grow(delta));
      model = fits ? Arrays.copyOf(model, model.length + delta * PAGE) : model;
    }

    private void miss() {
      Width width = anyWidth();
      int beyond = model.length - width.bytes() + 1 + random.nextInt(width.bytes());
      assertThrows(
          MemoryAccessException.class, () -> width.store(memory, beyond, random.nextLong()));
    }

    private Width anyWidth() {
      return WIDTHS.get(random.nextInt(WIDTHS.size()));
    }

    /** Mostly short, sometimes pages. */
    private int length() {
      return random.nextInt(4) == 0 ? random.nextInt(2 * PAGE) : random.nextInt(64);
    }

    /** Where so many bytes fit; often right at a border of blocks or at the end. */
    private int address(int length) {
      int last = model.length - length;
      int border = random.nextInt(model.length / BLOCK + 1) * BLOCK - random.nextInt(length + 2);
      int address = random.nextBoolean() ? border : random.nextInt(last + 1);
      return Math.max(0, Math.min(last, address));
    }
  }
}
