package org.wasmheap.endive;

import com.google.common.primitives.ImmutableIntArray;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * A checked module, taken apart so that the engine never has to hold all of it at once: modules of
 * the same types, imports, tables and numbers of functions, in which only some functions have their
 * code, and all others have a body that is valid for every type ({@code unreachable}).
 *
 * <ul>
 *   <li>The <b>skeleton</b> has no code but that of functions which the interpreter runs: compiled
 *       code needs no more of a module. It keeps the data.
 *   <li>A <b>part</b> has the code of one range of functions. Each can be validated and compiled by
 *       itself, and the ranges beside each other at the same time. It has as many data segments as
 *       the module, without their data.
 * </ul>
 *
 * <p>Immutable; any thread.
 *
 * <p>Source: the binary format of the WebAssembly specification, 2.0.
 */
final class ModuleParts {
  private static final int HEADER_BYTES = 8;
  private static final int CUSTOM = 0;
  private static final int IMPORT = 2;
  private static final int CODE = 10;
  private static final int DATA = 11;

  /** Three bytes: no locals, unreachable, end. */
  private static final byte[] NO_BODY = {3, 0, 0, 0x0B};

  /** A passive data segment of no bytes. */
  private static final byte[] NO_DATA = {1, 0};

  private final byte[] wasm;
  private final ImmutableIntArray instructions;
  private final int importedFunctions;

  /** Of each own function, where the size of its body stands; one more for where the last ends. */
  private final int[] bodies;

  /** Where the code section begins and ends, its number and size included. */
  private final int codeAt;

  private final int codeEnd;
  private final List<Section> others;

  /** A section that is not the code. */
  private record Section(int id, int at, int content, int end) {}

  private ModuleParts(
      CheckedModule module,
      int importedFunctions,
      int[] bodies,
      int codeAt,
      int codeEnd,
      List<Section> others) {
    this.wasm = module.wasm();
    this.instructions = module.instructions();
    this.importedFunctions = importedFunctions;
    this.bodies = bodies;
    this.codeAt = codeAt;
    this.codeEnd = codeEnd;
    this.others = others;
  }

  /**
   * Finds where everything lies.
   *
   * @param module what {@link ModuleCheck} let through
   */
  static ModuleParts of(CheckedModule module) {
    WasmReader in = new WasmReader(module.wasm());
    in.skip(HEADER_BYTES);
    int importedFunctions = 0;
    int[] bodies = {0};
    int codeAt = 0;
    int codeEnd = 0;
    List<Section> others = new ArrayList<>();
    while (in.hasMore()) {
      int begin = in.at();
      int id = in.u8();
      int size = in.count("bytes of a section", 1);
      int content = in.at();
      if (id == CODE) {
        codeAt = begin;
        codeEnd = content + size;
        bodies = bodies(in);
      } else if (id != CUSTOM) {
        others.add(new Section(id, begin, content, content + size));
      }
      if (id == IMPORT) {
        importedFunctions = importedFunctions(in);
      }
      in.skip(content + size - in.at());
    }
    return new ModuleParts(module, importedFunctions, bodies, codeAt, codeEnd, others);
  }

  private static int[] bodies(WasmReader in) {
    int count = in.count("bodies", 1);
    int[] at = new int[count + 1];
    for (int i = 0; i < count; i++) {
      at[i] = in.at();
      in.skip(in.count("bytes of a body", 1));
    }
    at[count] = in.at();
    return at;
  }

  private static int importedFunctions(WasmReader in) {
    int count = in.count("imports", 1);
    int functions = 0;
    for (int i = 0; i < count; i++) {
      in.name();
      in.name();
      int kind = in.u8();
      switch (kind) {
        case 0 -> {
          in.u32();
          functions++;
        }
        case 2 -> limits(in);
        case 3 -> in.skip(2);
        case 4 -> {
          in.u8();
          in.u32();
        }
        default -> {
          in.u8(); // Of a table: its type, one byte, for all others were refused.
          limits(in);
        }
      }
    }
    return functions;
  }

  private static void limits(WasmReader in) {
    int flags = in.u8();
    in.u32();
    if ((flags & 1) != 0) {
      in.u32();
    }
  }

  /** The module itself. */
  byte[] module() {
    return wasm;
  }

  /** How many functions the module has of its own. */
  int ownFunctions() {
    return bodies.length - 1;
  }

  /** How many functions the module has, the imported ones counted. */
  int functions() {
    return importedFunctions + bodies.length - 1;
  }

  /** How long the body of a function is, in bytes; 0 for an imported one. */
  int bodyBytes(int function) {
    int own = function - importedFunctions;
    return own < 0 ? 0 : bodies[own + 1] - bodies[own];
  }

  /** How many instructions a function has; 0 for an imported one. */
  int instructions(int function) {
    int own = function - importedFunctions;
    return own < 0 ? 0 : instructions.get(own);
  }

  /** How many instructions the functions of a range have, by their numbers. */
  long instructions(int begin, int end) {
    long sum = 0;
    for (int function = begin; function < end; function++) {
      sum += instructions(function);
    }
    return sum;
  }

  /** The module without code, but for that of some functions, by their numbers. */
  byte[] skeleton(Set<Integer> kept) {
    return build(true, own -> kept.contains(own + importedFunctions));
  }

  /** The module without data and with the code of a range of functions alone, by their numbers. */
  byte[] part(int begin, int end) {
    int first = begin - importedFunctions;
    int stop = end - importedFunctions;
    return build(false, own -> own >= first && own < stop);
  }

  /** Which of the module's own functions, counted from 0, have their code. */
  private interface Kept {
    boolean has(int own);
  }

  private byte[] build(boolean withData, Kept kept) {
    WasmWriter out = new WasmWriter(NO_BODY.length * bodies.length);
    out.put(wasm, 0, HEADER_BYTES);
    boolean hasCode = codeEnd == 0;
    for (Section each : others) {
      if (!hasCode && each.at() > codeAt) {
        code(out, kept);
        hasCode = true;
      }
      if (each.id() == DATA && !withData) {
        withoutData(out, each);
      } else {
        out.put(wasm, each.at(), each.end());
      }
    }
    if (!hasCode) {
      code(out, kept);
    }
    return out.toByteArray();
  }

  private void code(WasmWriter out, Kept kept) {
    WasmWriter section = new WasmWriter(NO_BODY.length * bodies.length);
    section.u32(bodies.length - 1);
    for (int own = 0; own < bodies.length - 1; own++) {
      if (kept.has(own)) {
        section.put(wasm, bodies[own], bodies[own + 1]);
      } else {
        section.put(NO_BODY, 0, NO_BODY.length);
      }
    }
    out.put(CODE);
    out.u32(section.size());
    out.append(section);
  }

  private void withoutData(WasmWriter out, Section data) {
    WasmReader in = new WasmReader(wasm);
    in.skip(data.content());
    int count = in.count("data segments", 1);
    WasmWriter section = new WasmWriter(NO_DATA.length * count);
    section.u32(count);
    for (int i = 0; i < count; i++) {
      section.put(NO_DATA, 0, NO_DATA.length);
    }
    out.put(DATA);
    out.u32(section.size());
    out.append(section);
  }
}
