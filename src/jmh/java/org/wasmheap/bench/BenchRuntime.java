package org.wasmheap.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.wasmheap.endive.LoadOptions;
import org.wasmheap.endive.PoolsCode;
import org.wasmheap.host.SubstrateHostFunctions;
import org.wasmheap.runtime.CodeCache;
import org.wasmheap.runtime.HeapStrategy;
import org.wasmheap.runtime.RuntimeCode;
import org.wasmheap.runtime.SubstrateRuntime;

/**
 * The runtime that benchmarks run: Westend, from the folder of real runtimes. Its compiled code is
 * kept in the folder that the system property {@value #CODE_FOLDER} names, if it is set: loading is
 * no part of what they measure.
 */
final class BenchRuntime {
  private static final String FILE = "westend-9300.compact.compressed.wasm";

  private static final String CODE_FOLDER = "wasmheap.bench.code";

  private BenchRuntime() {}

  static RuntimeCode code() {
    Path file = Path.of(System.getProperty("wasmheap.runtimes", "../shared/runtimes"), FILE);
    if (!Files.isReadable(file)) {
      throw new IllegalStateException(
          file + " is missing; name its folder with -jvmArgsAppend -Dwasmheap.runtimes=FOLDER");
    }
    return RuntimeCode.read(file);
  }

  /** Where compiled code is kept; empty if it is not to be kept. */
  static Optional<Path> codeFolder() {
    return Optional.of(System.getProperty(CODE_FOLDER, ""))
        .filter(folder -> !folder.isEmpty())
        .map(Path::of);
  }

  static SubstrateRuntime load(HeapStrategy strategy) {
    return SubstrateRuntime.load(code(), strategy, SubstrateHostFunctions.all(), options());
  }

  /** As the pool makes it, but for instances outside of it. */
  static PoolsCode poolsCode() {
    return PoolsCode.load(code().wasm(), options());
  }

  private static LoadOptions options() {
    return codeFolder()
        .map(folder -> LoadOptions.DEFAULT.withStore(CodeCache.at(folder)))
        .orElse(LoadOptions.DEFAULT);
  }
}
