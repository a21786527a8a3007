package org.wasmheap.host;

import java.util.Arrays;
import org.wasmheap.endive.HostFunction;
import org.wasmheap.endive.PointerSize;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.CallScope;
import org.wasmheap.memory.MemoryAccessException;

/** Goes through the functions of {@link CryptoFunctions} before any guest does. */
final class CryptoPreload {
  /** As long as the longest. */
  private static final int SIGNATURE_BYTES = 65;

  /**
   * A message where a preload's heap has zeros, as it has at 0, where key and hash are taken from.
   */
  private static final long MESSAGE = new PointerSize(16, 100).packed();

  /** Leads out of every memory, as a pointer and as a range. */
  private static final long OUTSIDE = -1;

  private CryptoPreload() {}

  /** For a function of a signature, a message or hash, and a key if it takes one. */
  static HostFunction ofSignatures(HostFunction function) {
    return function.withPreload(
        scope -> {
          int pointer = scope.heap().malloc(SIGNATURE_BYTES);
          for (byte[] signature : signatures()) {
            scope.heap().write(pointer, signature);
            // The key is zeros, and then the half of the signature that is mostly no point.
            run(function, scope, pointer, 0);
            run(function, scope, pointer, pointer + 32);
          }
          try {
            run(function, scope, pointer, (int) OUTSIDE);
          } catch (MemoryAccessException e) {
            return; // As it should be.
          }
        });
  }

  private static void run(HostFunction function, CallScope scope, int signature, int key)
      throws Exception {
    boolean withKey = function.type().params().size() == 3;
    function
        .body()
        .run(scope, withKey ? new long[] {signature, MESSAGE, key} : new long[] {signature, key});
  }

  /** Each is right, or wrong in another way, by one of the functions at least. */
  private static byte[][] signatures() {
    byte[] ones = new byte[SIGNATURE_BYTES];
    Arrays.fill(ones, (byte) 0xFF);
    byte[] numbersOfOnes = ones.clone();
    numbersOfOnes[64] = 0;
    return new byte[][] {
      // With a key of zeros: right for ed25519 and, of old, sr25519; with the mark for sr25519.
      new byte[SIGNATURE_BYTES],
      with(63, 0x80, 63, 0x80),
      // s is 1.
      with(32, 1, 32, 1),
      with(32, 1, 63, 0x80),
      // R is no point of ed25519.
      with(0, 2, 0, 2),
      // For secp256k1: right, as 1 is an x of the curve; wrong, as 5 is none; numbers or id too
      // large.
      with(31, 1, 63, 1),
      with(31, 5, 63, 1),
      numbersOfOnes,
      ones
    };
  }

  private static byte[] with(int index, int value, int otherIndex, int otherValue) {
    byte[] signature = new byte[SIGNATURE_BYTES];
    signature[index] = (byte) value;
    signature[otherIndex] = (byte) otherValue;
    return signature;
  }

  /** For what opens a batch, and for what closes it. */
  static HostFunction ofBatch(HostFunction function) {
    return function.withPreload(
        scope -> {
          SignatureBatch batch = SignatureBatch.of(scope);
          try {
            batch.start();
            batch.add(true);
            batch.start();
          } catch (CallException e) {
            batch.finish();
          }
        });
  }
}
