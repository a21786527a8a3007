package org.wasmheap.bench;

import static org.wasmheap.testkit.ModuleBytes.I32;
import static org.wasmheap.testkit.ModuleBytes.I64;
import static org.wasmheap.testkit.ModuleBytes.body;
import static org.wasmheap.testkit.ModuleBytes.bytes;
import static org.wasmheap.testkit.ModuleBytes.join;
import static org.wasmheap.testkit.ModuleBytes.name;
import static org.wasmheap.testkit.ModuleBytes.section;
import static org.wasmheap.testkit.ModuleBytes.signed;
import static org.wasmheap.testkit.ModuleBytes.sized;
import static org.wasmheap.testkit.ModuleBytes.u32;
import static org.wasmheap.testkit.ModuleBytes.vector;
import static org.wasmheap.testkit.ModuleBytes.vectorOf;

import java.util.List;
import java.util.SplittableRandom;
import org.wasmheap.allocator.BlockLimit;
import org.wasmheap.endive.EndiveGuest;
import org.wasmheap.endive.EndiveModule;
import org.wasmheap.guest.GuestCall;
import org.wasmheap.memory.LinearMemory;
import org.wasmheap.runtime.HeapStrategy;
import org.wasmheap.testkit.ModuleBytes;

/**
 * Guests that load their memory as runtimes do. Each has one entry, {@value #ENTRY}, with a
 * runtime's parameters: it adds up 64-bit words of a range and the distances at which they stand,
 * and leaves another word at each of these places. So a second call on an instance that was not put
 * back gives another sum.
 */
final class LoadGuest {
  static final String ENTRY = "load";

  /** Pages and start of the heap are Westend's. */
  private static final int PAGES = 21;

  private static final int HEAP_BASE = 20 * LinearMemory.PAGE_SIZE;

  /** A table as large as that of a runtime with some thousand functions. */
  private static final int RUNTIME_TABLE = 4_000;

  private static final int MEBIBYTE = 1 << 20;
  private static final int LINE = 64;

  private static final int BUFFER = LinearMemory.PAGE_SIZE;
  private static final int BUFFER_BYTES = 64 << 20;

  /** Both ends of the buffer, and its middle. */
  private static final int BUFFER_STEP = (BUFFER_BYTES - Long.BYTES) / 2;

  /** Blocks that the guests with tables change. */
  private static final int TABLE_BLOCKS = 8;

  private static final int TABLE_STEP = 4096 + Long.BYTES;

  // Indices of functions: two imports, the entry, and what the table refers to.
  private static final int MALLOC = 0;
  private static final int FREE = 1;
  private static final int LOAD = 2;
  private static final int ONE = 3;
  private static final int TWO = 4;

  // Locals of the entry, behind its two parameters.
  private static final int START = 2;
  private static final int OFFSET = 3;
  private static final int SUM = 4;

  private final byte[] wasm;
  private final long sum;

  private LoadGuest(byte[] wasm, long sum) {
    this.wasm = wasm;
    this.sum = sum;
  }

  /** Writes a word in each 64 bytes of a mebibyte that it allocates; has no data. */
  static LoadGuest mebibyte() {
    return mebibyte(1, new byte[0][]);
  }

  /** The same in a module with data and a table of a runtime's size. */
  static LoadGuest mebibyteOfRuntime() {
    byte[] data = new byte[MEBIBYTE];
    new SplittableRandom(18).nextBytes(data);
    return mebibyte(RUNTIME_TABLE, segment(BUFFER, data));
  }

  private static LoadGuest mebibyte(int table, byte[]... data) {
    byte[] code =
        join(
            constant(MEBIBYTE),
            bytes(0x10, MALLOC, 0x21, START),
            touch(LINE, MEBIBYTE),
            bytes(0x20, START, 0x10, FREE));
    return new LoadGuest(
        module(PAGES, HEAP_BASE, table, code, data), distances(LINE, MEBIBYTE / LINE));
  }

  /** Touches both ends and the middle of a static buffer of 64 MiB with data at its ends. */
  static LoadGuest staticBuffer() {
    byte[] atStart = {1, 2, 3, 4, 5, 6, 7, 0};
    byte[] atEnd = {7, 6, 5, 4, 3, 2, 1, 0};
    byte[] code = join(constant(BUFFER), bytes(0x21, START), touch(BUFFER_STEP, 3 * BUFFER_STEP));
    int heapBase = BUFFER + BUFFER_BYTES;
    byte[] wasm =
        module(
            heapBase / LinearMemory.PAGE_SIZE + 1,
            heapBase,
            1,
            code,
            segment(BUFFER, atStart),
            segment(BUFFER + BUFFER_BYTES - Long.BYTES, atEnd));
    return new LoadGuest(
        wasm, distances(BUFFER_STEP, 3) + 0x0007060504030201L + 0x0001020304050607L);
  }

  /**
   * A small call through a table at 21 pages: it changes eight blocks and calls the table's middle
   * entry, which gives one.
   *
   * @param entries of the table
   * @param changed whether it then makes that entry another, and calls that, which gives two
   */
  static LoadGuest table(int entries, boolean changed) {
    int size = TABLE_BLOCKS * TABLE_STEP;
    byte[] change =
        join(constant(entries / 2), bytes(0xD2, TWO, 0x26, 0), throughTable(entries / 2));
    byte[] code =
        join(
            constant(BUFFER),
            bytes(0x21, START),
            touch(TABLE_STEP, size),
            throughTable(entries / 2),
            changed ? change : bytes());
    return new LoadGuest(
        module(PAGES, HEAP_BASE, entries, code),
        distances(TABLE_STEP, TABLE_BLOCKS) + (changed ? 1 + 2 : 1));
  }

  /** The module; not a copy. */
  byte[] wasm() {
    return wasm;
  }

  /** What a call on a pristine instance gives. */
  long sum() {
    return sum;
  }

  /** Loads it with a memory of a given size. */
  EndiveModule load(EndiveModule.MemorySizing sizing) {
    return EndiveModule.load(wasm, sizing, List.of(), BlockLimit.ON_CHAIN);
  }

  /** Loads it with as many pages beyond those that it declares as runtimes get. */
  EndiveModule load() {
    return load(HeapStrategy.ofStatic(HeapStrategy.DEFAULT_HEAP_PAGES));
  }

  /** The call, with the empty input that {@link PlainInstance} allocates, too. */
  static GuestCall<EndiveGuest, Long> call() {
    return guest -> guest.call(ENTRY, guest.heap().malloc(0), 0)[0];
  }

  private static long distances(int step, int count) {
    return (long) step * count * (count - 1) / 2;
  }

  private static byte[] constant(int value) {
    return join(bytes(0x41), signed(value));
  }

  /**
   * Goes through a range from START on; compares with "not equal", since the size is a multiple.
   */
  private static byte[] touch(int step, int size) {
    byte[] place = bytes(0x20, START, 0x20, OFFSET, 0x6A);
    byte[] distance = bytes(0x20, OFFSET, 0xAD);
    return join(
        bytes(0x03, 0x40),
        bytes(0x20, SUM),
        place,
        bytes(0x29, 0, 0, 0x7C),
        distance,
        bytes(0x7C, 0x21, SUM),
        place,
        distance,
        bytes(0x42, 1, 0x7C, 0x37, 0, 0),
        bytes(0x20, OFFSET),
        constant(step),
        bytes(0x6A, 0x22, OFFSET),
        constant(size),
        bytes(0x47, 0x0D, 0, 0x0B));
  }

  private static byte[] throughTable(int entry) {
    return join(constant(entry), bytes(0x11, 3, 0, 0xAD, 0x20, SUM, 0x7C, 0x21, SUM));
  }

  private static byte[] segment(int address, byte[] data) {
    return join(bytes(0), constant(address), bytes(0x0B), sized(data));
  }

  private static byte[] module(int pages, int heapBase, int table, byte[] code, byte[]... data) {
    byte[] locals = bytes(2, 2, I32, 1, I64);
    return ModuleBytes.module(
        section(
            1,
            vector(
                bytes(0x60, 1, I32, 1, I32),
                bytes(0x60, 1, I32, 0),
                bytes(0x60, 2, I32, I32, 1, I64),
                bytes(0x60, 0, 1, I32))),
        section(
            2,
            vector(
                join(name("env"), name("memory"), bytes(2, 0), u32(pages)),
                join(name("env"), name("ext_allocator_malloc_version_1"), bytes(0, 0)),
                join(name("env"), name("ext_allocator_free_version_1"), bytes(0, 1)))),
        section(3, bytes(3, 2, 3, 3)),
        section(4, vector(join(bytes(0x70, 0), u32(table)))),
        section(6, vector(join(bytes(I32, 0), constant(heapBase), bytes(0x0B)))),
        section(
            7,
            vector(
                ModuleBytes.EXPORTED_HEAP_BASE,
                join(name(ENTRY), bytes(0, LOAD)),
                join(name("two"), bytes(0, TWO)))),
        section(9, vector(join(bytes(0), constant(0), bytes(0x0B), vectorOf(table, bytes(ONE))))),
        section(
            10,
            vector(
                body(locals, code, bytes(0x20, SUM)),
                body(bytes(0), constant(1)),
                body(bytes(0), constant(2)))),
        section(11, vector(data)));
  }
}
