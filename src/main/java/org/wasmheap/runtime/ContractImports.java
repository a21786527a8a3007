package org.wasmheap.runtime;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Tells smart contracts from runtimes, by what they import: contracts are wasm, too, and end in the
 * same way, but have a host of their own and no heap that a host could lay out.
 *
 * <p>Source: the imports of {@code pallet_contracts} of the Polkadot SDK; the binary format of the
 * WebAssembly specification.
 */
final class ContractImports {
  private static final Pattern MODULE = Pattern.compile("seal[0-9]");

  private static final int FUNCTION = 0;
  private static final int TABLE = 1;
  private static final int MEMORY = 2;
  private static final int GLOBAL = 3;

  private ContractImports() {}

  /**
   * Looks for an import that only a contract has.
   *
   * @param wasm a module that has its header
   * @return the module that it imports from; {@code null} if there is none, or if the bytes are no
   *     module, which the engine says better
   */
  static @Nullable String find(byte[] wasm) {
    try {
      WasmSections sections = new WasmSections(wasm);
      while (sections.hasNext()) {
        if (sections.next() == WasmSections.IMPORT) {
          return findIn(sections);
        }
      }
      return null;
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private static @Nullable String findIn(WasmSections imports) {
    for (long left = imports.u32(); left > 0; left--) {
      String module = imports.name();
      if (MODULE.matcher(module).matches()) {
        return module;
      }
      imports.name();
      passOver(imports);
    }
    return null;
  }

  private static void passOver(WasmSections imports) {
    int kind = imports.u8();
    switch (kind) {
      case FUNCTION -> imports.u32();
      case TABLE -> {
        imports.u8();
        passOverLimits(imports);
      }
      case MEMORY -> passOverLimits(imports);
      case GLOBAL -> {
        imports.u8();
        imports.u8();
      }
      default -> throw WasmSections.malformed("an import of unknown kind " + kind);
    }
  }

  /** The lowest bit of what comes first says whether there is a maximum. */
  private static void passOverLimits(WasmSections imports) {
    boolean hasMaximum = (imports.u8() & 1) != 0;
    imports.u32();
    if (hasMaximum) {
      imports.u32();
    }
  }
}
