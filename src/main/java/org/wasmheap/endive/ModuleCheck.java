package org.wasmheap.endive;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.wasmheap.endive.ModuleRefusedException.Reason;

/**
 * The pass over a module's bytes before the engine sees them: every count and every length is held
 * against the bytes that are left and against its {@link ModuleLimit}, and what must not be in a
 * module is refused by name.
 *
 * <p>It takes time in proportion to the bytes and memory for counters and a few bytes of each
 * function, whatever the bytes say. What it lets through the engine reads the same way; that types
 * and indices fit is left to the engine.
 *
 * <p>Source: the binary format of the WebAssembly specification, 2.0.
 */
final class ModuleCheck {
  private static final long MAGIC_AND_VERSION = 0x0000_0001_6D73_6100L;
  private static final int CUSTOM = 0;
  private static final int CODE = 10;
  private static final String[] SECTIONS = {
    "custom",
    "type",
    "import",
    "function",
    "table",
    "memory",
    "global",
    "export",
    "start",
    "element",
    "code",
    "data",
    "data count",
    "tag"
  };

  /** Where each section stands in the order of sections, by its number. */
  private static final int[] RANKS = {0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 12, 13, 11, 6};

  private final WasmReader in;
  private final ModuleFigures figures = new ModuleFigures();
  private final ModuleTypes types;
  private final CodeCheck code;
  private final @Nullable SteadyFloats floats;
  private int functions;
  private int bodies;

  private ModuleCheck(byte[] wasm, boolean floatArithmetic, boolean rewrites) {
    this.in = new WasmReader(wasm);
    this.types = new ModuleTypes(in);
    this.floats = rewrites ? new SteadyFloats(wasm, in) : null;
    this.code = new CodeCheck(in, figures, types, floatArithmetic, floats);
  }

  /**
   * Checks a module.
   *
   * @param wasm its bytes
   * @param floatArithmetic whether it may compute with floating-point numbers
   * @return how much it has of what is limited
   * @throws ModuleRefusedException with the section and the byte, and the reason {@code INVALID} if
   *     the bytes are malformed, {@code TOO_LARGE} for a limit, {@code UNSUPPORTED} for what must
   *     not be in a module
   */
  static ModuleFigures check(byte[] wasm, boolean floatArithmetic) {
    ModuleCheck check = new ModuleCheck(wasm, floatArithmetic, false);
    check.module(wasm.length);
    return check.figures;
  }

  /**
   * Checks a module, and rewrites its code so that floating-point numbers are the same always.
   *
   * @param wasm its bytes
   * @param floatArithmetic whether it may compute with floating-point numbers
   * @return what the engine is to see, checked as well: of the same array if nothing had to change
   * @throws ModuleRefusedException as {@link #check} does, also if the module has become larger
   *     than is allowed
   */
  static CheckedModule steady(byte[] wasm, boolean floatArithmetic) {
    ModuleCheck check = new ModuleCheck(wasm, floatArithmetic, true);
    check.module(wasm.length);
    byte[] steady = Objects.requireNonNull(check.floats).module();
    ModuleFigures figures =
        steady == wasm ? check.figures : checkRewritten(steady, floatArithmetic);
    return new CheckedModule(steady, figures.functions());
  }

  private static ModuleFigures checkRewritten(byte[] rewritten, boolean floatArithmetic) {
    try {
      return check(rewritten, floatArithmetic);
    } catch (ModuleRefusedException e) {
      throw new ModuleRefusedException(
          e.reason(),
          e.getMessage() + ", after its code was rewritten for floats that are the same always",
          e);
    }
  }

  private void module(int length) {
    figures.note(ModuleLimit.MODULE_BYTES, length, in);
    long head = 0;
    for (int i = 0; i < Long.BYTES; i++) {
      head |= (long) in.u8() << (i * Byte.SIZE);
    }
    if (head != MAGIC_AND_VERSION) {
      throw in.malformed("it does not begin as a module of version 1 does");
    }
    int rank = 0;
    while (in.hasMore()) {
      int id = in.u8();
      if (id >= SECTIONS.length) {
        throw in.malformed("there is no section " + id);
      }
      if (id != CUSTOM && RANKS[id] <= rank) {
        throw in.malformed("section " + SECTIONS[id] + " is out of order");
      }
      rank = id == CUSTOM ? rank : RANKS[id];
      int sizeAt = in.at();
      in.enter(SECTIONS[id], in.count("bytes of a section", 1));
      if (id == CODE && floats != null) {
        floats.section(sizeAt);
      }
      section(id);
      in.leave();
    }
    if (functions != bodies) {
      throw in.malformed(functions + " functions have " + bodies + " bodies");
    }
  }

  private void section(int id) {
    switch (id) {
      case CUSTOM -> custom();
      case 1 -> each("types", ModuleLimit.TYPES, 3, this::type);
      case 2 -> each("imports", ModuleLimit.IMPORTS, 4, this::imported);
      case 3 -> functions = each("functions", ModuleLimit.FUNCTIONS, 1, () -> types.own(in.u32()));
      case 4 -> each("tables", ModuleLimit.TABLES, 3, this::table);
      case 5 -> each("memories", null, 2, this::memory);
      case 6 -> each("globals", ModuleLimit.GLOBALS, 4, this::global);
      case 7 -> each("exports", ModuleLimit.EXPORTS, 3, this::export);
      case 8 -> in.u32();
      case 9 -> each("element segments", ModuleLimit.ELEMENT_SEGMENTS, 2, this::elements);
      case CODE -> bodies = each("bodies", ModuleLimit.FUNCTIONS, 3, code::body);
      case 11 -> each("data segments", ModuleLimit.DATA_SEGMENTS, 2, this::data);
      case 12 -> in.u32();
      default -> each("tags", null, 2, this::tag);
    }
  }

  /** A count and so many things, each of at least so many bytes. */
  private int each(String what, @Nullable ModuleLimit limit, int bytesEach, Runnable thing) {
    int count = in.count(what, bytesEach);
    if (limit != null) {
      figures.note(limit, count, in);
    }
    for (int i = 0; i < count; i++) {
      thing.run();
    }
    return count;
  }

  private void custom() {
    figures.add(ModuleLimit.CUSTOM_SECTIONS, 1, in);
    name();
    in.skip(in.left());
  }

  private void name() {
    figures.note(ModuleLimit.NAME_BYTES, in.name(), in);
  }

  private void type() {
    int form = in.u8();
    switch (form) {
      case 0x60 -> {
        int parameters = each("parameters", ModuleLimit.PARAMETERS, 1, code::valueType);
        int results = each("results", ModuleLimit.RESULTS, 1, code::valueType);
        types.add(parameters, results);
      }
      case 0x4E, 0x4F, 0x50, 0x5E, 0x5F ->
          throw in.refused(Reason.UNSUPPORTED, "it uses garbage-collected objects");
      default -> throw in.malformed("0x" + Integer.toHexString(form) + " is no form of a type");
    }
  }

  private void imported() {
    name();
    name();
    int kind = in.u8();
    switch (kind) {
      case 0 -> types.imported(in.u32());
      case 1 -> {
        code.valueType();
        tableEntries();
      }
      case 2 -> memory();
      case 3 -> {
        code.valueType();
        in.u8();
      }
      case 4 -> tag();
      default -> throw in.malformed("there is no import of kind " + kind);
    }
  }

  private void table() {
    if (in.peek() == 0x40) {
      throw in.refused(Reason.UNSUPPORTED, "it has a table with an initial value");
    }
    code.valueType();
    tableEntries();
  }

  private void tableEntries() {
    int flags = in.u8();
    if (flags > 1) {
      throw flags < 8
          ? in.refused(Reason.UNSUPPORTED, "a table is shared, or has 64-bit indices")
          : in.malformed("a table has limits of form " + flags);
    }
    long entries = in.u32();
    figures.add(ModuleLimit.TABLE_ENTRIES, entries, in);
    if (flags == 1 && in.u32() < entries) {
      throw in.malformed("a table has more entries than it may have");
    }
  }

  private void memory() {
    int flags = in.u8();
    if (flags > 1) {
      throw (flags & 4) != 0 && flags < 8
          ? in.refused(Reason.UNSUPPORTED, "its memory has 64-bit addresses")
          : (flags & 2) != 0 && flags < 8
              ? in.refused(Reason.UNSUPPORTED, "its memory is shared between threads")
              : in.malformed("a memory has limits of form " + flags);
    }
    in.u32();
    if (flags == 1) {
      in.u32();
    }
  }

  private void global() {
    code.valueType();
    in.u8();
    code.constant();
  }

  private void export() {
    name();
    in.u8();
    in.u32();
  }

  private void tag() {
    in.u8();
    in.u32();
  }

  private void elements() {
    long flags = in.u32();
    if (flags > 7) {
      throw in.malformed("an element segment of form " + flags);
    }
    boolean active = (flags & 1) == 0;
    boolean second = (flags & 2) != 0;
    boolean expressions = (flags & 4) != 0;
    if (active && second) {
      in.u32();
    }
    if (active) {
      code.constant();
    }
    if (second || !active) {
      if (expressions) {
        code.valueType();
      } else if (in.u8() != 0) {
        throw in.malformed("an element segment of things other than functions");
      }
    }
    int entries = in.count("entries of an element segment", expressions ? 2 : 1);
    figures.add(ModuleLimit.ELEMENT_ENTRIES, entries, in);
    for (int i = 0; i < entries; i++) {
      if (expressions) {
        code.constant();
      } else {
        in.u32();
      }
    }
  }

  private void data() {
    long mode = in.u32();
    if (mode > 2) {
      throw in.malformed("a data segment of form " + mode);
    }
    if (mode == 2) {
      in.u32();
    }
    Integer offset = mode == 1 ? Integer.valueOf(0) : code.constant();
    int length = in.count("bytes of data", 1);
    figures.add(ModuleLimit.DATA_BYTES, length, in);
    if (offset == null) {
      throw in.refused(Reason.UNSUPPORTED, "the address of a data segment is not a plain number");
    }
    if (mode != 1 && length > 0) {
      figures.note(ModuleLimit.DATA_END, Integer.toUnsignedLong(offset) + length, in);
    }
    in.skip(length);
  }
}
