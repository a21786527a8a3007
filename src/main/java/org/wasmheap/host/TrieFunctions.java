package org.wasmheap.host;

import static run.endive.wasm.types.ValType.I32;
import static run.endive.wasm.types.ValType.I64;

import java.util.List;
import org.wasmheap.endive.HostFunction;
import org.wasmheap.endive.PointerSize;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.state.StateVersion;
import org.wasmheap.state.TrieRoots;
import run.endive.wasm.types.ValType;

/**
 * The group {@code ext_trie_*}: roots of tries that hold what the guest gives and nothing else.
 *
 * <p>Source: the host API of the Polkadot specification, and {@code sp_io::trie} of the Polkadot
 * SDK.
 */
final class TrieFunctions {
  private static final String GROUP = "ext_trie_blake2_256_";

  private static final List<ValType> POINTER = List.of(I32);

  private TrieFunctions() {}

  static List<HostFunction> all() {
    Root root = (input, version) -> TrieRoots.root(input.pairs(), version);
    Root orderedRoot = (input, version) -> TrieRoots.orderedRoot(input.byteVectors(), version);
    return List.of(
        first("root", root),
        second("root", root),
        first("ordered_root", orderedRoot),
        second("ordered_root", orderedRoot));
  }

  /** The first version has no argument for the state version, which is 0. */
  private static HostFunction first(String name, Root root) {
    return function(
        name + "_version_1",
        List.of(I64),
        (heap, arguments) -> put(heap, root, arguments[0], StateVersion.V0));
  }

  private static HostFunction second(String name, Root root) {
    return function(
        name + "_version_2",
        List.of(I64, I32),
        (heap, arguments) -> put(heap, root, arguments[0], StorageCall.stateVersion(arguments[1])));
  }

  private static HostFunction function(String name, List<ValType> parameters, Body body) {
    return HostFunction.env(
            GROUP + name,
            parameters,
            POINTER,
            (scope, arguments) -> body.run(scope.heap(), arguments))
        .withPreload(
            scope ->
                PreloadSamples.goThrough(
                    scope.heap(), parameters, arguments -> body.run(scope.heap(), arguments)));
  }

  private static long put(HeapHandle heap, Root root, long range, StateVersion version) {
    return GuestMemory.put(heap, root.of(new GuestScale(heap, PointerSize.of(range)), version));
  }

  /** The root of what an input holds. */
  @FunctionalInterface
  private interface Root {
    byte[] of(GuestScale input, StateVersion version);
  }

  /** What a function does; it gives the address of the root. */
  @FunctionalInterface
  private interface Body {
    long run(HeapHandle heap, long[] arguments);
  }
}
