package org.wasmheap.endive;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.wasmheap.allocator.BlockLimit;
import org.wasmheap.endive.EndiveModule.MemorySize;
import org.wasmheap.guest.GuestFactory.Instance;
import org.wasmheap.memory.FlatMemory;
import org.wasmheap.memory.LinearMemory;
import org.wasmheap.testkit.Guests;

class DiscardedMemoryTest {
  private static final int PAGE = 65_536;

  private final Instance<EndiveGuest> instance =
      EndiveModule.load(
              Guests.wasm("own_memory"),
              (initial, maximum) -> new MemorySize(2048, 2048),
              List.of(),
              BlockLimit.ON_CHAIN)
          .create();

  /** Two pages of two thousand are held. */
  private final FlatMemory memory = (FlatMemory) instance.memory();

  /** Every array that the memory had in use, in order. */
  private final List<byte[]> shown = new ArrayList<>();

  DiscardedMemoryTest() {
    memory.showTo((buffer, cards) -> shown.add(buffer));
  }

  /** A call that writes here and there. */
  private void writeUpTo(int pages) {
    for (int page = 1; page < pages; page *= 2) {
      memory.writeByte(page * PAGE, (byte) 1);
    }
  }

  @Test
  void a_discarded_memory_is_kept_without_what_earlier_calls_had_grown_to() {
    // given
    long held = memory.materialisedBytes();
    writeUpTo(2048);
    memory.restore();
    writeUpTo(4);
    // when
    LinearMemory kept = instance.discard();
    // then
    assertSame(memory, kept);
    assertEquals(held, memory.materialisedBytes());
    assertNull(memory.difference());
  }

  @Test
  void an_array_that_is_not_kept_is_not_put_back_either() {
    // given
    writeUpTo(2048);
    byte[] longest = shown.get(shown.size() - 1);
    // when
    instance.discard();
    // then what the call wrote last is still there, in an array that nobody has any more
    assertEquals(1, longest[1024 * PAGE]);
    assertNull(memory.difference());
    assertEquals(0, memory.readByte(1024 * PAGE));
  }

  @Test
  void only_the_array_that_is_kept_is_compared_with_the_image() {
    // given a spare array that is not pristine, which no comparison would let pass
    writeUpTo(2048);
    byte[] longest = shown.get(shown.size() - 1);
    memory.restore();
    longest[5] = 1;
    // when
    LinearMemory kept = instance.discard();
    // then
    assertSame(memory, kept);
  }

  @Test
  void a_memory_that_is_not_pristine_serves_nobody() {
    // given
    shown.get(0)[5] = 1;
    // when
    LinearMemory kept = instance.discard();
    // then
    assertNull(kept);
  }
}
