package org.wasmheap.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.wasmheap.guest.CallScope;
import org.wasmheap.guest.GuestCall;
import org.wasmheap.host.CryptoVectors.Recoverable;
import org.wasmheap.host.CryptoVectors.Signed;
import org.wasmheap.pool.CallOptions;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.testkit.ScopeGuests;

/** Signatures, right and wrong, are held to be what other implementations hold them to be. */
class CryptoVectorsTest {
  private static final HeapExecutor<CallScope> EXECUTOR =
      HeapExecutor.builder(ScopeGuests.withPages(48)).workers(1).build();

  @AfterAll
  static void shutDown() {
    EXECUTOR.close();
  }

  static List<Signed> sr25519() {
    return CryptoVectors.signed("sr25519");
  }

  static List<Signed> ed25519() {
    return CryptoVectors.signed("ed25519");
  }

  static List<Signed> ecdsa() {
    return CryptoVectors.signed("ecdsa");
  }

  static List<Recoverable> recoverable() {
    return CryptoVectors.recoverable();
  }

  @ParameterizedTest
  @MethodSource("sr25519")
  void sr25519_is_as_schnorrkel_has_it(Signed row) throws Exception {
    assertEquals(row.version1(), verify("sr25519_verify_version_1", row));
    assertEquals(row.version2(), verify("sr25519_verify_version_2", row));
    assertEquals(row.version2(), verify("sr25519_batch_verify_version_1", row));
  }

  @ParameterizedTest
  @MethodSource("ed25519")
  void ed25519_is_as_zip_215_has_it(Signed row) throws Exception {
    assertEquals(row.version2(), verify("ed25519_verify_version_1", row));
    assertEquals(row.version2(), verify("ed25519_batch_verify_version_1", row));
  }

  /** The conformance test of ZIP 215: its authors sign "Zcash" with each pair of these. */
  @Test
  void ed25519_takes_keys_and_nonces_of_small_order_in_all_their_encodings() throws Exception {
    // given
    List<byte[]> encodings = CryptoVectors.byteArrays("ed25519_small_order");
    assertEquals(14, encodings.size());
    byte[] message = {'Z', 'c', 'a', 's', 'h'};
    call(
        scope -> {
          for (byte[] nonce : encodings) {
            for (byte[] key : encodings) {
              // when
              byte[] signature = Arrays.copyOf(nonce, 64);
              boolean right =
                  CryptoCalls.verify(scope, "ed25519_verify_version_1", signature, message, key);
              // then
              assertTrue(right, () -> HexFormat.of().formatHex(signature));
            }
          }
          return true;
        });
  }

  /** RFC 8032, section 7.1. */
  @ParameterizedTest
  @CsvSource({
    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a, '',"
        + "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e3970"
        + "1cf9b46bd25bf5f0595bbe24655141438e7a100b",
    "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c, 72,"
        + "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613"
        + "d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025, af82,"
        + "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760"
        + "984dc6594a7c15e9716ed28dc027beceea1ec40a",
  })
  void ed25519_is_as_rfc_8032_has_it(String key, String message, String signature)
      throws Exception {
    // given
    HexFormat hex = HexFormat.of();
    byte[] bytes = hex.parseHex(message);
    // when
    boolean right =
        call(
            scope ->
                CryptoCalls.verify(
                    scope,
                    "ed25519_verify_version_1",
                    hex.parseHex(signature),
                    bytes,
                    hex.parseHex(key)));
    // then
    assertTrue(right);
  }

  @ParameterizedTest
  @MethodSource("ecdsa")
  void ecdsa_is_as_libsecp256k1_has_it(Signed row) throws Exception {
    assertEquals(row.version1(), verify("ecdsa_verify_version_1", row));
    assertEquals(row.version2(), verify("ecdsa_verify_version_2", row));
    assertEquals(row.version2(), verify("ecdsa_batch_verify_version_1", row));
  }

  @ParameterizedTest
  @MethodSource("ecdsa")
  void ecdsa_of_a_hash_is_as_libsecp256k1_has_it(Signed row) throws Exception {
    // when
    long answer =
        call(
            scope ->
                CryptoCalls.run(
                    scope,
                    "ecdsa_verify_prehashed_version_1",
                    CryptoCalls.put(scope.heap(), row.signature()),
                    CryptoCalls.put(scope.heap(), row.hash()),
                    CryptoCalls.put(scope.heap(), row.key())));
    // then
    assertEquals(row.version2() ? 1 : 0, answer);
  }

  @ParameterizedTest
  @MethodSource("recoverable")
  void a_recovered_key_is_that_of_libsecp256k1(Recoverable row) throws Exception {
    assertEquals(row.result("version1"), recover("recover_version_1", row));
    assertEquals(row.result("version2"), recover("recover_version_2", row));
    assertEquals(row.result("version1_compressed"), recover("recover_compressed_version_1", row));
    assertEquals(row.result("version2_compressed"), recover("recover_compressed_version_2", row));
  }

  private static boolean verify(String name, Signed row) throws Exception {
    return call(
        scope -> CryptoCalls.verify(scope, name, row.signature(), row.message(), row.key()));
  }

  private static String recover(String name, Recoverable row) throws Exception {
    return call(
        scope ->
            CryptoCalls.recover(scope, "secp256k1_ecdsa_" + name, row.signature(), row.hash()));
  }

  private static <T> T call(GuestCall<CallScope, T> call) throws Exception {
    return EXECUTOR.call(CallOptions.named("test"), call);
  }
}
