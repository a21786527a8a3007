package org.wasmheap.endive;

import java.io.ByteArrayInputStream;
import java.util.Map;
import run.endive.wasm.Parser;
import run.endive.wasm.WasmModule;
import run.endive.wasm.types.NameCustomSection;

/** Lets the engine parse modules that were checked before. */
final class ModuleReader {
  private ModuleReader() {}

  /** Parses and validates. */
  static WasmModule read(byte[] wasm) {
    return read(wasm, true);
  }

  /** Parses what was validated before. */
  static WasmModule readValid(byte[] wasm) {
    return read(wasm, false);
  }

  private static WasmModule read(byte[] wasm, boolean validates) {
    // Nothing needs the names of functions, and the engine's parser of them believes any count.
    return Parser.builder()
        .withCustomParsers(Map.of("name", names -> NameCustomSection.parse(new byte[0])))
        .withValidation(validates)
        .build()
        .parse(() -> new ByteArrayInputStream(wasm));
  }
}
