package org.wasmheap.example;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.wasmheap.endive.EndiveGuest;
import org.wasmheap.host.SubstrateHostFunctions;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.runtime.HeapStrategy;
import org.wasmheap.runtime.RuntimeCode;
import org.wasmheap.runtime.SubstrateRuntime;

/** Several runtimes, each with an executor. */
final class RuntimesExample {
  // example begins
  record Running(SubstrateRuntime runtime, HeapExecutor<EndiveGuest> executor) {
    byte[] call(String export, byte[] input) throws InterruptedException {
      return executor.call(runtime.call(export, input));
    }
  }

  final Map<String, Running> byCodeHash = new ConcurrentHashMap<>();

  Running runtimeOf(RuntimeCode code) {
    return byCodeHash.computeIfAbsent(code.codeHashHex(), hash -> start(code));
  }

  private static Running start(RuntimeCode code) {
    SubstrateRuntime runtime =
        SubstrateRuntime.load(code, HeapStrategy.ofStatic(2048), SubstrateHostFunctions.all());
    return new Running(runtime, HeapExecutor.builder(runtime).name("runtime").build());
  }
  // example ends
}
