package org.wasmheap.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import org.wasmheap.host.SubstrateHostFunctions;
import org.wasmheap.runtime.HeapStrategy;
import org.wasmheap.runtime.RuntimeCode;
import org.wasmheap.runtime.SubstrateRuntime;

/** The runtime that benchmarks run: Westend, from the folder of real runtimes. */
final class BenchRuntime {
  private static final String FILE = "westend-9300.compact.compressed.wasm";

  private BenchRuntime() {}

  static RuntimeCode code() {
    Path file = Path.of(System.getProperty("wasmheap.runtimes", "../shared/runtimes"), FILE);
    if (!Files.isReadable(file)) {
      throw new IllegalStateException(
          file + " is missing; name its folder with -jvmArgsAppend -Dwasmheap.runtimes=FOLDER");
    }
    return RuntimeCode.read(file);
  }

  static SubstrateRuntime load(HeapStrategy strategy) {
    return SubstrateRuntime.load(code(), strategy, SubstrateHostFunctions.all());
  }
}
