package org.wasmheap.example;

import java.nio.file.Path;
import org.wasmheap.endive.EndiveGuest;
import org.wasmheap.host.SubstrateHostFunctions;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.runtime.HeapStrategy;
import org.wasmheap.runtime.RuntimeCode;
import org.wasmheap.runtime.RuntimeVersion;
import org.wasmheap.runtime.SubstrateRuntime;

/** A runtime, an executor, a call. */
final class EmbeddingExample {
  private EmbeddingExample() {}

  static RuntimeVersion version(Path file) throws InterruptedException {
    // example begins
    RuntimeCode code = RuntimeCode.read(file);
    SubstrateRuntime runtime =
        SubstrateRuntime.load(code, HeapStrategy.ofStatic(2048), SubstrateHostFunctions.all());
    try (HeapExecutor<EndiveGuest> executor = HeapExecutor.builder(runtime).workers(4).build()) {
      byte[] version = executor.call(runtime.call("Core_version", new byte[0]));
      return RuntimeVersion.decode(version);
    }
    // example ends
  }
}
