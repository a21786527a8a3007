package org.wasmheap.host;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import com.google.common.util.concurrent.ListenableFuture;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import net.jpountz.xxhash.XXHashFactory;
import org.bouncycastle.crypto.digests.Blake2bDigest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.wasmheap.allocator.BlockLimit;
import org.wasmheap.endive.HostFunction;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.CallScope;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.heap.GrowthPolicy;
import org.wasmheap.heap.Heap;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.heap.HeapListener;
import org.wasmheap.memory.FlatMemory;
import org.wasmheap.pool.CallOptions;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.testkit.LogCapture;
import org.wasmheap.testkit.ScopeGuests;
import org.wasmheap.testkit.ThreadAllocation;

class SubstrateHostFunctionsTest {
  private static final int MEMORY_BYTES = 2 * 65_536;

  private final HeapExecutor<CallScope> executor =
      HeapExecutor.builder(ScopeGuests.withPages(2)).workers(4).build();

  @AfterEach
  void shutDown() {
    executor.close();
  }

  /** Parameters and result of each function, from the host API of the Polkadot specification. */
  private static final String SIGNATURES =
      """
      ext_hashing_blake2_128_version_1 [I64] -> [I32]
      ext_hashing_blake2_256_version_1 [I64] -> [I32]
      ext_hashing_keccak_256_version_1 [I64] -> [I32]
      ext_hashing_keccak_512_version_1 [I64] -> [I32]
      ext_hashing_sha2_256_version_1 [I64] -> [I32]
      ext_hashing_twox_64_version_1 [I64] -> [I32]
      ext_hashing_twox_128_version_1 [I64] -> [I32]
      ext_hashing_twox_256_version_1 [I64] -> [I32]
      ext_logging_log_version_1 [I32, I64, I64] -> []
      ext_logging_max_level_version_1 [] -> [I32]
      ext_panic_handler_abort_on_panic_version_1 [I64] -> []
      ext_misc_print_num_version_1 [I64] -> []
      ext_misc_print_utf8_version_1 [I64] -> []
      ext_misc_print_hex_version_1 [I64] -> []
      ext_misc_runtime_version_version_1 [I64] -> [I64]
      ext_storage_get_version_1 [I64] -> [I64]
      ext_storage_read_version_1 [I64, I64, I32] -> [I64]
      ext_storage_set_version_1 [I64, I64] -> []
      ext_storage_clear_version_1 [I64] -> []
      ext_storage_exists_version_1 [I64] -> [I32]
      ext_storage_append_version_1 [I64, I64] -> []
      ext_storage_next_key_version_1 [I64] -> [I64]
      ext_storage_clear_prefix_version_1 [I64] -> []
      ext_storage_clear_prefix_version_2 [I64, I64] -> [I64]
      ext_storage_root_version_1 [] -> [I64]
      ext_storage_root_version_2 [I32] -> [I64]
      ext_storage_changes_root_version_1 [I64] -> [I64]
      ext_storage_start_transaction_version_1 [] -> []
      ext_storage_commit_transaction_version_1 [] -> []
      ext_storage_rollback_transaction_version_1 [] -> []
      ext_default_child_storage_get_version_1 [I64, I64] -> [I64]
      ext_default_child_storage_read_version_1 [I64, I64, I64, I32] -> [I64]
      ext_default_child_storage_set_version_1 [I64, I64, I64] -> []
      ext_default_child_storage_clear_version_1 [I64, I64] -> []
      ext_default_child_storage_exists_version_1 [I64, I64] -> [I32]
      ext_default_child_storage_next_key_version_1 [I64, I64] -> [I64]
      ext_default_child_storage_clear_prefix_version_1 [I64, I64] -> []
      ext_default_child_storage_clear_prefix_version_2 [I64, I64, I64] -> [I64]
      ext_default_child_storage_storage_kill_version_1 [I64] -> []
      ext_default_child_storage_storage_kill_version_2 [I64, I64] -> [I32]
      ext_default_child_storage_storage_kill_version_3 [I64, I64] -> [I64]
      ext_default_child_storage_root_version_1 [I64] -> [I64]
      ext_default_child_storage_root_version_2 [I64, I32] -> [I64]
      ext_trie_blake2_256_root_version_1 [I64] -> [I32]
      ext_trie_blake2_256_root_version_2 [I64, I32] -> [I32]
      ext_trie_blake2_256_ordered_root_version_1 [I64] -> [I32]
      ext_trie_blake2_256_ordered_root_version_2 [I64, I32] -> [I32]
      """;

  @Test
  void each_function_is_offered_in_env_with_the_signature_of_substrate() {
    // given
    Map<String, String> expected =
        SIGNATURES
            .lines()
            .map(line -> line.split(" ", 2))
            .collect(Collectors.toMap(parts -> parts[0], parts -> parts[1]));
    // when
    List<HostFunction> all = SubstrateHostFunctions.all(3, HostCalls.VERSIONS);
    // then, but for what verifies signatures, which is looked at elsewhere
    assertEquals(
        expected,
        all.stream()
            .filter(function -> !function.name().startsWith("ext_crypto_"))
            .collect(Collectors.toMap(HostFunction::name, f -> signature(f))));
    assertTrue(all.stream().allMatch(f -> f.module().equals("env")));
  }

  @Test
  void nobody_tells_versions_where_there_is_no_reader() {
    // when
    List<String> without = SubstrateHostFunctions.all(3).stream().map(HostFunction::name).toList();
    List<String> with =
        SubstrateHostFunctions.all(3, HostCalls.VERSIONS).stream().map(HostFunction::name).toList();
    // then
    List<String> more = new ArrayList<>(with);
    more.removeAll(without);
    assertEquals(List.of("ext_misc_runtime_version_version_1"), more);
    assertEquals(with.size() - 1, without.size());
  }

  @Test
  void a_reader_is_told_the_code_and_how_long_the_call_may_go_on() throws Exception {
    // given
    AtomicReference<byte[]> told = new AtomicReference<>();
    AtomicReference<Duration> time = new AtomicReference<>();
    HostFunction.Body body =
        function(
            SubstrateHostFunctions.all(
                3,
                (code, left) -> {
                  told.set(code);
                  time.set(left);
                  return null;
                }),
            "ext_misc_runtime_version_version_1");
    CallOptions options = CallOptions.named("test").withDeadline(Duration.ofSeconds(20));
    // when
    executor.call(
        options,
        scope -> {
          scope.heap().write(2048, "code".getBytes(UTF_8));
          return body.run(scope, new long[] {packed(2048, 4)});
        });
    // then
    assertArrayEquals("code".getBytes(UTF_8), told.get());
    assertTrue(time.get().compareTo(Duration.ofSeconds(20)) < 0, () -> "" + time.get());
  }

  @Test
  void a_reader_that_fails_is_the_hosts_failure() {
    // given
    HostFunction.Body body =
        function(
            SubstrateHostFunctions.all(
                3,
                (code, left) -> {
                  throw new IOException("no room");
                }),
            "ext_misc_runtime_version_version_1");
    // when
    var failure =
        assertThrows(
            CallException.class,
            () ->
                executor.call(
                    CallOptions.named("test"),
                    scope -> body.run(scope, new long[] {packed(0, 4)})));
    // then
    assertEquals(FailureKind.HOST_FUNCTION, failure.kind());
    assertTrue(failure.getMessage().contains("no room"), failure.getMessage());
  }

  static Stream<HostFunction> all() {
    return HostCalls.FUNCTIONS.values().stream();
  }

  /** As a module's loading does it: without a context, on two pages of zeros. */
  @ParameterizedTest
  @MethodSource("all")
  void each_function_can_be_gone_through_before_any_guest(HostFunction function) throws Exception {
    // given
    Heap heap =
        new Heap(
            "preload",
            "preload/guest",
            new FlatMemory(2, 4),
            1024,
            BlockLimit.ON_CHAIN,
            GrowthPolicy.ALLOW_ALL,
            HeapListener.NONE);
    heap.claim();
    CallScope scope = CallScope.of(heap.begin(0, "preload"), null);
    try (LogCapture log = LogCapture.of(Level.TRACE)) {
      // when
      function.preload().run(scope);
      // then
      assertNull(heap.firstCause());
      assertEquals(List.of(), log.allEvents());
    }
    heap.retire();
  }

  // Hashing. Vectors: RFC 7693, FIPS 180-4, the Keccak team, Substrate's tests of twox.

  @ParameterizedTest
  @CsvSource({
    "blake2_128, '', cae66941d9efbd404e4d88758ea67670",
    "blake2_128, abc, cf4ab791c62b8d2b2109c90275287816",
    "blake2_256, '', 0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8",
    "blake2_256, abc, bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319",
    "keccak_256, '', c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470",
    "keccak_256, abc, 4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45",
    "keccak_512, '', 0eab42de4c3ceb9235fc91acffe746b29c29a8c366b7c60e4e67c466f36a4304"
        + "c00fa9caf9d87976ba469bcbe06713b435f091ef2769fb160cdab33d3670680e",
    "keccak_512, abc, 18587dc2ea106b9a1563e32b3312421ca164c7f1f07bc922a9c83d77cea3a1e5"
        + "d0c69910739025372dc14ac9642629379540c17e2a65b19d77aa511a9d00bb96",
    "sha2_256, '', e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "sha2_256, abc, ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    "twox_64, '', 99e9d85137db46ef",
    "twox_64, abc, 990977adf52cbc44",
    "twox_128, abc, 990977adf52cbc440889329981caa9be",
    "twox_128, System, 26aa394eea5630e07c48ae0c9558cef7",
    "twox_256, abc, 990977adf52cbc440889329981caa9bef7da5770b2b8a05303b75d95360dd62b",
  })
  void hashes_are_those_published(String name, String data, String expected) throws Exception {
    // when
    byte[] hash = hash(name, data.getBytes(UTF_8), expected.length() / 2);
    // then
    assertEquals(expected, HexFormat.of().formatHex(hash));
  }

  @Test
  void a_hash_lies_in_a_block_of_its_own_that_the_guest_can_free() throws Exception {
    // when
    List<Integer> pointers =
        executor.call(
            CallOptions.named("test"),
            scope -> {
              int data = scope.heap().malloc(32);
              int hash = (int) run(scope, "ext_hashing_blake2_256_version_1", packed(data, 32));
              scope.heap().free(hash);
              return List.of(data, hash, scope.heap().malloc(32));
            });
    // then the next block of that order is the one given back
    assertNotEquals(pointers.get(0), pointers.get(1));
    assertEquals(pointers.get(1), pointers.get(2));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"hashing_sha2_256", "hashing_twox_64", "misc_print_utf8", "misc_print_hex"})
  void data_outside_the_memory_is_the_guests_trap(String name) {
    // given
    long beyond = packed(MEMORY_BYTES - 4, 5);
    // when
    var failure =
        assertThrows(CallException.class, () -> call("ext_" + name + "_version_1", beyond));
    // then
    assertTrue(failure.isDeterministic(), failure.getMessage());
  }

  @Test
  void pointer_and_size_are_unsigned() {
    // given a range that would lie inside if either were signed
    long beyond = packed(-4, -1);
    // when
    var failure =
        assertThrows(CallException.class, () -> call("ext_hashing_sha2_256_version_1", beyond));
    // then
    assertTrue(failure.isDeterministic(), failure.getMessage());
  }

  @Test
  void a_heap_that_is_full_is_the_guests_fault() {
    // given no room for the block of a hash
    CallOptions options = CallOptions.named("test");
    // when
    var failure =
        assertThrows(
            CallException.class,
            () ->
                executor.call(
                    options,
                    scope -> {
                      while (true) {
                        run(scope, "ext_hashing_keccak_512_version_1", packed(0, 0));
                      }
                    }));
    // then
    assertTrue(failure.isDeterministic(), failure.getMessage());
  }

  @Test
  void threads_hash_at_once_without_mixing_their_data() throws Exception {
    // given
    List<String> expected = new ArrayList<>();
    List<ListenableFuture<String>> hashes = new ArrayList<>();
    MessageDigest reference = MessageDigest.getInstance("SHA-256");
    // when
    for (int i = 0; i < 400; i++) {
      byte[] data = ("data " + i).repeat(50).getBytes(UTF_8);
      expected.add(HexFormat.of().formatHex(reference.digest(data)));
      hashes.add(
          executor.submit(
              CallOptions.named("test"),
              scope -> HexFormat.of().formatHex(hash(scope, "sha2_256", data, 32))));
    }
    // then
    for (int i = 0; i < expected.size(); i++) {
      assertEquals(expected.get(i), hashes.get(i).get());
    }
  }

  @ParameterizedTest
  @ValueSource(
      ints = {
        GuestBytes.PIECE - 1,
        GuestBytes.PIECE,
        GuestBytes.PIECE + 1,
        2 * GuestBytes.PIECE,
        2 * GuestBytes.PIECE + 33
      })
  void data_of_many_pieces_has_the_hash_of_the_whole(int length) throws Exception {
    // given
    byte[] data = new byte[length];
    new Random(length).nextBytes(data);
    byte[] sha2 = MessageDigest.getInstance("SHA-256").digest(data);
    byte[] blake2 = new byte[32];
    Blake2bDigest reference = new Blake2bDigest(256);
    reference.update(data, 0, length);
    reference.doFinal(blake2, 0);
    ByteBuffer twox = ByteBuffer.allocate(32).order(ByteOrder.LITTLE_ENDIAN);
    for (int seed = 0; seed < 4; seed++) {
      twox.putLong(XXHashFactory.safeInstance().hash64().hash(data, 0, length, seed));
    }
    try (var larger = HeapExecutor.builder(ScopeGuests.withPages(16)).workers(1).build()) {
      // when
      larger.call(
          CallOptions.named("test"),
          scope -> {
            // then
            assertArrayEquals(sha2, hash(scope, "sha2_256", data, 32));
            assertArrayEquals(blake2, hash(scope, "blake2_256", data, 32));
            assertArrayEquals(twox.array(), hash(scope, "twox_256", data, 32));
            return true;
          });
    }
  }

  /** Without BLAKE2 and Keccak, whose implementations make garbage of their own at each block. */
  @ParameterizedTest
  @ValueSource(strings = {"twox_64", "twox_256", "sha2_256"})
  void hashing_memory_that_nobody_wrote_takes_no_memory_for_it(String name) throws Exception {
    // given
    int pages = 1024;
    long range = packed(65_536, (pages - 1) * 65_536);
    try (var untouched =
        HeapExecutor.builder(ScopeGuests.withUntouchedPages(pages)).workers(1).build()) {
      // when
      long allocated =
          untouched.call(
              CallOptions.named("test"),
              scope -> {
                // Once before: the first use loads classes out of jars.
                run(scope, "ext_hashing_" + name + "_version_1", packed(0, 1));
                long before = ThreadAllocation.allocated();
                run(scope, "ext_hashing_" + name + "_version_1", range);
                return ThreadAllocation.allocated() - before;
              });
      // then
      assertTrue(allocated < 1 << 20, () -> allocated + " bytes");
    }
  }

  // The maximum log level.

  @Test
  void guests_are_told_info_if_nothing_else_is_said() throws Exception {
    assertEquals(3, call("ext_logging_max_level_version_1"));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5})
  void guests_are_told_the_level_that_the_host_chose(int level) throws Exception {
    // given
    HostFunction.Body body =
        function(SubstrateHostFunctions.all(level), "ext_logging_max_level_version_1");
    // when
    long told = executor.call(CallOptions.named("test"), scope -> body.run(scope, new long[0]));
    // then
    assertEquals(level, told);
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 6})
  void a_level_that_is_none_is_refused(int level) {
    // when
    var refusal =
        assertThrows(IllegalArgumentException.class, () -> SubstrateHostFunctions.all(level));
    // then
    assertEquals("maxLogLevel is " + level + ", must be 0 to 5", refusal.getMessage());
  }

  private byte[] hash(String name, byte[] data, int length) throws Exception {
    return executor.call(CallOptions.named("test"), scope -> hash(scope, name, data, length));
  }

  private static byte[] hash(CallScope scope, String name, byte[] data, int length)
      throws Exception {
    HeapHandle heap = scope.heap();
    int pointer = heap.malloc(data.length);
    heap.write(pointer, data);
    long result = run(scope, "ext_hashing_" + name + "_version_1", packed(pointer, data.length));
    return heap.read((int) result, length);
  }

  private long call(String name, long... arguments) throws Exception {
    return executor.call(CallOptions.named("test"), scope -> run(scope, name, arguments));
  }

  private static long run(CallScope scope, String name, long... arguments) throws Exception {
    return function(SubstrateHostFunctions.all(), name).run(scope, arguments);
  }

  private static HostFunction.Body function(List<HostFunction> functions, String name) {
    return functions.stream().filter(f -> f.name().equals(name)).findAny().orElseThrow().body();
  }

  private static String signature(HostFunction function) {
    return function.type().params() + " -> " + function.type().returns();
  }

  private static long packed(int pointer, int size) {
    return Integer.toUnsignedLong(size) << 32 | Integer.toUnsignedLong(pointer);
  }
}
