package org.wasmheap.endive;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.wasmheap.testkit.ModuleBytes.bytes;
import static org.wasmheap.testkit.ModuleBytes.join;
import static org.wasmheap.testkit.ModuleBytes.section;
import static org.wasmheap.testkit.ModuleBytes.times;
import static org.wasmheap.testkit.ModuleBytes.u32;
import static org.wasmheap.testkit.ModuleBytes.vector;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.wasmheap.testkit.ModuleBytes;

/**
 * Lists of instructions never take more of the heap than they may, however many loads there are.
 */
@Timeout(60)
class ParseMemoryTest {
  private static final long MIB = 1L << 20;

  /** Westend 9300, as {@code src/docs/settings.md} has it. */
  private static final int WESTEND_INSTRUCTIONS = 2_486_136;

  private static final int WESTEND_BYTES = 6_300_000;
  private static final int WESTEND_FUNCTIONS = 6_652;

  @Test
  void the_largest_real_runtime_is_taken_in_256_mib_though_all_its_code_would_not_fit() {
    // given a sixth of it, as parts of 1 MiB have
    long part = ParseMemory.bytes(WESTEND_INSTRUCTIONS / 6, WESTEND_FUNCTIONS);
    long whole = ParseMemory.bytes(WESTEND_INSTRUCTIONS, 0);
    ParseMemory memory = new ParseMemory(256 * MIB);
    // then
    memory.require(WESTEND_INSTRUCTIONS, WESTEND_BYTES, part);
    assertTooLarge(() -> memory.require(WESTEND_INSTRUCTIONS, WESTEND_BYTES, whole));
    assertTooLarge(() -> memory.requireKept(WESTEND_INSTRUCTIONS));
  }

  @Test
  void code_whose_classes_do_not_fit_is_refused_however_small_its_parts_are() {
    ParseMemory memory = new ParseMemory(1024 * MIB);
    memory.require(WESTEND_INSTRUCTIONS, WESTEND_BYTES, MIB);

    assertTooLarge(() -> memory.require(23_000_000, WESTEND_BYTES, MIB));
    assertTooLarge(() -> memory.require(1, 100 << 20, MIB));
  }

  private static void assertTooLarge(Runnable work) {
    ModuleRefusedException refusal = assertThrows(ModuleRefusedException.class, work::run);
    assertEquals(ModuleRefusedException.Reason.TOO_LARGE, refusal.reason());
    assertTrue(String.valueOf(refusal.getMessage()).contains("raise -Xmx"), refusal.getMessage());
  }

  @Test
  void work_beyond_what_is_free_waits_until_other_work_is_done() throws Exception {
    // given work of 3 MiB each, of which one fits in half of a heap of 8 MiB
    ParseMemory memory = new ParseMemory(8 * MIB);
    AtomicLong now = new AtomicLong();
    AtomicLong most = new AtomicLong();
    CountDownLatch allSubmitted = new CountDownLatch(1);
    ExecutorService threads = Executors.newFixedThreadPool(4);
    List<Future<?>> works = new ArrayList<>();
    // when
    for (int i = 0; i < 12; i++) {
      works.add(
          threads.submit(
              () ->
                  memory.with(
                      3 * MIB,
                      () -> {
                        most.accumulateAndGet(now.incrementAndGet(), Math::max);
                        allSubmitted.await();
                        return now.decrementAndGet();
                      })));
    }
    allSubmitted.countDown();
    for (Future<?> each : works) {
      each.get();
    }
    threads.shutdown();
    // then
    assertEquals(1, most.get());
  }

  @Test
  void work_that_fails_gives_its_memory_back() throws Exception {
    // given
    ParseMemory memory = new ParseMemory(8 * MIB);
    // when
    for (int i = 0; i < 3; i++) {
      assertThrows(
          IllegalStateException.class,
          () ->
              memory.with(
                  4 * MIB,
                  () -> {
                    throw new IllegalStateException("fails");
                  }));
    }
    // then
    assertEquals("done", memory.with(4 * MIB, () -> "done"));
  }

  @Test
  void targets_of_a_branch_count_as_instructions_do() {
    // given a function of six instructions, one of which has 10,000 targets
    byte[] table = join(bytes(0x0E), u32(10_000), times(10_001, bytes(0)));
    byte[] body = ModuleBytes.body(bytes(0), bytes(0x02, 0x40, 0x41, 0), table, bytes(0x0B));
    byte[] wasm =
        ModuleBytes.module(
            section(1, vector(bytes(0x60, 0, 0))),
            section(3, vector(bytes(0))),
            ModuleBytes.MEMORY,
            section(10, vector(body)));
    // when
    CheckedModule checked = ModuleCheck.steady(wasm, true);
    // then
    assertEquals(10_005, checked.instructions().get(0));
    assertEquals(5, ModuleCheck.check(wasm, true).of(ModuleLimit.INSTRUCTIONS));
  }
}
