package org.wasmheap.testkit;

import com.google.common.io.Resources;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.wasmheap.host.SubstrateHostFunctions;
import org.wasmheap.runtime.HeapStrategy;
import org.wasmheap.runtime.RuntimeCode;
import org.wasmheap.runtime.SubstrateRuntime;

/** The sample runtime that the library brings. */
public final class Samples {
  private Samples() {}

  public static RuntimeCode code() {
    try {
      return RuntimeCode.of(
          "sample", Resources.toByteArray(Resources.getResource(RuntimeCode.class, "sample.wasm")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The sample with the host functions that it needs. */
  public static SubstrateRuntime load(HeapStrategy strategy) {
    return SubstrateRuntime.load(code(), strategy, SubstrateHostFunctions.all());
  }
}
