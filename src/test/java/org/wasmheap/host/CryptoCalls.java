package org.wasmheap.host;

import java.util.HexFormat;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.wasmheap.endive.HostFunction;
import org.wasmheap.endive.PointerSize;
import org.wasmheap.guest.CallScope;
import org.wasmheap.heap.HeapHandle;

/**
 * Runs functions of {@link CryptoFunctions} as a guest does, with all it hands over in its heap.
 */
final class CryptoCalls {
  private static final Map<String, HostFunction> FUNCTIONS =
      CryptoFunctions.all().stream()
          .collect(Collectors.toMap(HostFunction::name, Function.identity()));

  private CryptoCalls() {}

  static HostFunction function(String name) {
    HostFunction function = FUNCTIONS.get("ext_crypto_" + name);
    if (function == null) {
      throw new IllegalArgumentException(name);
    }
    return function;
  }

  static long run(CallScope scope, String name, long... arguments) throws Exception {
    return function(name).body().run(scope, arguments);
  }

  /** Asks whether a signature is right, and frees what that took. */
  static boolean verify(CallScope scope, String name, byte[] signature, byte[] message, byte[] key)
      throws Exception {
    HeapHandle heap = scope.heap();
    int signatureAt = put(heap, signature);
    int messageAt = put(heap, message);
    int keyAt = put(heap, key);
    long answer =
        run(scope, name, signatureAt, new PointerSize(messageAt, message.length).packed(), keyAt);
    heap.free(signatureAt);
    heap.free(messageAt);
    heap.free(keyAt);
    if (answer != 0 && answer != 1) {
      throw new AssertionError(name + " answers " + answer);
    }
    return answer == 1;
  }

  /** Recovers a key; the result in hexadecimal. */
  static String recover(CallScope scope, String name, byte[] signature, byte[] hash)
      throws Exception {
    HeapHandle heap = scope.heap();
    int signatureAt = put(heap, signature);
    int hashAt = put(heap, hash);
    PointerSize result = PointerSize.of(run(scope, name, signatureAt, hashAt));
    String text = HexFormat.of().formatHex(heap.read(result.pointer(), (int) result.size()));
    heap.free(signatureAt);
    heap.free(hashAt);
    heap.free(result.pointer());
    return text;
  }

  static int put(HeapHandle heap, byte[] bytes) {
    int pointer = heap.malloc(bytes.length);
    heap.write(pointer, bytes);
    return pointer;
  }
}
