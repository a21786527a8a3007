package org.wasmheap.runtime;

import java.nio.charset.StandardCharsets;

/** What can be told of a specification without a reader of JSON, which may be missing. */
final class GenesisKeys {
  /** Under which key a state has the code of its runtime. */
  static final byte[] CODE = ":code".getBytes(StandardCharsets.US_ASCII);

  /** Under which key a state has the runtime's heap pages. */
  static final byte[] HEAP_PAGES = ":heappages".getBytes(StandardCharsets.US_ASCII);

  private GenesisKeys() {}

  /** Whether the first character that is no white space opens a JSON object. */
  static boolean looksLikeJson(byte[] bytes) {
    for (byte each : bytes) {
      if (each != ' ' && each != '\t' && each != '\r' && each != '\n') {
        return each == '{';
      }
    }
    return false;
  }
}
