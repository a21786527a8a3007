package org.wasmheap.cli;

import com.google.common.io.Resources;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.wasmheap.runtime.RuntimeCode;

/** The runtime that is bundled, so that the first run needs no download. */
final class SampleRuntime {
  private static final String RESOURCE = "sample.wasm";

  private SampleRuntime() {}

  static RuntimeCode code() {
    try {
      return RuntimeCode.of(
          "sample", Resources.toByteArray(Resources.getResource(RuntimeCode.class, RESOURCE)));
    } catch (IOException e) {
      throw new UncheckedIOException("the bundled sample cannot be read", e);
    }
  }
}
