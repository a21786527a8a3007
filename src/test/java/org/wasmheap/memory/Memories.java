package org.wasmheap.memory;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.Random;

/** Memories and looks into them, for the tests of this package. */
final class Memories {
  static final int PAGE = LinearMemory.PAGE_SIZE;
  static final int BLOCK = FlatMemory.BLOCK_SIZE;

  private Memories() {}

  /** Zeros; captured, with so many bytes held at all times. */
  static FlatMemory zeros(int pages, int maximumPages, int hotBytes) {
    FlatMemory memory = new FlatMemory(pages, maximumPages);
    memory.capture(hotBytes);
    return memory;
  }

  /** A memory whose pristine content is random up to {@code contentBytes}, and zero beyond. */
  static FlatMemory random(int pages, int maximumPages, int contentBytes, int hotBytes) {
    FlatMemory memory = new FlatMemory(pages, maximumPages);
    memory.write(0, randomBytes(contentBytes), 0, contentBytes);
    memory.capture(hotBytes);
    return memory;
  }

  static byte[] randomBytes(int length) {
    byte[] bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    return bytes;
  }

  /** The whole logical content. */
  static byte[] contentOf(LinearMemory memory) {
    byte[] content = new byte[(int) memory.sizeInBytes()];
    memory.read(0, content, 0, content.length);
    return content;
  }

  /** Size and each byte are those of a new memory of the same image. */
  static void assertPristine(FlatMemory memory, MemoryImage image) {
    assertNull(memory.difference());
    assertEquals(image.pages(), memory.pages());
    assertArrayEquals(contentOf(new FlatMemory(image)), contentOf(memory));
  }
}
