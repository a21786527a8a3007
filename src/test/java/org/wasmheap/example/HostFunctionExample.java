package org.wasmheap.example;

import java.util.ArrayList;
import java.util.List;
import org.wasmheap.endive.EndiveGuest;
import org.wasmheap.endive.HostFunction;
import org.wasmheap.endive.PointerSize;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.host.SubstrateHostFunctions;
import org.wasmheap.pool.CallOptions;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.runtime.HeapStrategy;
import org.wasmheap.runtime.RuntimeCode;
import org.wasmheap.runtime.SubstrateRuntime;
import run.endive.wasm.types.ValType;

/** Functions of the host that a guest imports, and the context that a caller gives them. */
final class HostFunctionExample {
  private HostFunctionExample() {}

  /** What a caller knows and a host function wants to know. */
  record Chain(int height) {}

  static HostFunction height() {
    // example begins
    HostFunction height =
        HostFunction.env(
            "ext_chain_height_version_1",
            List.of(),
            List.of(ValType.I32),
            (scope, arguments) -> scope.context(Chain.class).height());
    // example ends
    return height;
  }

  static HostFunction reverse() {
    // example begins
    HostFunction reverse =
        HostFunction.env(
            "ext_text_reverse_version_1",
            List.of(ValType.I64),
            List.of(ValType.I64),
            (scope, arguments) -> {
              HeapHandle heap = scope.heap();
              PointerSize text = PointerSize.of(arguments[0]);
              byte[] reversed = reversed(heap.read(text.pointer(), (int) text.size()));
              int pointer = heap.malloc(reversed.length);
              heap.write(pointer, reversed);
              return new PointerSize(pointer, reversed.length).packed();
            });
    // example ends
    return reverse;
  }

  private static byte[] reversed(byte[] bytes) {
    byte[] reversed = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      reversed[i] = bytes[bytes.length - 1 - i];
    }
    return reversed;
  }

  static byte[] callWith(RuntimeCode code, HostFunction own, Chain chain)
      throws InterruptedException {
    // example begins
    List<HostFunction> functions = new ArrayList<>(SubstrateHostFunctions.all());
    functions.add(own);
    SubstrateRuntime runtime = SubstrateRuntime.load(code, HeapStrategy.ofStatic(2048), functions);
    try (HeapExecutor<EndiveGuest> executor = HeapExecutor.builder(runtime).build()) {
      CallOptions options = CallOptions.DEFAULT.withContext(chain);
      return executor.call(options, runtime.call("test_missing_import", new byte[0]));
    }
    // example ends
  }
}
