package org.wasmheap.host;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.wasmheap.allocator.BlockLimit;
import org.wasmheap.endive.PointerSize;
import org.wasmheap.guest.CallScope;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.heap.GrowthPolicy;
import org.wasmheap.heap.Heap;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.heap.HeapListener;
import org.wasmheap.memory.LinearMemory;
import org.wasmheap.state.Overlay;
import org.wasmheap.testkit.ThreadAllocation;

/** Addresses and sizes of 2^31 and more that lie inside a memory of 4 GiB. */
class HugeRangesTest {
  private static final long HALF = 1L << 31;

  /** An address in the upper half. */
  private static final int HIGH = 0xC000_0000;

  private final Heap heap =
      new Heap(
          "test",
          "test/1",
          LinearMemory.sparse(65_536, 65_536),
          1024,
          BlockLimit.ON_CHAIN,
          GrowthPolicy.ALLOW_ALL,
          HeapListener.NONE);

  private final Overlay overlay = Roots.plain();
  private CallScope scope;

  @BeforeEach
  void begin() {
    heap.claim();
    scope = CallScope.of(heap.begin(1, "test"), overlay);
  }

  @AfterEach
  void retire() {
    heap.retire();
  }

  @ParameterizedTest
  @CsvSource({
    "ext_storage_get_version_1, 1",
    "ext_storage_set_version_1, 2",
    "ext_storage_clear_version_1, 1",
    "ext_storage_append_version_1, 2",
    "ext_storage_clear_prefix_version_1, 1",
    "ext_default_child_storage_get_version_1, 2",
    "ext_default_child_storage_storage_kill_version_1, 1",
    "ext_misc_runtime_version_version_1, 1",
  })
  void what_no_array_holds_is_the_hosts_shortage_and_takes_no_memory(String function, int ranges) {
    // given
    long[] arguments = new long[ranges];
    Arrays.fill(arguments, new PointerSize(16, HALF).packed());
    long before = ThreadAllocation.allocated();
    // when
    var failure = assertThrows(IllegalStateException.class, () -> run(function, arguments));
    // then
    assertTrue(ThreadAllocation.allocated() - before < 1 << 20);
    assertFalse(FailureKind.of(failure).isDeterministic());
    assertTrue(
        failure.getMessage().contains("2147483648 bytes is more than this host copies"),
        failure::getMessage);
  }

  @Test
  void a_key_in_the_upper_half_is_read_as_any_other() throws Exception {
    // given
    HeapHandle memory = scope.heap();
    memory.write(HIGH, Roots.bytes("key1"));
    // when
    PointerSize range =
        PointerSize.of(run("ext_storage_get_version_1", new PointerSize(HIGH, 4).packed()));
    // then
    assertEquals("011876616c756531", Roots.hex(memory.read(range.pointer(), (int) range.size())));
  }

  @Test
  void a_buffer_of_more_than_two_gibibytes_takes_the_value() throws Exception {
    // given
    HeapHandle memory = scope.heap();
    memory.write(16, Roots.bytes("key1"));
    long buffer = new PointerSize(2048, HALF + 2048).packed();
    // when
    long range = run("ext_storage_read_version_1", new PointerSize(16, 4).packed(), buffer, 1);
    // then
    assertEquals("0105000000", Roots.hex(memory.read((int) range, 5)));
    assertArrayEquals(Roots.bytes("alue1\0"), memory.read(2048, 6));
  }

  @Test
  void a_vector_in_a_range_of_more_than_two_gibibytes_is_what_stands_at_its_beginning()
      throws Exception {
    // when
    long pointer =
        run("ext_trie_blake2_256_ordered_root_version_1", new PointerSize(2048, HALF).packed());
    // then
    assertEquals(Roots.of("empty_v0"), Roots.hex(scope.heap().read((int) pointer, 32)));
  }

  @Test
  void a_text_of_more_than_two_gibibytes_is_cut() throws Exception {
    // when
    run("ext_misc_print_utf8_version_1", new PointerSize(2048, HALF).packed());
    // then
    assertTrue(scope.guestWords().length() < 1_200, scope.guestWords());
  }

  private long run(String function, long... arguments) throws Exception {
    return HostCalls.FUNCTIONS.get(function).body().run(scope, arguments);
  }
}
