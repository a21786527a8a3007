package org.wasmheap.host;

import java.util.List;
import org.wasmheap.endive.HostFunction;
import org.wasmheap.endive.PointerSize;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.host.Secp256k1.Overflow;
import org.wasmheap.host.Secp256k1.Recovery;
import run.endive.wasm.types.ValType;

/**
 * The host functions that verify signatures and recover keys, {@code ext_crypto_*}.
 *
 * <ul>
 *   <li>{@code ed25519_verify} 1, {@code sr25519_verify} 1 and 2, {@code ecdsa_verify} 1 and 2,
 *       {@code ecdsa_verify_prehashed} 1;
 *   <li>{@code secp256k1_ecdsa_recover} and {@code secp256k1_ecdsa_recover_compressed} 1 and 2,
 *       whose result is put into a new block of the guest's heap;
 *   <li>{@code start_batch_verify} and {@code finish_batch_verify} 1; {@code ed25519_batch_verify},
 *       {@code sr25519_batch_verify} and {@code ecdsa_batch_verify} 1, which verify at once.
 * </ul>
 *
 * <p>What signs or makes keys is not here: it needs a keystore.
 *
 * <p>The functions hold no state; any number of threads may run them at once. All ranges are
 * checked before anything is verified, so that one outside the memory is a trap whatever the
 * signature is worth, and messages of any length are read piece by piece. Source: {@code
 * sp_io::crypto} of the Polkadot SDK.
 */
final class CryptoFunctions {
  private static final int HASH_BYTES = 32;

  /** r, s and the id of the point. */
  private static final int RECOVERABLE_BYTES = 65;

  private static final int COMPRESSED_KEY_BYTES = 33;

  /** What an id may be counted from, as Ethereum does. */
  private static final int FIRST_ID = 27;

  private CryptoFunctions() {}

  /** All of them, in no particular order. */
  static List<HostFunction> all() {
    Scheme ed25519 = new Scheme(64, 32, Ed25519::verify);
    Scheme sr25519 = new Scheme(64, 32, Sr25519::verify);
    Scheme oldSr25519 = new Scheme(64, 32, Sr25519::verifyAlsoPreAudit);
    Scheme ecdsa = ecdsa(Overflow.REFUSED);
    return List.of(
        verifying("ed25519_verify_version_1", ed25519),
        verifying("sr25519_verify_version_1", oldSr25519),
        verifying("sr25519_verify_version_2", sr25519),
        verifying("ecdsa_verify_version_1", ecdsa(Overflow.REDUCED)),
        verifying("ecdsa_verify_version_2", ecdsa),
        prehashed(),
        recovering("recover_version_1", Overflow.REDUCED, false),
        recovering("recover_version_2", Overflow.REFUSED, false),
        recovering("recover_compressed_version_1", Overflow.REDUCED, true),
        recovering("recover_compressed_version_2", Overflow.REFUSED, true),
        startBatch(),
        finishBatch(),
        batched("ed25519_batch_verify_version_1", ed25519),
        batched("sr25519_batch_verify_version_1", sr25519),
        batched("ecdsa_batch_verify_version_1", ecdsa));
  }

  private static HostFunction verifying(String name, Scheme scheme) {
    return verifying(name, (scope, arguments) -> flag(scheme.verify(scope.heap(), arguments)));
  }

  private static HostFunction batched(String name, Scheme scheme) {
    return verifying(
        name,
        (scope, arguments) -> {
          boolean right = scheme.verify(scope.heap(), arguments);
          SignatureBatch.of(scope).add(right);
          return flag(right);
        });
  }

  /** Signature, message and key are given; one says that the signature is right. */
  private static HostFunction verifying(String name, HostFunction.Body body) {
    return CryptoPreload.ofSignatures(
        function(name, List.of(ValType.I32, ValType.I64, ValType.I32), List.of(ValType.I32), body));
  }

  private static HostFunction prehashed() {
    return CryptoPreload.ofSignatures(
        function(
            "ecdsa_verify_prehashed_version_1",
            List.of(ValType.I32, ValType.I32, ValType.I32),
            List.of(ValType.I32),
            (scope, arguments) -> {
              byte[] signature = scope.heap().read((int) arguments[0], RECOVERABLE_BYTES);
              byte[] hash = scope.heap().read((int) arguments[1], HASH_BYTES);
              byte[] key = scope.heap().read((int) arguments[2], COMPRESSED_KEY_BYTES);
              return flag(isRight(signature, hash, key, Overflow.REFUSED));
            }));
  }

  private static HostFunction recovering(String name, Overflow overflow, boolean compressed) {
    return CryptoPreload.ofSignatures(
        function(
            "secp256k1_ecdsa_" + name,
            List.of(ValType.I32, ValType.I32),
            List.of(ValType.I64),
            (scope, arguments) -> {
              HeapHandle heap = scope.heap();
              byte[] signature = heap.read((int) arguments[0], RECOVERABLE_BYTES);
              byte[] hash = heap.read((int) arguments[1], HASH_BYTES);
              int given = idOf(signature);
              int id = given < FIRST_ID ? given : given - FIRST_ID;
              Recovery recovery = Secp256k1.recover(signature, id, hash, overflow);
              return GuestMemory.putRange(heap, recovery.encoded(compressed));
            }));
  }

  private static HostFunction startBatch() {
    return CryptoPreload.ofBatch(
        function(
            "start_batch_verify_version_1",
            List.of(),
            List.of(),
            (scope, arguments) -> {
              SignatureBatch.of(scope).start();
              return 0;
            }));
  }

  private static HostFunction finishBatch() {
    return CryptoPreload.ofBatch(
        function(
            "finish_batch_verify_version_1",
            List.of(),
            List.of(ValType.I32),
            (scope, arguments) -> flag(SignatureBatch.of(scope).finish())));
  }

  private static HostFunction function(
      String name, List<ValType> parameters, List<ValType> results, HostFunction.Body body) {
    return HostFunction.env("ext_crypto_" + name, parameters, results, body);
  }

  /**
   * The BLAKE2b-256 of the message is what is signed. It is not computed where the id of the point
   * is none: a message may be long.
   */
  private static Scheme ecdsa(Overflow overflow) {
    return new Scheme(
        RECOVERABLE_BYTES,
        COMPRESSED_KEY_BYTES,
        (signature, message, key) ->
            Secp256k1.isId(idOf(signature))
                && isRight(signature, Hashes.blake2(8 * HASH_BYTES, message), key, overflow));
  }

  private static boolean isRight(byte[] signature, byte[] hash, byte[] key, Overflow overflow) {
    return Secp256k1.recover(signature, idOf(signature), hash, overflow).is(key);
  }

  private static int idOf(byte[] signature) {
    return signature[RECOVERABLE_BYTES - 1] & 0xFF;
  }

  private static long flag(boolean set) {
    return set ? 1 : 0;
  }

  /** How long signatures and keys of a kind are, and what verifies them. */
  private record Scheme(int signatureBytes, int keyBytes, Verifier verifier) {
    /** With a pointer to the signature, the message's range, and a pointer to the key. */
    boolean verify(HeapHandle heap, long[] arguments) {
      byte[] signature = heap.read((int) arguments[0], signatureBytes);
      GuestBytes message = new GuestBytes(heap, PointerSize.of(arguments[1]));
      byte[] key = heap.read((int) arguments[2], keyBytes);
      return verifier.verify(signature, message, key);
    }
  }

  /** Says whether a signature is right. */
  @FunctionalInterface
  private interface Verifier {
    boolean verify(byte[] signature, GuestBytes message, byte[] key);
  }
}
