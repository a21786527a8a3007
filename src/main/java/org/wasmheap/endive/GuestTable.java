package org.wasmheap.endive;

import java.util.Arrays;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import run.endive.runtime.Instance;
import run.endive.runtime.TableInstance;
import run.endive.runtime.TrapException;
import run.endive.runtime.WasmInterruptedException;
import run.endive.wasm.types.Table;
import run.endive.wasm.types.TableLimits;
import run.endive.wasm.types.Value;

/**
 * A table of function references that can be put back, at a cost in proportion to what was written.
 *
 * <ol>
 *   <li>An index outside is the guest's trap, whichever instruction brings it: the engine's own
 *       checks overflow for some sizes.
 *   <li>Entries lie in chunks. Instances of a module share the pristine ones; the first write to a
 *       chunk copies it, and putting the table back forgets the copies.
 *   <li>Long instructions look for an interrupt as they go.
 *   <li>What copies of chunks take is counted with the guest's memory, and may be refused.
 * </ol>
 *
 * <p>All functions are the instance's own, since modules that import tables or globals are refused,
 * so no owner is kept. A table cannot grow: modules that would are refused, too. One thread's own.
 */
final class GuestTable extends TableInstance {
  private static final int CHUNK_SHIFT = 10;

  /** Entries of a chunk: 4 KiB of them. The last chunk of a table may be shorter. */
  static final int CHUNK = 1 << CHUNK_SHIFT;

  private static final int CHUNK_MASK = CHUNK - 1;

  /** A write in so many looks for an interrupt. A power of two. */
  private static final int WRITES_BETWEEN_LOOKS = 1 << 16;

  private static final int[] NONE = {};

  /** Hears of bytes that copies of chunks take, and, below 0, give back; may refuse them. */
  private final LongConsumer counts;

  private final TableLimits limits;
  private final int size;

  /** Chunks after instantiation, shared by instances, never written to once sealed. */
  private int[][] pristine;

  /** Chunks of the moment: the pristine ones themselves but for those that were written to. */
  private int[][] chunks;

  /** The numbers of the chunks that are copies; so many of them count. */
  private int[] copied = NONE;

  private int copies;

  /** What the copies take. */
  private long copiedBytes;

  /** Writes so far, modulo 2^32. */
  private int writes;

  /** Not while the engine writes element segments whose effect is in the chunks already. */
  private boolean writable = true;

  /** A table in which all entries are equal. */
  GuestTable(Table declared, int initialValue, LongConsumer counts) {
    this(declared, uniform((int) declared.limits().min(), initialValue), counts);
  }

  /** A table that begins as another one was when it was sealed; writable when it is opened. */
  static GuestTable like(Table declared, int[][] sealed, LongConsumer counts) {
    GuestTable table = new GuestTable(declared, sealed, counts);
    table.writable = false;
    return table;
  }

  private GuestTable(Table declared, int[][] chunks, LongConsumer counts) {
    // The engine's own arrays stay empty.
    super(
        new Table(declared.elementType(), new TableLimits(0, declared.limits().max())),
        Value.REF_NULL_VALUE);
    this.counts = counts;
    this.limits = declared.limits();
    this.size = (int) declared.limits().min();
    this.pristine = chunks;
    this.chunks = chunks;
  }

  private static int[][] uniform(int size, int value) {
    int[][] chunks = new int[(size + CHUNK_MASK) >>> CHUNK_SHIFT][];
    int[] whole = filled(Math.min(size, CHUNK), value);
    Arrays.fill(chunks, whole);
    int rest = size & CHUNK_MASK;
    if (rest != 0) {
      chunks[chunks.length - 1] = filled(rest, value);
    }
    return chunks;
  }

  private static int[] filled(int length, int value) {
    int[] chunk = new int[length];
    Arrays.fill(chunk, value);
    return chunk;
  }

  /** Makes the present content the pristine one. */
  void seal() {
    adopt(chunks);
  }

  /** The content after instantiation, for tables of other instances; nobody may write to it. */
  int[][] sealed() {
    return pristine;
  }

  /** Takes the content of a sealed table over, as that of the table after instantiation. */
  void adopt(int[][] sealed) {
    pristine = sealed;
    chunks = sealed;
    forgetCopies();
  }

  private void forgetCopies() {
    copies = 0;
    if (copiedBytes != 0) {
      counts.accept(-copiedBytes);
      copiedBytes = 0;
    }
  }

  /** The guest may write from here on. */
  void open() {
    writable = true;
  }

  /**
   * Puts the pristine content back.
   *
   * @return entries in the chunks that had to be put back
   */
  int restore() {
    int entries = 0;
    for (int i = 0; i < copies; i++) {
      int chunk = copied[i];
      entries += chunks[chunk].length;
      chunks[chunk] = pristine[chunk];
    }
    forgetCopies();
    return entries;
  }

  /** The first entry that is not as it was after instantiation; {@code null} if there is none. */
  @Nullable String difference() {
    for (int i = 0; i < chunks.length; i++) {
      int at = chunks[i] == pristine[i] ? -1 : Arrays.mismatch(chunks[i], pristine[i]);
      if (at >= 0) {
        return "table entry %d is %d, was %d"
            .formatted((i << CHUNK_SHIFT) + at, chunks[i][at], pristine[i][at]);
      }
    }
    return null;
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public TableLimits limits() {
    return limits;
  }

  @Override
  public int ref(int index) {
    if (Integer.compareUnsigned(index, size) >= 0) {
      throw outside();
    }
    return chunks[index >>> CHUNK_SHIFT][index & CHUNK_MASK];
  }

  /** What an indirect call asks for first. */
  @Override
  public int requiredRef(int index) {
    if (Integer.compareUnsigned(index, size) >= 0) {
      throw new TrapException("undefined element");
    }
    int ref = chunks[index >>> CHUNK_SHIFT][index & CHUNK_MASK];
    if (ref == Value.REF_NULL_VALUE) {
      throw uninitialised(index);
    }
    return ref;
  }

  /** No owner: the engine takes the instance that the table belongs to. */
  @Override
  public @Nullable Instance instance(int index) {
    if (Integer.compareUnsigned(index, size) >= 0) {
      throw outside();
    }
    return null;
  }

  @Override
  public void setRef(int index, int value, @Nullable Instance owner) {
    if (Integer.compareUnsigned(index, size) >= 0) {
      throw outside();
    }
    int number = index >>> CHUNK_SHIFT;
    int[] chunk = chunks[number];
    if (chunk == pristine[number]) {
      if (!writable) {
        return;
      }
      chunk = copy(number);
    }
    chunk[index & CHUNK_MASK] = value;
    if ((++writes & (WRITES_BETWEEN_LOOKS - 1)) == 0) {
      lookForInterrupt();
    }
  }

  private int[] copy(int number) {
    long bytes = (long) pristine[number].length * Integer.BYTES;
    counts.accept(bytes);
    copiedBytes += bytes;
    if (chunks == pristine) {
      chunks = pristine.clone();
    }
    if (copies == copied.length) {
      copied = Arrays.copyOf(copied, Math.min(chunks.length, Math.max(4, 2 * copies)));
    }
    int[] copy = pristine[number].clone();
    chunks[number] = copy;
    copied[copies++] = number;
    return copy;
  }

  /** As the engine does at calls and backward jumps, which a long instruction has none of. */
  private static void lookForInterrupt() {
    if (Thread.currentThread().isInterrupted()) {
      throw new WasmInterruptedException("Thread interrupted");
    }
  }

  private static TrapException outside() {
    return new TrapException("out of bounds table access");
  }

  private static TrapException uninitialised(int index) {
    return new TrapException("uninitialized element " + index);
  }

  // What only tables of objects and growing ones need: both are refused at load.

  @Override
  public int grow(int delta, int value, @Nullable Instance owner) {
    throw unsupported();
  }

  @Override
  public int growWithRef(int delta, @Nullable Object value, @Nullable Instance owner) {
    throw unsupported();
  }

  @Override
  public Object objRef(int index) {
    throw unsupported();
  }

  @Override
  public void setObjRef(int index, @Nullable Object value, @Nullable Instance owner) {
    throw unsupported();
  }

  @Override
  public void reset() {
    throw unsupported();
  }

  private static UnsupportedOperationException unsupported() {
    return new UnsupportedOperationException("a table that cannot grow, of function references");
  }
}
