package org.wasmheap.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
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

/** The call convention, on a guest that shows what it gets and returns what it is told to. */
@Timeout(60)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SubstrateRuntimeTest {
  private static final int HEAP_BASE = 1024;

  private final SubstrateRuntime runtime =
      SubstrateRuntime.load(
          RuntimeCode.of("convention", Guests.wasm("convention")),
          HeapStrategy.ofDynamic(4),
          List.of());

  private final HeapExecutor<EndiveGuest> executor = Guests.onOneWorker(runtime);

  @AfterAll
  void shutDown() {
    executor.close();
  }

  private byte[] call(String export, byte... input) throws InterruptedException {
    return executor.call(CallOptions.named(export), runtime.call(export, input));
  }

  /** Makes the guest return this range. */
  private byte[] range(int pointer, int length) throws InterruptedException {
    return call("range", numbers(pointer, length));
  }

  private static byte[] numbers(int first, int second) {
    return ByteBuffer.allocate(8)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(first)
        .putInt(second)
        .array();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 8, 1000, 65_536})
  void the_input_is_placed_by_the_allocator_also_when_it_is_empty(int length) throws Exception {
    // when
    byte[] arguments = call("arguments", new byte[length]);
    // then
    assertArrayEquals(numbers(HEAP_BASE + 8, length), arguments);
  }

  @Test
  void the_bytes_of_the_input_arrive() throws Exception {
    // given
    byte[] input = new byte[70_000];
    Arrays.fill(input, (byte) 0x5A);
    // when
    byte[] result = call("increment", input);
    // then
    assertEquals(0x5B, result[0]);
    assertArrayEquals(
        Arrays.copyOfRange(input, 1, input.length), Arrays.copyOfRange(result, 1, result.length));
    assertEquals(0x5A, input[0]);
  }

  @Test
  void an_input_that_is_too_large_for_a_block_is_a_fault_of_the_allocator() throws Exception {
    // when
    CallException failure =
        assertThrows(CallException.class, () -> call("arguments", new byte[(32 << 20) + 1]));
    // then
    assertEquals(FailureKind.ALLOCATOR_FAULT, failure.kind());
    assertEquals(
        AllocatorFault.REQUEST_TOO_LARGE, ((AllocatorException) failure.getCause()).fault());
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "1, 0", "131072, 0", "131071, 1", "131064, 8", "0, 131072"})
  void a_result_inside_memory_is_copied_out(int pointer, int length) throws Exception {
    assertEquals(length, range(pointer, length).length);
  }

  @ParameterizedTest
  @CsvSource({
    "131072, 1",
    "131071, 2",
    "131073, 0",
    "0, 131073",
    "-1, 0",
    "-1, 1",
    "-1, 2",
    "0, -1",
    "8, -8",
    "-2147483648, 0",
    "-1, -1",
    "-2147483648, -2147483648"
  })
  void a_result_that_leaves_memory_is_the_guests_failure(int pointer, int length) throws Exception {
    // when
    CallException failure = assertThrows(CallException.class, () -> range(pointer, length));
    // then
    assertEquals(FailureKind.RESULT_OUT_OF_BOUNDS, failure.kind());
    assertTrue(failure.isDeterministic());
    assertTrue(
        failure
            .getMessage()
            .contains(
                Integer.toUnsignedString(length)
                    + " bytes at address "
                    + Integer.toUnsignedString(pointer)),
        failure.getMessage());
    assertEquals(0, range(0, 0).length);
  }

  @ParameterizedTest
  @ValueSource(strings = {"arguments", "range", "increment"})
  void a_function_from_pointer_and_length_to_a_packed_result_is_an_entry(String export) {
    assertTrue(runtime.hasEntry(export));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "nothing",
        "",
        "__heap_base",
        "no_parameters",
        "other_result",
        "other_parameters",
        "imported"
      })
  void anything_else_is_no_entry(String export) {
    assertFalse(runtime.hasEntry(export));
    assertThrows(IllegalArgumentException.class, () -> runtime.call(export, new byte[0]));
  }
}
