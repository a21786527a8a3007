package org.wasmheap.endive;

import java.io.ByteArrayInputStream;
import java.util.Map;
import run.endive.wasm.Parser;
import run.endive.wasm.WasmModule;
import run.endive.wasm.types.CodeSection;
import run.endive.wasm.types.FunctionBody;
import run.endive.wasm.types.NameCustomSection;
import run.endive.wasm.types.OpCode;

/** Lets the engine parse modules that were checked before. */
final class ModuleReader {
  /** {@code unreachable}, {@code end}. */
  private static final int STUB_INSTRUCTIONS = 2;

  private ModuleReader() {}

  /** Parses and validates. */
  static WasmModule read(byte[] wasm) {
    return read(wasm, true);
  }

  /** Parses what was validated before. */
  static WasmModule readValid(byte[] wasm) {
    return read(wasm, false);
  }

  /** Parses what was validated before and has no code, or little. */
  static WasmModule readSkeleton(byte[] wasm) {
    return sharingStubs(readValid(wasm));
  }

  /**
   * The same module, in which all functions without their code have one body together: a large
   * runtime has thousands of them.
   *
   * @param skeleton a valid one, see {@link ModuleParts}
   */
  static WasmModule sharingStubs(WasmModule skeleton) {
    CodeSection.Builder code =
        CodeSection.builder().setRequiresDataCount(skeleton.codeSection().isRequiresDataCount());
    FunctionBody stub = null;
    for (FunctionBody each : skeleton.codeSection().functionBodies()) {
      if (stub == null && isStub(each)) {
        stub = each;
      }
      code.addFunctionBody(stub != null && isStub(each) ? stub : each);
    }
    WasmModule.Builder module =
        WasmModule.builder()
            .setTypeSection(skeleton.typeSection())
            .setImportSection(skeleton.importSection())
            .setFunctionSection(skeleton.functionSection())
            .setTableSection(skeleton.tableSection())
            .setGlobalSection(skeleton.globalSection())
            .setExportSection(skeleton.exportSection())
            .setElementSection(skeleton.elementSection())
            .setCodeSection(code.build())
            .setDataSection(skeleton.dataSection())
            .withDigest(skeleton.digest())
            .withValidation(false);
    skeleton.memorySection().ifPresent(module::setMemorySection);
    skeleton.startSection().ifPresent(module::setStartSection);
    skeleton.dataCountSection().ifPresent(module::setDataCountSection);
    skeleton.tagSection().ifPresent(module::setTagSection);
    return module.build();
  }

  /** How many instructions a module has as objects, but for bodies that do no more than fail. */
  static long instructions(WasmModule module) {
    long sum = 0;
    for (int i = 0; i < module.codeSection().functionBodyCount(); i++) {
      FunctionBody body = module.codeSection().getFunctionBody(i);
      sum += isStub(body) ? 0 : body.instructions().size();
    }
    return sum;
  }

  /** Whether a body does no more than fail: one is as good as the other. */
  private static boolean isStub(FunctionBody body) {
    return body.instructions().size() == STUB_INSTRUCTIONS
        && body.instructions().get(0).opcode() == OpCode.UNREACHABLE
        && body.localTypes().isEmpty();
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
