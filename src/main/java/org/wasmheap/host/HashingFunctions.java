package org.wasmheap.host;

import java.util.List;
import java.util.function.Function;
import org.wasmheap.endive.HostFunction;
import org.wasmheap.endive.PointerSize;
import org.wasmheap.memory.MemoryAccessException;
import run.endive.wasm.types.ValType;

/**
 * The group {@code ext_hashing_*}. A hash is put into a new block of the guest's heap.
 *
 * <p>Source: the host API of the Polkadot specification.
 */
final class HashingFunctions {
  /** For going through the functions: a short range, one that is read in pieces, one outside. */
  private static final long[] RANGES = {100L << Integer.SIZE | 16, 100_000L << Integer.SIZE, -1};

  private HashingFunctions() {}

  static List<HostFunction> all() {
    return List.of(
        hashing("blake2_128", data -> Hashes.blake2(128, data)),
        hashing("blake2_256", data -> Hashes.blake2(256, data)),
        hashing("keccak_256", data -> Hashes.keccak(256, data)),
        hashing("keccak_512", data -> Hashes.keccak(512, data)),
        hashing("sha2_256", Hashes::sha2),
        hashing("twox_64", data -> Hashes.twox(1, data)),
        hashing("twox_128", data -> Hashes.twox(2, data)),
        hashing("twox_256", data -> Hashes.twox(4, data)));
  }

  private static HostFunction hashing(String name, Function<GuestBytes, byte[]> hash) {
    HostFunction function =
        HostFunction.env(
            "ext_hashing_" + name + "_version_1",
            List.of(ValType.I64),
            List.of(ValType.I32),
            (scope, arguments) ->
                GuestMemory.put(
                    scope.heap(),
                    hash.apply(new GuestBytes(scope.heap(), PointerSize.of(arguments[0])))));
    return function.withPreload(
        scope -> {
          for (long range : RANGES) {
            try {
              function.body().run(scope, new long[] {range});
            } catch (MemoryAccessException e) {
              return; // As it should be, for the last one.
            }
          }
        });
  }
}
