package org.wasmheap.testkit;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.wasmheap.runtime.RuntimeCode;

/**
 * The sample runtime in other versions, as {@code blocks.py} beside its source makes an upgrade of
 * it: the number is another one in the two places that have it, so {@code Core_version} tells which
 * version runs.
 */
public final class SampleVersions {
  /** What comes before the number: the implementation's name, and the version of authoring. */
  private static final byte[] BEFORE =
      "@wasm-heap-sample\1\0\0\0".getBytes(StandardCharsets.US_ASCII);

  private SampleVersions() {}

  /** The code of a version, another one each time it is asked for. */
  public static RuntimeCode code(int version) {
    return RuntimeCode.of("sample " + version, wasm(version));
  }

  /** The module. */
  public static byte[] wasm(int version) {
    byte[] wasm = Samples.code().wasm().clone();
    int places = 0;
    for (int at = 0; at + BEFORE.length + Integer.BYTES <= wasm.length; at++) {
      if (Arrays.equals(wasm, at, at + BEFORE.length, BEFORE, 0, BEFORE.length)) {
        ByteBuffer.wrap(wasm).order(ByteOrder.LITTLE_ENDIAN).putInt(at + BEFORE.length, version);
        places++;
      }
    }
    if (places != 2) {
      throw new IllegalStateException("the sample has its version in " + places + " places");
    }
    return wasm;
  }
}
