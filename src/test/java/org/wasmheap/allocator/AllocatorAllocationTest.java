package org.wasmheap.allocator;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.wasmheap.memory.FlatMemory;
import org.wasmheap.memory.LinearMemory;
import org.wasmheap.testkit.CheckedMemory;
import org.wasmheap.testkit.ThreadAllocation;

/** The main path of malloc and free makes no Java object. */
class AllocatorAllocationTest {
  private static final int ROUNDS = 2_000;
  private static final int POINTERS = 100;

  /** What asking costs; one object of the smallest kind in each operation would be 100 times it. */
  private static final long COST_OF_ASKING = 64 * 1024;

  static Stream<Arguments> memories() {
    return Stream.of(
        Arguments.of(Named.of("flat", new FlatMemory(16, 16))),
        Arguments.of(Named.of("a user's", new CheckedMemory(new FlatMemory(16, 16)))));
  }

  /** From the bumper at first, from the lists later, in blocks of several orders. */
  private static void mallocAndFree(FreeingBumpAllocator allocator, int[] pointers) {
    for (int round = 0; round < ROUNDS; round++) {
      if (round % 10 == 0) {
        allocator.reset();
      }
      for (int i = 0; i < pointers.length; i++) {
        pointers[i] = allocator.allocate(i * 20);
      }
      for (int pointer : pointers) {
        allocator.deallocate(pointer);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("memories")
  void malloc_and_free_allocate_nothing_on_the_jvms_heap(LinearMemory memory) {
    // given all that is loaded and materialised once
    FreeingBumpAllocator allocator = new FreeingBumpAllocator(memory, 1000, BlockLimit.ON_CHAIN);
    int[] pointers = new int[POINTERS];
    mallocAndFree(allocator, pointers);

    // when
    long bytes = ThreadAllocation.bytesOf(() -> mallocAndFree(allocator, pointers));

    // then 400,000 operations made less than one object in six
    assertTrue(bytes < COST_OF_ASKING, () -> bytes + " bytes allocated");
  }
}
