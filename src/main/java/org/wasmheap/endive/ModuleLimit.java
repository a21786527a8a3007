package org.wasmheap.endive;

import java.util.Locale;

/**
 * How large a module may be, in each respect that costs its host time or memory before any call
 * runs. Each limit is at least ten times what the largest real runtime has.
 *
 * <p>Why they are needed: a few bytes of a file can claim counts of billions, and the engine
 * believes what it reads. What a module claims beyond the bytes that follow is refused as
 * malformed, whatever the limit.
 */
enum ModuleLimit {
  /** The whole file. A Substrate node unpacks no code of more than 50 MiB. */
  MODULE_BYTES("bytes of the module", 128 << 20),
  TYPES("types", 2_000),
  /** Of one function. Each call costs the engine's checks and its compiler that many steps. */
  PARAMETERS("parameters of a function", 250),
  RESULTS("results of a function", 32),
  IMPORTS("imports", 1_000),
  FUNCTIONS("functions", 70_000),
  TABLES("tables", 100),
  /** Initial entries of all tables together: each takes real memory in each instance. */
  TABLE_ENTRIES("table entries", 1_000_000),
  GLOBALS("globals", 10_000),
  EXPORTS("exports", 2_000),
  /** Each name of an import, an export, a custom section; in UTF-8. */
  NAME_BYTES("bytes of a name", 10_000),
  ELEMENT_SEGMENTS("element segments", 10_000),
  /** Entries of all element segments together. */
  ELEMENT_ENTRIES("element entries", 200_000),
  DATA_SEGMENTS("data segments", 10_000),
  /** Of all data segments together. */
  DATA_BYTES("bytes of data", 100 << 20),
  /**
   * Where active data, or what a start function writes, may end: all below becomes real memory, in
   * the image and in each instance. As much as the default heap of a Substrate runtime.
   */
  DATA_END("address where data ends", 128 << 20),
  CUSTOM_SECTIONS("custom sections", 1_000),
  BODY_BYTES("bytes of a function's body", 1 << 20),
  /** Of one function, parameters not counted. */
  LOCALS("locals of a function", 2_000),
  /** Of all functions together: a few bytes can declare thousands. */
  LOCALS_IN_ALL("locals of all functions", 500_000),
  INSTRUCTIONS("instructions", 25_000_000),
  /** Blocks in blocks, the body of the function not counted. */
  NESTING("blocks in blocks", 4_000),
  /** Of one {@code br_table}, its default not counted. */
  BRANCH_TARGETS("targets of a br_table", 10_000),
  /** On the operand stack of one function. */
  STACK("values on the stack of a function", 1_000),
  /** See {@link StackHeights}: of three bytes at most each, so HotSpot can hold them. */
  STACK_MAPS("values in the stack maps of a function", 2_000_000);

  private final String label;
  private final int most;

  ModuleLimit(String label, int most) {
    this.label = label;
    this.most = most;
  }

  /** What is counted, in the words of messages and of the documents. */
  String label() {
    return label;
  }

  /** The most that is allowed. */
  int most() {
    return most;
  }

  /** A refusal of more. */
  String exceededBy(long value) {
    return String.format(Locale.ROOT, "%,d %s, at most %,d are allowed", value, label, most);
  }
}
