package org.wasmheap.memory;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.wasmheap.memory.Memories.BLOCK;
import static org.wasmheap.memory.Memories.PAGE;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.wasmheap.testkit.ThreadAllocation;

class FlatMemoryMaterialisationTest {
  /** Far less than any array of a memory, and more than asking for it costs. */
  private static final long NO_ARRAY = 8 << 10;

  private static final int PAGES = 21;

  private final ExecutorService other = Executors.newSingleThreadExecutor();

  @AfterEach
  void shutDown() {
    other.shutdownNow();
  }

  /** An array of so many bytes, with its cards. */
  private static long arrayBytes(long bytes) {
    return bytes + bytes / BLOCK;
  }

  /** A call that writes to the end of 21 pages, then of 42, then of 84. */
  private static void climb(FlatMemory memory) {
    memory.writeByte(21 * PAGE - 1, (byte) 1);
    memory.grow(21);
    memory.writeByte(42 * PAGE - 1, (byte) 2);
    memory.grow(42);
    memory.writeByte(84 * PAGE - 1, (byte) 3);
  }

  private long trimFromAnotherThread(FlatMemory memory) throws Exception {
    return other.submit(() -> memory.trim()).get(30, TimeUnit.SECONDS);
  }

  @Test
  void a_memory_holds_what_its_image_says_and_not_its_logical_size() {
    // when
    FlatMemory memory = Memories.random(2069, 2069, 3 * BLOCK, 10 * BLOCK);
    // then
    assertEquals(2069, memory.pages());
    assertEquals(arrayBytes(10 * BLOCK), memory.materialisedBytes());
  }

  @Test
  void what_is_hot_is_rounded_up_to_whole_blocks() {
    // when
    FlatMemory memory = Memories.zeros(PAGES, PAGES, BLOCK + 1);
    // then
    assertEquals(arrayBytes(2 * BLOCK), memory.materialisedBytes());
  }

  @Test
  void pristine_content_is_held_even_if_nothing_is_hot() {
    // when
    FlatMemory memory = Memories.random(PAGES, PAGES, 3 * BLOCK, 0);
    // then
    assertEquals(arrayBytes(3 * BLOCK), memory.materialisedBytes());
  }

  @ParameterizedTest
  @ValueSource(longs = {2L * PAGE, 2L * PAGE + 1, Long.MAX_VALUE})
  void no_more_is_hot_than_there_is(long hotBytes) {
    // given
    FlatMemory memory = new FlatMemory(2, 4);
    // when
    memory.capture(hotBytes);
    // then
    assertEquals(arrayBytes(2 * PAGE), memory.materialisedBytes());
  }

  @Test
  void a_negative_hot_size_holds_the_content_only() {
    // given
    FlatMemory memory = new FlatMemory(2, 4);
    memory.writeByte(BLOCK, (byte) 1);
    // when
    memory.capture(-1);
    // then
    assertEquals(arrayBytes(2 * BLOCK), memory.materialisedBytes());
  }

  @Test
  void writing_where_memory_is_held_needs_no_more_of_it() {
    // given
    FlatMemory memory = Memories.zeros(PAGES, PAGES, 2 * PAGE);
    // when
    long allocated =
        ThreadAllocation.bytesOf(
            () -> {
              memory.fill(0, (byte) 1, 2 * PAGE);
              memory.restore();
            });
    // then
    assertTrue(allocated < NO_ARRAY, () -> allocated + " bytes");
  }

  @Test
  void as_long_as_nothing_has_grown_the_array_is_no_longer_than_the_logical_size() {
    // given
    FlatMemory memory = Memories.zeros(PAGES, PAGES, 20 * PAGE);
    // when
    memory.writeByte(PAGES * PAGE - 1, (byte) 1);
    // then
    assertEquals(arrayBytes(20 * PAGE) + arrayBytes(PAGES * PAGE), memory.materialisedBytes());
  }

  @Test
  void what_is_about_to_be_used_is_materialised_and_stays_as_it_was() {
    // given
    FlatMemory memory = Memories.random(2069, 2069, 3 * BLOCK, 10 * BLOCK);
    byte first = memory.readByte(0);

    // when
    memory.materialiseTo(20 * PAGE);

    // then
    assertEquals(arrayBytes(20 * PAGE) + arrayBytes(10 * BLOCK), memory.materialisedBytes());
    assertEquals(first, memory.readByte(0));
    assertEquals(0, memory.readByte(20 * PAGE - 1));
    assertEquals(0, memory.restore());
    assertNull(memory.difference());
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 10 * BLOCK, 21L * PAGE + 1, 1L << 32})
  void nothing_is_materialised_that_is_held_or_beyond_the_end(long end) {
    // given
    FlatMemory memory = Memories.random(PAGES, PAGES, 3 * BLOCK, 10 * BLOCK);

    // when
    memory.materialiseTo(end);

    // then
    assertEquals(arrayBytes(10 * BLOCK), memory.materialisedBytes());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4, 8})
  void a_store_at_the_materialised_edge_keeps_all_its_bytes(int width) {
    // given stores that begin before the edge of the array, and end behind it
    for (int before = 0; before < width; before++) {
      FlatMemory memory = Memories.random(PAGES, PAGES, 3 * BLOCK, 10 * BLOCK);
      int address = 10 * BLOCK - before;
      // when
      switch (width) {
        case 1 -> memory.writeByte(address, (byte) 0xF1);
        case 2 -> memory.writeShort(address, (short) 0xF1E2);
        case 4 -> memory.writeInt(address, 0xF1E2D3C4);
        default -> memory.writeLong(address, 0xF1E2D3C4B5A69788L);
      }
      // then
      long whole = 0xF1E2D3C4B5A69788L >>> ((Long.BYTES - width) * Byte.SIZE);
      for (int i = 0; i < width; i++) {
        assertEquals((byte) (whole >>> (i * Byte.SIZE)), memory.readByte(address + i));
      }
      assertEquals(0, memory.readByte(address + width));
      memory.restore();
      assertNull(memory.difference());
    }
  }

  @Test
  void climbing_a_second_time_allocates_no_arrays() {
    // given
    FlatMemory memory = Memories.random(PAGES, 84, 10 * BLOCK, 2 * PAGE);
    climb(memory);
    memory.restore();
    // when
    long allocated =
        ThreadAllocation.bytesOf(
            () -> {
              climb(memory);
              memory.restore();
            });
    // then
    assertTrue(allocated < NO_ARRAY, () -> allocated + " bytes");
  }

  @Test
  void climbing_restores_only_the_blocks_that_were_written() {
    // given
    MemoryImage image = Memories.random(PAGES, 84, 10 * BLOCK, 2 * PAGE).capture(2 * PAGE);
    FlatMemory memory = new FlatMemory(image);
    for (int round = 0; round < 3; round++) {
      // when
      climb(memory);
      int restored = memory.restore();
      // then
      assertEquals(3, restored);
      Memories.assertPristine(memory, image);
    }
  }

  @Test
  void an_array_of_an_earlier_call_comes_back_clean() {
    // given
    FlatMemory memory = Memories.zeros(PAGES, 84, 2 * PAGE);
    climb(memory);
    memory.fill(0, (byte) 0xEE, 84 * PAGE);
    memory.restore();
    // when
    climb(memory);
    // then
    byte[] expected = new byte[84 * PAGE];
    expected[21 * PAGE - 1] = 1;
    expected[42 * PAGE - 1] = 2;
    expected[84 * PAGE - 1] = 3;
    assertArrayEquals(expected, Memories.contentOf(memory));
  }

  @Test
  void trimming_from_another_thread_gives_up_the_spares() throws Exception {
    // given
    FlatMemory memory = Memories.zeros(PAGES, 84, 2 * PAGE);
    long held = memory.materialisedBytes();
    climb(memory);
    memory.restore();
    long spare = memory.materialisedBytes() - held;
    // when
    long trimmed = trimFromAnotherThread(memory);
    // then
    assertEquals(arrayBytes((21 + 42 + 84) * PAGE), trimmed);
    assertEquals(spare, trimmed);
    assertEquals(held, memory.materialisedBytes());
    assertEquals(0, memory.trim());
  }

  @Test
  void trimming_in_the_middle_of_a_call_leaves_its_array_alone() throws Exception {
    // given
    MemoryImage image = Memories.zeros(PAGES, 84, 2 * PAGE).capture(2 * PAGE);
    FlatMemory memory = new FlatMemory(image);
    climb(memory);
    byte[] before = Memories.contentOf(memory);
    // when
    long trimmed = trimFromAnotherThread(memory);
    // then
    assertEquals(arrayBytes((21 + 42) * PAGE), trimmed);
    assertArrayEquals(before, Memories.contentOf(memory));
    memory.restore();
    Memories.assertPristine(memory, image);
  }

  @Test
  void a_memory_works_while_another_thread_trims_it_all_the_time() throws Exception {
    // given
    MemoryImage image = Memories.random(PAGES, 84, 10 * BLOCK, 2 * PAGE).capture(2 * PAGE);
    FlatMemory memory = new FlatMemory(image);
    AtomicBoolean done = new AtomicBoolean();
    Future<?> trimming =
        other.submit(
            () -> {
              while (!done.get()) {
                memory.trim();
                memory.materialisedBytes();
              }
            });
    // when
    for (int round = 0; round < 200; round++) {
      climb(memory);
      assertEquals(1, memory.readByte(21 * PAGE - 1));
      assertEquals(2, memory.readByte(42 * PAGE - 1));
      assertEquals(3, memory.readByte(84 * PAGE - 1));
      // then
      assertEquals(3, memory.restore());
      assertNull(memory.difference());
    }
    done.set(true);
    trimming.get(30, TimeUnit.SECONDS);
    Memories.assertPristine(memory, image);
  }

  @Test
  void memory_that_the_jvm_does_not_have_is_the_hosts_refusal() {
    // No JVM makes an array of this length, however much memory it has.
    MemoryBudget budget = MemoryBudget.of(1L << 40);
    assertTrue(budget.tryTake(TrackedArray.bytes(Integer.MAX_VALUE)));
    GrowthRefusedException refusal =
        assertThrows(
            GrowthRefusedException.class, () -> BackingArrays.allocated(Integer.MAX_VALUE, budget));
    // then
    assertInstanceOf(OutOfMemoryError.class, refusal.getCause());
    assertEquals(0, budget.usedBytes());
  }
}
