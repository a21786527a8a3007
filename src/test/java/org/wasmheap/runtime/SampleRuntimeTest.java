package org.wasmheap.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.wasmheap.allocator.AllocatorException;
import org.wasmheap.allocator.AllocatorFault;
import org.wasmheap.endive.EndiveGuest;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.pool.CallOptions;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.testkit.Guests;
import org.wasmheap.testkit.Samples;

/** The sample runtime, whose entries and their bytes are listed beside its source. */
@Timeout(60)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SampleRuntimeTest {
  /** What the entry that looks for traces of earlier calls finds on a pristine heap: 0 and 42. */
  private static final String PRISTINE = "000000002a000000";

  private final SubstrateRuntime sample = Samples.load(HeapStrategy.ofStatic(64));
  private final HeapExecutor<EndiveGuest> executor = Guests.onOneWorker(sample);

  @AfterAll
  void shutDown() {
    executor.close();
  }

  private byte[] call(String export, byte... input) throws InterruptedException {
    return executor.call(CallOptions.named(export), sample.call(export, input));
  }

  private void assertPristine() throws InterruptedException {
    assertEquals(PRISTINE, HexFormat.of().formatHex(call("test_dirty")));
  }

  private static byte[] little(long value, int width) {
    byte[] bytes = new byte[Long.BYTES];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(value);
    return Arrays.copyOf(bytes, width);
  }

  @Test
  void the_version_is_decoded() throws Exception {
    // when
    byte[] version = call("Core_version");
    // then
    assertEquals(88, version.length);
    RuntimeVersion decoded = RuntimeVersion.decode(version);
    assertEquals("wasm-heap-sample", decoded.specName());
    assertEquals(1, decoded.specVersion());
    assertEquals(OptionalLong.of(6), decoded.apiVersion("BlockBuilder"));
    assertEquals(OptionalLong.of(1), decoded.transactionVersion());
    assertEquals(1, decoded.stateVersion());
  }

  @Test
  void transfers_give_the_result_that_they_always_gave() throws Exception {
    // given
    byte[] block = call("Sample_block");
    for (int round = 0; round < 3; round++) {
      // when
      byte[] result = call("Sample_transfers", block);
      // then
      assertEquals(
          "292f39c9c502dbb1d5e0adbdb7c534f2c36e39bd3841095148a645fc86ca39e1"
              + "09ba5b511b0e17b3ea36b6e14ecc9412c9e90cd93e3b33f257cf93475c2db713"
              + "5c000000080000001b000000",
          HexFormat.of().formatHex(result));
    }
  }

  @Test
  void each_of_many_transfers_is_applied_or_rejected() throws Exception {
    // given
    byte[] input =
        ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN).putInt(2000).putLong(7).array();
    byte[] block = call("Sample_block", input);
    // when
    byte[] result = call("Sample_transfers", block);
    // then
    ByteBuffer figures = ByteBuffer.wrap(result).order(ByteOrder.LITTLE_ENDIAN).position(64);
    assertEquals(2000, figures.getInt() + figures.getInt());
    assertArrayEquals(result, call("Sample_transfers", block));
  }

  @Test
  void an_echo_is_the_input() throws Exception {
    // given
    byte[] input = "as it was".getBytes(StandardCharsets.UTF_8);
    // then
    assertArrayEquals(input, call("test_echo", input));
  }

  @Test
  void an_empty_result_is_a_result() throws Exception {
    // The guest returns length 0 at pointer 1, as Rust does for what has no bytes.
    assertEquals(0, call("test_echo").length);
  }

  @Test
  void a_sum_is_that_of_the_bytes() throws Exception {
    assertArrayEquals(little(6, 8), call("test_sum", (byte) 1, (byte) 2, (byte) 3));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "test_dirty",
        "test_write_everywhere",
        "test_grow_forever",
        "Sample_block",
        "Core_version"
      })
  void nothing_is_left_of_a_call_that_ends_well(String export) throws Exception {
    for (int round = 0; round < 3; round++) {
      // when
      call(export);
      // then
      assertPristine();
    }
  }

  @Test
  void nothing_is_left_of_pages_that_were_touched() throws Exception {
    // when
    byte[] touched = call("test_touch_pages", little(60, 4));
    // then
    assertArrayEquals(little(60, 4), touched);
    assertPristine();
  }

  @ParameterizedTest
  @CsvSource({
    "test_trap, unreachable",
    "test_panic, unreachable",
    "test_divide_by_zero, integer divide by zero",
    "test_read_out_of_bounds, out of bounds memory access",
    "test_write_out_of_bounds, out of bounds memory access",
    "Core_execute_block, unreachable",
    "Sample_transfers, unreachable"
  })
  void a_guest_that_traps_fails_and_the_next_call_is_right(String export, String reason)
      throws Exception {
    // when
    CallException failure = assertThrows(CallException.class, () -> call(export));
    // then
    assertEquals(FailureKind.TRAP, failure.kind());
    assertTrue(failure.isDeterministic());
    assertTrue(failure.getMessage().contains(reason), failure.getMessage());
    assertPristine();
  }

  @Test
  void an_import_that_nobody_provides_is_known_at_load_and_fails_the_call_that_reaches_it()
      throws Exception {
    // given
    String missing = "env.ext_sample_not_provided_version_1";
    assertEquals(List.of(missing), sample.missingImports());
    // when
    CallException failure = assertThrows(CallException.class, () -> call("test_missing_import"));
    // then
    assertEquals(FailureKind.MISSING_IMPORT, failure.kind());
    assertFalse(failure.isDeterministic());
    assertTrue(failure.getMessage().contains(missing), failure.getMessage());
    assertPristine();
  }

  @ParameterizedTest
  @CsvSource({
    "test_forge_header, INVALID_LINK",
    "test_forge_order, INVALID_ORDER",
    "test_double_free, EMPTY_HEADER",
    "test_free_wild, INVALID_POINTER",
    "test_alloc_too_large, REQUEST_TOO_LARGE",
    "test_alloc_huge, REQUEST_TOO_LARGE",
    "test_alloc_forever, OUT_OF_SPACE"
  })
  void a_guest_that_breaks_its_heap_fails_and_the_next_call_is_right(
      String export, AllocatorFault fault) throws Exception {
    // given
    long poisoned = executor.statistics().poisoned();
    // when
    CallException failure = assertThrows(CallException.class, () -> call(export));
    // then
    assertEquals(FailureKind.ALLOCATOR_FAULT, failure.kind());
    assertTrue(failure.isDeterministic());
    assertEquals(fault, assertInstanceOf(AllocatorException.class, failure.getCause()).fault());
    assertEquals(poisoned + 1, executor.statistics().poisoned());
    assertPristine();
  }

  @ParameterizedTest
  @ValueSource(strings = {"test_result_out_of_bounds", "test_result_huge"})
  void a_guest_whose_result_leaves_memory_fails_and_the_next_call_is_right(String export)
      throws Exception {
    // when
    CallException failure = assertThrows(CallException.class, () -> call(export));
    // then
    assertEquals(FailureKind.RESULT_OUT_OF_BOUNDS, failure.kind());
    assertPristine();
  }

  @Test
  void a_guest_that_loops_for_ever_passes_its_deadline_and_the_next_call_is_right()
      throws Exception {
    // given
    CallOptions options = CallOptions.named("loop").withDeadline(Duration.ofMillis(200));
    // when
    CallException failure =
        assertThrows(
            CallException.class,
            () -> executor.call(options, sample.call("test_loop_forever", new byte[0])));
    // then
    assertEquals(FailureKind.DEADLINE, failure.kind());
    assertPristine();
  }

  @Test
  void a_guest_that_recurses_for_ever_overflows_the_stack_and_the_next_call_is_right()
      throws Exception {
    // when
    CallException failure = assertThrows(CallException.class, () -> call("test_recurse_forever"));
    // then
    assertEquals(FailureKind.STACK_OVERFLOW, failure.kind());
    assertPristine();
  }

  @Test
  void a_guest_that_fails_again_and_again_is_replaced_each_time() throws Exception {
    // given
    assertPristine();
    long before = executor.statistics().replaced();
    // when
    for (int round = 0; round < 5; round++) {
      assertThrows(CallException.class, () -> call("test_alloc_forever"));
      assertThrows(CallException.class, () -> call("test_write_out_of_bounds"));
      assertPristine();
    }
    // then
    assertEquals(before + 10, executor.statistics().replaced());
  }
}
