package org.wasmheap.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.primitives.Bytes;
import com.google.common.util.concurrent.ListenableFuture;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.bouncycastle.crypto.signers.Ed25519Signer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.wasmheap.allocator.BlockLimit;
import org.wasmheap.endive.HostFunction;
import org.wasmheap.endive.PointerSize;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.CallScope;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.guest.GuestCall;
import org.wasmheap.heap.GrowthPolicy;
import org.wasmheap.heap.Heap;
import org.wasmheap.heap.HeapListener;
import org.wasmheap.host.CryptoVectors.Recoverable;
import org.wasmheap.host.CryptoVectors.Signed;
import org.wasmheap.memory.FlatMemory;
import org.wasmheap.memory.LinearMemory;
import org.wasmheap.memory.MemoryAccessException;
import org.wasmheap.pool.CallOptions;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.testkit.CheckedMemory;
import org.wasmheap.testkit.Draws;
import org.wasmheap.testkit.Inputs;
import org.wasmheap.testkit.Property;
import org.wasmheap.testkit.ScopeGuests;
import org.wasmheap.testkit.ThreadAllocation;

class CryptoFunctionsTest {
  private static final HeapExecutor<CallScope> EXECUTOR =
      HeapExecutor.builder(ScopeGuests.withPages(4)).workers(2).build();

  private static final String ED25519 = "ed25519_verify_version_1";
  private static final String SR25519 = "sr25519_verify_version_2";

  /** Functions that verify a signature of a scheme; batches are verified by the same code. */
  private static final Map<String, String> SCHEMES =
      Map.of(
          ED25519,
          "ed25519",
          "sr25519_verify_version_1",
          "sr25519",
          SR25519,
          "sr25519",
          "ecdsa_verify_version_1",
          "ecdsa",
          "ecdsa_verify_version_2",
          "ecdsa");

  @AfterAll
  static void shutDown() {
    EXECUTOR.close();
  }

  /** As runtimes import them: Kusama's 1020, Westend's 1 and 9300, and sp-io's own. */
  @Test
  void each_function_is_offered_in_env_with_the_signature_of_substrate() {
    // given
    String verify = "[I32, I64, I32] -> [I32]";
    String recover = "[I32, I32] -> [I64]";
    Map<String, String> expected =
        Map.ofEntries(
            Map.entry("ext_crypto_ed25519_verify_version_1", verify),
            Map.entry("ext_crypto_sr25519_verify_version_1", verify),
            Map.entry("ext_crypto_sr25519_verify_version_2", verify),
            Map.entry("ext_crypto_ecdsa_verify_version_1", verify),
            Map.entry("ext_crypto_ecdsa_verify_version_2", verify),
            Map.entry("ext_crypto_ecdsa_verify_prehashed_version_1", "[I32, I32, I32] -> [I32]"),
            Map.entry("ext_crypto_secp256k1_ecdsa_recover_version_1", recover),
            Map.entry("ext_crypto_secp256k1_ecdsa_recover_version_2", recover),
            Map.entry("ext_crypto_secp256k1_ecdsa_recover_compressed_version_1", recover),
            Map.entry("ext_crypto_secp256k1_ecdsa_recover_compressed_version_2", recover),
            Map.entry("ext_crypto_start_batch_verify_version_1", "[] -> []"),
            Map.entry("ext_crypto_finish_batch_verify_version_1", "[] -> [I32]"),
            Map.entry("ext_crypto_ed25519_batch_verify_version_1", verify),
            Map.entry("ext_crypto_sr25519_batch_verify_version_1", verify),
            Map.entry("ext_crypto_ecdsa_batch_verify_version_1", verify));
    // when
    List<HostFunction> all = CryptoFunctions.all();
    // then
    assertEquals(
        expected,
        all.stream()
            .collect(
                Collectors.toMap(
                    HostFunction::name, f -> f.type().params() + " -> " + f.type().returns())));
    assertTrue(all.stream().allMatch(f -> f.module().equals("env")));
  }

  /** A bit of what is handed to a function: of the signature, the key and the message in a row. */
  private record Flip(String function, int bit) {
    byte[] flipped(byte[] bytes, int bitsBefore) {
      int own = bit - bitsBefore;
      byte[] result = bytes.clone();
      if (own >= 0 && own < 8 * bytes.length) {
        result[own / 8] ^= (byte) (1 << own % 8);
      }
      return result;
    }

    static Flip draw(Draws draws) {
      String function = draws.oneOf(SCHEMES.keySet().stream().sorted().toArray(String[]::new));
      Signed right = right(function);
      int bytes = right.signature().length + right.key().length + right.message().length;
      return new Flip(function, draws.between(0, 8 * bytes - 1));
    }
  }

  private static Signed right(String function) {
    return CryptoVectors.signed(SCHEMES.get(function), "right");
  }

  @Test
  void no_bit_of_signature_key_or_message_can_be_another() {
    Property.assertHolds(
        400,
        Inputs.of(Flip::draw, flip -> Stream.of()),
        flip -> {
          // given
          Signed right = right(flip.function());
          int signatureBits = 8 * right.signature().length;
          byte[] signature = flip.flipped(right.signature(), 0);
          byte[] key = flip.flipped(right.key(), signatureBits);
          byte[] message = flip.flipped(right.message(), signatureBits + 8 * right.key().length);
          // when, then
          assertFalse(verify(flip.function(), signature, message, key));
        });
  }

  /**
   * Signature and key of bytes that nobody made, where small numbers are as likely as large ones.
   */
  private record Garbage(long seed) {
    byte[] bytes(int part, int length) {
      Random random = new Random(seed + part);
      byte[] bytes = new byte[length];
      for (int i = 0; i < length; i += 32) {
        byte[] number = new byte[Math.min(32, length - i)];
        random.nextBytes(number);
        int zeros = random.nextInt(2 * number.length);
        // From either end, as numbers are written in both orders.
        int from = random.nextBoolean() ? 0 : Math.max(0, number.length - zeros);
        Arrays.fill(number, from, Math.min(number.length, from + zeros), (byte) 0);
        System.arraycopy(number, 0, bytes, i, number.length);
      }
      if (length == 65) {
        bytes[64] = (byte) random.nextInt(5);
      }
      return bytes;
    }
  }

  @Test
  void no_signature_or_key_makes_a_function_fail() {
    Property.assertHolds(
        150,
        Inputs.of(draws -> new Garbage(draws.between(0L, 1L << 48)), garbage -> Stream.of()),
        garbage ->
            call(
                scope -> {
                  for (String name : SCHEMES.keySet()) {
                    boolean isEcdsa = name.startsWith("ecdsa");
                    byte[] signature = garbage.bytes(1, isEcdsa ? 65 : 64);
                    byte[] key = garbage.bytes(2, isEcdsa ? 33 : 32);
                    CryptoCalls.verify(scope, name, signature, garbage.bytes(3, 40), key);
                  }
                  for (int version = 1; version <= 2; version++) {
                    String result =
                        CryptoCalls.recover(
                            scope,
                            "secp256k1_ecdsa_recover_version_" + version,
                            garbage.bytes(1, 65),
                            garbage.bytes(2, 32));
                    assertTrue(result.matches("00[0-9a-f]{128}|010[0-2]"), result);
                  }
                  return true;
                }));
  }

  @Test
  void what_bouncy_castle_signs_with_ed25519_is_right_and_nothing_else_is() {
    Property.assertHolds(
        60,
        Inputs.of(draws -> new Garbage(draws.between(0L, 1L << 48)), garbage -> Stream.of()),
        garbage -> {
          // given
          var secret = new Ed25519PrivateKeyParameters(garbage.bytes(1, 32));
          byte[] key = secret.generatePublicKey().getEncoded();
          byte[] message = garbage.bytes(2, new Random(garbage.seed()).nextInt(300));
          Ed25519Signer signer = new Ed25519Signer();
          signer.init(true, secret);
          signer.update(message, 0, message.length);
          byte[] signature = signer.generateSignature();
          byte[] longer = Arrays.copyOf(message, message.length + 1);
          // when, then
          assertTrue(verify(ED25519, signature, message, key));
          assertFalse(verify(ED25519, signature, longer, key));
        });
  }

  /** Signatures that are right but for what no message mends, as hexadecimal put over a part. */
  @ParameterizedTest
  @CsvSource({
    // s is the order of the group, with and without the mark.
    "sr25519_verify_version_2, 32, edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000090",
    "sr25519_verify_version_1, 32, edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000090",
    "sr25519_verify_version_1, 32, edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010",
    // The key is no encoding of an element, as it is odd.
    "sr25519_verify_version_2, 64, 0100000000000000000000000000000000000000000000000000000000000000",
    "sr25519_verify_version_1, 64, 0100000000000000000000000000000000000000000000000000000000000000",
    // There are ids 0 to 3.
    "ecdsa_verify_version_1, 64, 04",
    "ecdsa_verify_version_2, 64, 04",
    "ecdsa_verify_version_2, 64, ff",
  })
  void what_is_wrong_with_any_message_is_refused_before_the_message_is_read(
      String name, int at, String put) throws Exception {
    // given
    Signed right = right(name);
    byte[] bytes = Bytes.concat(right.signature(), right.key());
    byte[] wrong = HexFormat.of().parseHex(put);
    System.arraycopy(wrong, 0, bytes, at, wrong.length);
    CheckedMemory memory = new CheckedMemory(new FlatMemory(4, 4));
    Heap heap = heap(memory);
    CallScope scope = CallScope.of(heap.begin(1, "test"), null);
    int signature = CryptoCalls.put(scope.heap(), bytes);
    int key = signature + right.signature().length;
    long message = new PointerSize(65_536, 3 * 65_536).packed();
    memory.takeAccesses();
    // when
    long answer = CryptoCalls.run(scope, name, signature, message, key);
    // then signature and key alone were read
    assertEquals(0, answer);
    assertEquals(2, memory.takeAccesses());
    // and a message outside the memory is a trap all the same
    long beyond = new PointerSize(65_536, 3 * 65_536 + 1).packed();
    assertThrows(
        MemoryAccessException.class, () -> CryptoCalls.run(scope, name, signature, beyond, key));
    heap.retire();
  }

  private static Heap heap(LinearMemory memory) {
    Heap heap =
        new Heap(
            "test",
            "test/1",
            memory,
            1024,
            BlockLimit.ON_CHAIN,
            GrowthPolicy.ALLOW_ALL,
            HeapListener.NONE);
    heap.claim();
    return heap;
  }

  // Where results lie.

  @Test
  void a_result_lies_in_a_block_of_its_own_that_the_guest_can_free() throws Exception {
    // given
    Recoverable right = CryptoVectors.recoverable().get(0);
    // when
    List<Integer> pointers =
        call(
            scope -> {
              int signature = CryptoCalls.put(scope.heap(), right.signature());
              int hash = CryptoCalls.put(scope.heap(), right.hash());
              long[] arguments = {signature, hash};
              String name = "secp256k1_ecdsa_recover_version_2";
              PointerSize first = PointerSize.of(CryptoCalls.run(scope, name, arguments));
              scope.heap().free(first.pointer());
              PointerSize second = PointerSize.of(CryptoCalls.run(scope, name, arguments));
              return List.of(signature, hash, first.pointer(), second.pointer());
            });
    // then the next block of that order is the one given back
    assertNotEquals(pointers.get(0), pointers.get(2));
    assertNotEquals(pointers.get(1), pointers.get(2));
    assertEquals(pointers.get(2), pointers.get(3));
  }

  @Test
  void a_heap_without_room_for_a_result_is_the_guests_fault() {
    // when
    var failure =
        assertThrows(
            CallException.class,
            () ->
                call(
                    scope -> {
                      while (true) {
                        CryptoCalls.run(scope, "secp256k1_ecdsa_recover_version_1", 0, 0);
                      }
                    }));
    // then
    assertEquals(FailureKind.ALLOCATOR_FAULT, failure.kind());
  }

  @ParameterizedTest
  @ValueSource(strings = {ED25519, SR25519})
  void a_message_of_memory_that_nobody_wrote_takes_no_memory_for_it(String name) throws Exception {
    // given a right signature, but for the message, as it is the message that takes time
    Signed right = right(name);
    int pages = 256;
    long message = new PointerSize(65_536, (pages - 1) * 65_536L).packed();
    try (var untouched =
        HeapExecutor.builder(ScopeGuests.withUntouchedPages(pages)).workers(1).build()) {
      // when
      long allocated =
          untouched.call(
              CallOptions.named("test"),
              scope -> {
                int signature = CryptoCalls.put(scope.heap(), right.signature());
                int key = CryptoCalls.put(scope.heap(), right.key());
                // Once before: the first use loads classes out of jars.
                CryptoCalls.run(scope, name, signature, 0, key);
                long before = ThreadAllocation.allocated();
                CryptoCalls.run(scope, name, signature, message, key);
                return ThreadAllocation.allocated() - before;
              });
      // then
      assertTrue(allocated < 4 << 20, () -> allocated + " bytes");
    }
  }

  @Test
  void threads_verify_at_once_without_mixing_their_signatures() throws Exception {
    // given
    List<Signed> rows =
        CryptoVectors.signed("sr25519").stream().filter(row -> row.message().length < 400).toList();
    List<ListenableFuture<List<Boolean>>> answers = new ArrayList<>();
    GuestCall<CallScope, List<Boolean>> all =
        scope -> {
          List<Boolean> result = new ArrayList<>();
          for (Signed row : rows) {
            result.add(
                CryptoCalls.verify(scope, SR25519, row.signature(), row.message(), row.key()));
          }
          return result;
        };
    // when
    IntStream.range(0, 8)
        .forEach(i -> answers.add(EXECUTOR.submit(CallOptions.named("test"), all)));
    // then
    List<Boolean> expected = rows.stream().map(Signed::version2).toList();
    for (ListenableFuture<List<Boolean>> answer : answers) {
      assertEquals(expected, answer.get());
    }
  }

  // Before any guest.

  @Test
  void a_preload_goes_through_each_function_on_a_heap_of_two_pages() throws Exception {
    try (var small = HeapExecutor.builder(ScopeGuests.withPages(2)).workers(1).build()) {
      for (HostFunction function : CryptoFunctions.all()) {
        // when
        long blocks =
            small.call(
                CallOptions.named("test"),
                scope -> {
                  function.preload().run(scope);
                  // then no batch is left open
                  CryptoCalls.run(scope, "start_batch_verify_version_1");
                  return CryptoCalls.run(scope, "finish_batch_verify_version_1");
                });
        assertEquals(1, blocks, function::name);
        assertNotEquals(HostFunction.Preload.NONE, function.preload(), function::name);
      }
    }
  }

  private static boolean verify(String name, byte[] signature, byte[] message, byte[] key)
      throws Exception {
    return call(scope -> CryptoCalls.verify(scope, name, signature, message, key));
  }

  private static <T> T call(GuestCall<CallScope, T> call) throws Exception {
    return EXECUTOR.call(CallOptions.named("test"), call);
  }
}
