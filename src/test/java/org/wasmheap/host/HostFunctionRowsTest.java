package org.wasmheap.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.host.HostCalls.At;
import org.wasmheap.state.Overlay;
import run.endive.wasm.types.ValType;

/** Each host function: what it gives, and how it fails. */
class HostFunctionRowsTest {
  private static final HostCalls CALLS = new HostCalls();

  private static final long MEMORY_BYTES = HostCalls.MEMORY_BYTES;

  /** Ranges that leave the memory, some of which a signed sum or size would hold to be inside. */
  private static final Map<String, Long> OUTSIDE =
      new TreeMap<>(
          Map.of(
              "one byte beyond the end", range(MEMORY_BYTES - 3, 4),
              "nothing, beyond the end", range(MEMORY_BYTES + 1, 0),
              "2^31 bytes", range(0, 1L << 31),
              "2^32 - 1 bytes", range(16, (1L << 32) - 1),
              "from 2^31 on", range(1L << 31, 4),
              "round the end of all addresses", range((1L << 32) - 4, 8),
              "all bits set", -1L));

  @AfterAll
  static void shutDown() {
    CALLS.close();
  }

  /** A call, and which of its arguments is replaced. */
  private record Replaced(HostRow row, int index) {
    Object[] with(Object other) {
      Object[] arguments = row.arguments().toArray();
      arguments[index] = other;
      return arguments;
    }

    @Override
    public String toString() {
      return row.function() + ", argument " + index;
    }
  }

  static List<HostRow> rows() {
    return HostRows.all();
  }

  @ParameterizedTest
  @MethodSource("rows")
  void a_function_gives_what_is_known_from_outside(HostRow row) throws Exception {
    // given
    Overlay overlay = row.overlay().get();
    // when
    CALLS.call(
        overlay,
        guest -> {
          // then
          row.given().check(guest, row.name(), row.arguments().toArray());
          return null;
        });
    row.after().accept(overlay);
  }

  @Test
  void each_function_has_a_row() {
    // given all but the abort, which never goes well
    TreeSet<String> functions = new TreeSet<>(HostCalls.FUNCTIONS.keySet());
    functions.remove("ext_panic_handler_abort_on_panic_version_1");
    // then
    assertEquals(
        functions,
        rows().stream().map(HostRow::name).collect(Collectors.toCollection(TreeSet::new)));
  }

  /** For each function, each argument that is a range. */
  static Stream<Replaced> ranges() {
    return firstRows()
        .flatMap(row -> replaced(row, index -> isRange(row, index)))
        .filter(each -> !each.row().name().equals("ext_misc_print_num_version_1"));
  }

  /** For each function, each argument that is the address of bytes. */
  static Stream<Replaced> addresses() {
    return firstRows()
        .flatMap(row -> replaced(row, index -> row.arguments().get(index) instanceof At));
  }

  private static Stream<HostRow> firstRows() {
    Map<String, HostRow> first = new TreeMap<>();
    rows().forEach(row -> first.putIfAbsent(row.name(), row));
    HostRow abort = HostRow.row("panic_handler_abort_on_panic_version_1", "outside", "text");
    return Stream.concat(first.values().stream(), Stream.of(abort));
  }

  private static boolean isRange(HostRow row, int index) {
    return HostCalls.parameters(row.name()).get(index).equals(ValType.I64);
  }

  private static Stream<Replaced> replaced(HostRow row, IntPredicate which) {
    return IntStream.range(0, row.arguments().size())
        .filter(which)
        .mapToObj(index -> new Replaced(row, index));
  }

  @ParameterizedTest
  @MethodSource("ranges")
  void a_range_outside_the_memory_is_the_guests_trap(Replaced replaced) {
    OUTSIDE.forEach(
        (what, range) -> {
          // given
          Overlay overlay = replaced.row().overlay().get();
          // when
          CallException failure = failure(overlay, replaced.row().name(), replaced.with(range));
          // then
          assertEquals(FailureKind.TRAP, failure.kind(), () -> what + ": " + failure);
          assertTrue(failure.isDeterministic());
        });
  }

  /** What stands at an address has 32 bytes at least. */
  @ParameterizedTest
  @MethodSource("addresses")
  void an_address_outside_the_memory_is_the_guests_trap(Replaced replaced) {
    for (int address :
        new int[] {HostCalls.MEMORY_BYTES - 31, HostCalls.MEMORY_BYTES, 1 << 31, -32, -1}) {
      // when
      CallException failure = failure(Roots.plain(), replaced.row().name(), replaced.with(address));
      // then
      assertEquals(FailureKind.TRAP, failure.kind(), () -> address + ": " + failure);
      assertTrue(failure.isDeterministic());
    }
  }

  static Stream<HostRow> functionsOfStorage() {
    return rows().stream().filter(row -> row.function().contains("storage_"));
  }

  @ParameterizedTest
  @MethodSource("functionsOfStorage")
  void a_function_of_the_storage_fails_as_the_hosts_doing_without_an_overlay(HostRow row) {
    // when
    CallException failure = failure(null, row.name(), row.arguments().toArray());
    // then
    assertEquals(FailureKind.HOST_FUNCTION, failure.kind());
    assertFalse(failure.isDeterministic());
    assertTrue(
        failure.getMessage().contains("needs a context of type org.wasmheap.state.Overlay"),
        failure::getMessage);
  }

  @ParameterizedTest
  @CsvSource({
    "storage_root_version_2, 2",
    "storage_root_version_2, -1",
    "storage_root_version_2, 256",
    "default_child_storage_root_version_2, 2",
    "trie_blake2_256_root_version_2, 2",
    "trie_blake2_256_ordered_root_version_2, 2147483647",
  })
  void a_state_version_that_is_neither_0_nor_1_is_the_guests_trap(String function, int version) {
    // given
    boolean alone = function.startsWith("storage");
    Object[] arguments = alone ? new Object[] {version} : new Object[] {"\0", version};
    // when
    CallException failure = failure(Roots.plain(), "ext_" + function, arguments);
    // then
    assertEquals(FailureKind.TRAP, failure.kind());
    assertTrue(
        failure.getMessage().contains("the state version " + Integer.toUnsignedString(version)),
        failure::getMessage);
  }

  @ParameterizedTest
  @CsvSource({"commit", "rollback"})
  void a_transaction_that_was_never_opened_is_closed_as_the_guests_trap(String step) {
    // when
    CallException failure =
        failure(Roots.plain(), "ext_storage_" + step + "_transaction_version_1");
    // then
    assertEquals(FailureKind.TRAP, failure.kind());
    assertTrue(
        failure.getMessage().contains("no storage transaction is open for the guest's " + step),
        failure::getMessage);
  }

  private static CallException failure(Overlay overlay, String function, Object... arguments) {
    return assertThrows(
        CallException.class, () -> CALLS.call(overlay, guest -> guest.run(function, arguments)));
  }

  private static long range(long pointer, long size) {
    return size << Integer.SIZE | pointer;
  }
}
