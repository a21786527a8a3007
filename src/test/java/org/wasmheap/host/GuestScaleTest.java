package org.wasmheap.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.wasmheap.endive.PointerSize;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.CallScope;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.pool.CallOptions;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.state.Overlay;
import org.wasmheap.testkit.Inputs;
import org.wasmheap.testkit.Property;
import org.wasmheap.testkit.ScopeGuests;
import org.wasmheap.testkit.ThreadAllocation;

/** Encodings that guests hand over, right, wrong and with claims that nothing stands behind. */
class GuestScaleTest {
  private static final HostCalls CALLS = new HostCalls();

  private static final String PAIRS = "ext_trie_blake2_256_root_version_1";
  private static final String VECTORS = "ext_trie_blake2_256_ordered_root_version_1";
  private static final String LIMIT = "ext_storage_clear_prefix_version_2";

  @AfterAll
  static void shutDown() {
    CALLS.close();
  }

  /** Rules of Compact in parity-scale-codec: one encoding for each number, 32 bits for a length. */
  @ParameterizedTest
  @CsvSource({
    "'', '1 bytes wanted, 0 left'",
    "04, '1 bytes wanted, 0 left'",
    "0408, '2 bytes wanted, 0 left'",
    "04fc0102, '63 bytes wanted, 2 left'",
    "08040104, '1 bytes wanted, 0 left'",
    "01, '2 bytes wanted, 1 left'",
    "0200, '4 bytes wanted, 2 left'",
    "03000000, '4 bytes wanted, 3 left'",
    "0100, a length in more bytes than it takes",
    "fd00, a length in more bytes than it takes",
    "02000000, a length in more bytes than it takes",
    "feff0000, a length in more bytes than it takes",
    "03ffffff3f, a length in more bytes than it takes",
    "07ffffffffff, a length of more than 32 bits",
    "03ffffffff, '4294967295 bytes wanted, 0 left'",
    "0403ffffffff, '4294967295 bytes wanted, 0 left'",
    "feffffff00, '1073741823 bytes wanted, 1 left'",
  })
  void what_is_no_vector_of_byte_vectors_is_the_guests_trap(String input, String why) {
    // when
    CallException failure = failure(VECTORS, HexFormat.of().parseHex(input));
    // then
    assertTrap(failure, why);
  }

  @ParameterizedTest
  @CsvSource({
    "04, '2 bytes wanted, 0 left'",
    "0400, '2 bytes wanted, 1 left'",
    "040461, '1 bytes wanted, 0 left'",
    "08000000, '4 bytes wanted, 3 left'",
    "03ffffffff, '8589934590 bytes wanted, 0 left'",
  })
  void what_is_no_vector_of_pairs_is_the_guests_trap(String input, String why) {
    // when
    CallException failure = failure(PAIRS, HexFormat.of().parseHex(input));
    // then
    assertTrap(failure, why);
  }

  @ParameterizedTest
  @CsvSource({
    "'', '1 bytes wanted, 0 left'",
    "01, '4 bytes wanted, 0 left'",
    "01ffffff, '4 bytes wanted, 3 left'",
    "0200000000, 'an option begins with 0 or 1, not 2'",
    "ff, 'an option begins with 0 or 1, not 255'",
  })
  void what_is_no_option_of_a_number_is_the_guests_trap(String input, String why) {
    // when
    CallException failure = failure(LIMIT, "key", HexFormat.of().parseHex(input));
    // then
    assertTrap(failure, why);
  }

  @Test
  void a_limit_of_2_32_minus_1_is_unsigned() throws Exception {
    // when
    byte[] removal =
        CALLS.call(
            Roots.plain(), guest -> guest.bytes(LIMIT, "key", new byte[] {1, -1, -1, -1, -1}));
    // then
    assertEquals("0002000000", Roots.hex(removal));
  }

  /** Lengths on both sides of each form of a compact number. */
  @ParameterizedTest
  @CsvSource({"0, 00", "63, fc", "64, 0101", "16383, fdff", "16384, 02000100", "100000, 821a0600"})
  void a_value_comes_back_behind_its_length(int length, String compact) throws Exception {
    // given
    Overlay overlay = Roots.empty();
    byte[] value = new byte[length];
    Arrays.fill(value, (byte) 7);
    overlay.set(Roots.bytes("k"), value);
    // when
    byte[] given = CALLS.call(overlay, guest -> guest.bytes("ext_storage_get_version_1", "k"));
    // then
    assertEquals("01" + compact + "07".repeat(length), Roots.hex(given));
  }

  /** Bytes are a value, or they are not: nothing else happens, whatever they are. */
  @Test
  void any_bytes_give_a_root_or_the_guests_trap() {
    Inputs<String> inputs =
        Inputs.of(
            draws -> {
              byte[] bytes = new byte[draws.between(0, 12)];
              for (int i = 0; i < bytes.length; i++) {
                bytes[i] = (byte) (draws.oneIn(2) ? draws.between(0, 16) : draws.between(0, 255));
              }
              return Roots.hex(bytes);
            },
            text -> text.isEmpty() ? Stream.of() : Stream.of(text.substring(2)));
    Property.assertHolds(
        400,
        inputs,
        text -> {
          byte[] bytes = HexFormat.of().parseHex(text);
          for (String function : new String[] {PAIRS, VECTORS}) {
            try {
              CALLS.call(null, guest -> guest.pointed(32, function, bytes));
            } catch (CallException e) {
              assertEquals(FailureKind.TRAP, e.kind(), e.getMessage());
            }
          }
        });
  }

  // More than this host sets aside.

  @Test
  void a_claim_takes_no_memory_before_the_bytes_are_there() throws Exception {
    // given 2^30 - 1 elements, and no byte of them
    byte[] claim = {-2, -1, -1, -1};
    // when
    long allocated =
        CALLS.call(
            null,
            guest -> {
              long before = ThreadAllocation.allocated();
              assertThrows(CallException.class, () -> guest.run(VECTORS, claim));
              return ThreadAllocation.allocated() - before;
            });
    // then
    assertTrue(allocated < 1 << 20, () -> allocated + " bytes");
  }

  @Test
  void very_many_empty_elements_are_the_hosts_shortage() throws Exception {
    // given 2^24 elements of one byte each, all there
    int count = 1 << 24;
    byte[] head = {2, 0, 0, 4};
    try (HeapExecutor<CallScope> untouched =
        HeapExecutor.builder(ScopeGuests.withUntouchedPages(512)).workers(1).build()) {
      // when
      CallException failure =
          assertThrows(
              CallException.class,
              () ->
                  untouched.call(
                      CallOptions.named("test"),
                      scope -> {
                        scope.heap().write(2048, head);
                        return run(scope, VECTORS, new PointerSize(2048, count + 4).packed());
                      }));
      // then
      assertEquals(FailureKind.HOST_FUNCTION, failure.kind());
      assertTrue(
          failure.getMessage().contains("a SCALE value takes more bytes than this host sets aside"),
          failure::getMessage);
    }
  }

  private static long run(CallScope scope, String function, long... arguments) throws Exception {
    return HostCalls.FUNCTIONS.get(function).body().run(scope, arguments);
  }

  private static CallException failure(String function, Object... arguments) {
    return assertThrows(
        CallException.class,
        () -> CALLS.call(Roots.plain(), guest -> guest.run(function, arguments)));
  }

  private static void assertTrap(CallException failure, String why) {
    assertEquals(FailureKind.TRAP, failure.kind(), failure::getMessage);
    assertTrue(
        failure.getMessage().contains("a host function was given no SCALE value: " + why),
        failure::getMessage);
  }
}
