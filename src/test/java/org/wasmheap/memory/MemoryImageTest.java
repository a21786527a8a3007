package org.wasmheap.memory;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.wasmheap.memory.Memories.BLOCK;
import static org.wasmheap.memory.Memories.PAGE;

import java.util.Arrays;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class MemoryImageTest {
  @Test
  void the_content_is_cut_after_the_last_block_that_is_not_zero() {
    // given
    FlatMemory memory = new FlatMemory(8, 16);
    memory.writeByte(3 * BLOCK, (byte) 1);
    memory.writeByte(7 * PAGE, (byte) 1);
    memory.writeByte(7 * PAGE, (byte) 0);
    // when
    MemoryImage image = memory.capture(0);
    // then
    assertEquals(4 * BLOCK, image.contentBytes());
    assertEquals(8, image.pages());
    assertEquals(16, image.maximumPages());
  }

  @Test
  void a_memory_of_zeros_has_no_content() {
    assertEquals(0, new FlatMemory(8, 16).capture(PAGE).contentBytes());
  }

  @Test
  void a_new_memory_is_that_of_the_moment_of_capture() {
    // given
    FlatMemory memory = new FlatMemory(2, 16);
    memory.grow(1);
    byte[] content = Memories.randomBytes(2 * PAGE + 77);
    memory.write(0, content, 0, content.length);
    // when
    FlatMemory made = new FlatMemory(memory.capture(0));
    // then
    assertEquals(3, made.pages());
    assertEquals(16, made.maximumPages());
    assertArrayEquals(Arrays.copyOf(content, 3 * PAGE), Memories.contentOf(made));
  }

  @Test
  void an_image_is_not_changed_by_what_happens_to_its_memories() {
    // given
    FlatMemory first = Memories.random(2, 4, PAGE, PAGE);
    MemoryImage image = first.capture(PAGE);
    FlatMemory second = new FlatMemory(image);
    byte[] pristine = Memories.contentOf(new FlatMemory(image));
    // when
    first.fill(0, (byte) 1, 2 * PAGE);
    second.fill(0, (byte) 2, 2 * PAGE);
    second.grow(2);
    // then
    assertArrayEquals(pristine, Memories.contentOf(new FlatMemory(image)));
    assertEquals(2, new FlatMemory(image).pages());
    first.restore();
    assertArrayEquals(pristine, Memories.contentOf(first));
  }

  @Test
  void memories_of_one_image_do_not_see_each_other() {
    // given
    MemoryImage image = Memories.zeros(2, 4, PAGE).capture(PAGE);
    FlatMemory first = new FlatMemory(image);
    FlatMemory second = new FlatMemory(image);
    // when
    first.fill(0, (byte) 1, 2 * PAGE);
    // then
    assertNotSame(first, second);
    assertArrayEquals(new byte[2 * PAGE], Memories.contentOf(second));
  }

  @Test
  void a_later_capture_is_what_the_memory_goes_back_to() {
    // given
    FlatMemory memory = Memories.random(1, 4, PAGE, PAGE);
    memory.writeByte(5, (byte) 99);
    memory.grow(1);
    // when
    MemoryImage image = memory.capture(0);
    memory.writeByte(5, (byte) 1);
    memory.grow(1);
    memory.restore();
    // then
    assertEquals(99, memory.readByte(5));
    assertEquals(2, memory.pages());
    Memories.assertPristine(memory, image);
  }

  @Test
  void many_threads_can_make_and_restore_memories_of_one_image() throws Exception {
    // given
    MemoryImage image = Memories.random(2, 4, PAGE, PAGE).capture(PAGE);
    byte[] pristine = Memories.contentOf(new FlatMemory(image));
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      // when
      Iterable<Future<byte[]>> contents =
          threads.invokeAll(
              IntStream.range(0, 16)
                  .<Callable<byte[]>>mapToObj(
                      i -> () -> dirtyAndRestore(new FlatMemory(image), (byte) i))
                  .toList(),
              30,
              TimeUnit.SECONDS);
      // then
      for (Future<byte[]> content : contents) {
        assertArrayEquals(pristine, content.get(30, TimeUnit.SECONDS));
      }
    } finally {
      threads.shutdownNow();
    }
  }

  private static byte[] dirtyAndRestore(FlatMemory memory, byte value) {
    for (int round = 0; round < 20; round++) {
      memory.fill(round, value, 2 * PAGE - round);
      memory.restore();
    }
    return Memories.contentOf(memory);
  }
}
