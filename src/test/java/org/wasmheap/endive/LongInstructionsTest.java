package org.wasmheap.endive;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.common.util.concurrent.ListenableFuture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.wasmheap.allocator.BlockLimit;
import org.wasmheap.endive.EndiveModule.MemorySize;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.pool.CallOptions;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.testkit.StraightLine;

/** Guests that do much in a straight line, where the engine does not look for interrupts. */
@Timeout(300)
class LongInstructionsTest {
  private static final int PAGES = 1024;
  private static final int HALF = PAGES / 2 * 65_536;

  private static EndiveModule load(byte[] wasm) {
    return EndiveModule.load(wasm, MemorySize::new, List.of(), BlockLimit.ON_CHAIN);
  }

  /** With all memory real first: what was never written is copied at no cost. */
  private static long[] attack(EndiveGuest guest) {
    guest.heap().write(2 * HALF - 1, new byte[] {1});
    return guest.call("attack");
  }

  /** Seconds of work on any machine, in a row of long instructions. */
  static Stream<Arguments> attacks() {
    return Stream.of(
        Arguments.of("copies", StraightLine.ofCopies(PAGES, 3000, 0, HALF - 99, HALF)),
        Arguments.of("copies upwards", StraightLine.ofCopies(PAGES, 3000, HALF - 99, 0, HALF)),
        Arguments.of("fills", StraightLine.ofFills(PAGES, 3000, 0, 1, HALF)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("attacks")
  void a_deadline_ends_long_instructions_in_a_straight_line_and_no_thread_is_lost(
      String name, byte[] wasm) throws Exception {
    // given
    try (HeapExecutor<EndiveGuest> executor =
        HeapExecutor.builder(load(wasm))
            .name("straight")
            .workers(2)
            .defaultDeadline(Duration.ofSeconds(60))
            .grace(Duration.ofSeconds(2))
            .build()) {
      executor.awaitReady(Duration.ofSeconds(60));
      CallOptions shortly = CallOptions.named("attack").withDeadline(Duration.ofMillis(400));
      List<ListenableFuture<long[]>> attacks = new ArrayList<>();
      // when
      for (int i = 0; i < 4; i++) {
        attacks.add(executor.submit(shortly, LongInstructionsTest::attack));
      }
      for (ListenableFuture<long[]> attack : attacks) {
        ExecutionException failure =
            assertThrows(ExecutionException.class, () -> attack.get(60, SECONDS));
        assertEquals(FailureKind.DEADLINE, ((CallException) failure.getCause()).kind());
      }
      // then
      for (int i = 0; i < 4; i++) {
        executor.call(CallOptions.named("good"), guest -> guest.call("good"));
      }
      assertEquals(0, executor.statistics().abandonedThreads());
    }
  }

  @Test
  void a_call_that_nobody_interrupts_runs_them_all() throws Exception {
    // given
    byte[] wasm = StraightLine.ofCopies(4, 50, 1, 0, 3 * 65_536);
    try (HeapExecutor<EndiveGuest> executor =
        HeapExecutor.builder(load(wasm)).name("straight").workers(1).build()) {
      // when
      byte[] low =
          executor.call(
              CallOptions.named("attack"),
              guest -> {
                guest.heap().write(0, new byte[] {7});
                guest.call("attack");
                return guest.heap().read(0, 60);
              });
      // then each copy moved the first byte on by one
      for (int i = 0; i < low.length; i++) {
        assertEquals(i <= 50 ? 7 : 0, low[i], "at " + i);
      }
    }
  }
}
