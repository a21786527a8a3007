package org.wasmheap.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class ThreadAllocationTest {
  private static final int QUESTIONS = 1_000;

  @Test
  void asking_costs_the_same_however_often_one_has_asked() {
    // when
    long[] costs =
        LongStream.range(0, QUESTIONS)
            .map(question -> ThreadAllocation.bytesOf(() -> {}))
            .toArray();
    // then
    long most = LongStream.of(costs).max().orElseThrow();
    assertTrue(most < 4_096, () -> most + " bytes");
  }

  @Test
  void what_the_work_allocates_is_in_the_answer() {
    // given
    byte[][] kept = new byte[1][];
    // when
    long bytes = ThreadAllocation.bytesOf(() -> kept[0] = new byte[1 << 20]);
    // then
    assertTrue(bytes > 1 << 20, () -> bytes + " bytes");
    assertEquals(1 << 20, kept[0].length);
  }
}
