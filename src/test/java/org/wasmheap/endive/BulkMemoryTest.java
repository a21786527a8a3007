package org.wasmheap.endive;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.pool.CallOptions;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.testkit.Guests;

/** Bulk operations of a guest against a plain array, and gone in the next call. */
@Timeout(60)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BulkMemoryTest {
  private static final CallOptions CALL = CallOptions.named("call");
  private static final int END = 4 * 65_536;

  private final HeapExecutor<EndiveGuest> executor = Guests.onOneWorker(Guests.load("bulk_memory"));

  private byte[] pristine;

  @BeforeAll
  void readPristine() throws Exception {
    pristine = executor.call(CALL, guest -> guest.heap().read(0, END));
  }

  @AfterAll
  void shutDown() {
    executor.close();
  }

  /** Memory after an operation; the next call must not see it. */
  private byte[] after(String export, int first, int second, int length) throws Exception {
    byte[] content =
        executor.call(
            CALL,
            guest -> {
              guest.call(export, first, second, length);
              return guest.heap().read(0, END);
            });
    assertArrayEquals(pristine, executor.call(CALL, guest -> guest.heap().read(0, END)));
    return content;
  }

  @ParameterizedTest
  @CsvSource({
    "0, 262144",
    "0, 1",
    "4095, 2",
    "69631, 2",
    "70000, 100000",
    "262143, 1",
    "262144, 0",
    "1000, 0"
  })
  void fill(int address, int length) throws Exception {
    // given
    byte[] expected = pristine.clone();
    Arrays.fill(expected, address, address + length, (byte) 0xA5);
    // then
    assertArrayEquals(expected, after("fill", address, 0xA5, length));
  }

  @ParameterizedTest
  @CsvSource({"0, 262144", "4010, 1000", "69631, 100000"})
  void fill_with_zeros(int address, int length) throws Exception {
    // given
    byte[] expected = pristine.clone();
    Arrays.fill(expected, address, address + length, (byte) 0);
    // then
    assertArrayEquals(expected, after("fill", address, 0, length));
  }

  @ParameterizedTest
  @CsvSource({
    "4010, 4000, 100",
    "4000, 4010, 100",
    "0, 4000, 4096",
    "200000, 4000, 200",
    "262044, 4000, 100",
    "4000, 200000, 100",
    "69500, 4000, 300",
    "4001, 4000, 258143",
    "0, 1, 262143",
    "1, 0, 262143",
    "262144, 0, 0",
    "0, 262144, 0"
  })
  void copy(int destination, int source, int length) throws Exception {
    // given
    byte[] expected = pristine.clone();
    System.arraycopy(pristine, source, expected, destination, length);
    // then
    assertArrayEquals(expected, after("copy", destination, source, length));
  }

  @ParameterizedTest
  @CsvSource({"0, 0, 13", "4090, 0, 13", "262131, 0, 13", "69628, 3, 10", "262144, 13, 0"})
  void init(int destination, int source, int length) throws Exception {
    // given
    byte[] segment = "passive bytes".getBytes(StandardCharsets.US_ASCII);
    byte[] expected = pristine.clone();
    System.arraycopy(segment, source, expected, destination, length);
    // then
    assertArrayEquals(expected, after("init", destination, source, length));
  }

  @ParameterizedTest
  @CsvSource({
    "fill, 262144, 1, 1",
    "fill, 0, 1, -1",
    "fill, -1, 1, 1",
    "fill, 262145, 1, 0",
    "copy, 262144, 0, 1",
    "copy, 0, 262144, 1",
    "copy, 0, 1, -1",
    "copy, -2147483648, 0, 1",
    "copy, 262145, 0, 0",
    "init, 262132, 0, 13",
    "init, 0, 0, 14",
    "init, 0, 14, 0",
    "init, 0, -1, 2"
  })
  void an_operation_that_leaves_memory_or_segment_is_a_trap(
      String export, int first, int second, int length) {
    // when
    CallException trap =
        assertThrows(
            CallException.class, () -> Guests.run(executor, export, first, second, length));
    // then
    assertEquals(FailureKind.TRAP, trap.kind());
  }

  @Test
  void a_long_run_of_random_operations_matches_an_array() throws Exception {
    // given
    Random random = new Random(4);
    for (int round = 0; round < 40; round++) {
      byte[] expected = pristine.clone();
      // when
      byte[] content =
          executor.call(
              CALL,
              guest -> {
                for (int i = 0; i < 20; i++) {
                  step(guest, expected, random);
                }
                return guest.heap().read(0, END);
              });
      // then
      assertArrayEquals(expected, content);
    }
    assertArrayEquals(pristine, executor.call(CALL, guest -> guest.heap().read(0, END)));
  }

  private static void step(EndiveGuest guest, byte[] model, Random random) {
    int length = random.nextInt(random.nextInt(4) == 0 ? END / 2 : 100);
    int to = random.nextInt(END - length + 1);
    int from = random.nextInt(END - length + 1);
    int value = random.nextInt(3);
    if (random.nextBoolean()) {
      guest.call("fill", to, value, length);
      Arrays.fill(model, to, to + length, (byte) value);
    } else {
      guest.call("copy", to, from, length);
      System.arraycopy(model, from, model, to, length);
    }
  }
}
