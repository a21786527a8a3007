package org.wasmheap.memory;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The memory of a pooled instance: flat, little-endian, and able to go back to its image at a cost
 * in proportion to what was written.
 *
 * <p><b>Logical size and materialised bytes are two things.</b> Guest and allocator see the logical
 * size; the array holds only the low part that something has written to. It is never longer than
 * the logical size, so the array's own bounds check is the only one that an access pays. An access
 * beyond the array arrives as an exception and takes a slow path: inside the logical size it reads
 * zero or materialises more, outside it is the guest's {@link MemoryAccessException}.
 *
 * <p><b>Cards.</b> One byte for each {@value #BLOCK_SIZE} bytes, {@code cards.length} exactly {@code
 * buffer.length >>> 12}. Each store marks the block of its first byte, unconditionally and before
 * the data, so that no failure between the two can leave a changed block unmarked. A store may
 * reach up to 7 bytes into the next block, whose card stays clear: whoever restores or copies a run
 * of dirty blocks takes 7 bytes more.
 *
 * <p><b>Growing again and again.</b> The smallest array is kept for life. Longer ones are taken
 * from {@link SpareArrays} and go back there, pristine, when the memory is restored.
 *
 * <p>Used by one thread at a time; only {@link #materialisedBytes()} and {@link #trim()} may be
 * called from any.
 */
public final class FlatMemory implements LinearMemory {
  /** Bytes that one card stands for. */
  public static final int BLOCK_SIZE = 4096;

  /** The most pages that a Java array can hold: {@value} of {@value LinearMemory#PAGE_SIZE}. */
  public static final int ADDRESSABLE_PAGES = 32_767;

  static final int BLOCK_SHIFT = 12;

  /** A store of 8 bytes that begins in one block ends at most this far into the next. */
  private static final int STORE_OVERHANG = 7;

  /** Loads beyond the array that are answered with zero before the array is made longer. */
  private static final int COLD_LOADS = 32;

  private static final byte DIRTY = 1;
  private static final byte[] CLEAN = new byte[BLOCK_SIZE];

  private static final VarHandle SHORT =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final int maximumPages;
  private final SpareArrays spares = new SpareArrays();

  /** The materialised bytes; never longer than the logical size. */
  private byte[] buffer;

  /** One byte for each block of {@link #buffer}, not 0 where the block was written. */
  private byte[] cards;

  /** The arrays that this memory always holds, pristine while longer ones are in use. */
  private byte[] baseBuffer;

  private byte[] baseCards;

  /** What {@link #restore()} goes back to; absent until the first capture. */
  private @Nullable MemoryImage image;

  private int pages;
  private int coldLoads;

  /** Bytes of the arrays in use. Written by the owner, read by any thread for statistics. */
  private volatile long heldBytes;

  /**
   * A memory of zeros, of which nothing is materialised yet.
   *
   * @param initialPages logical size, 0 to {@value #ADDRESSABLE_PAGES} pages
   * @param maximumPages the size it may grow to, from {@code initialPages} to {@value
   *     LinearMemory#MAX_PAGES} pages
   * @throws IllegalArgumentException if a size is out of its range
   */
  public FlatMemory(int initialPages, int maximumPages) {
    if (initialPages < 0 || initialPages > ADDRESSABLE_PAGES) {
      throw new IllegalArgumentException(
          "initialPages is " + initialPages + ", must be 0 to " + ADDRESSABLE_PAGES);
    }
    if (maximumPages < initialPages || maximumPages > MAX_PAGES) {
      throw new IllegalArgumentException(
          "maximumPages is " + maximumPages + ", must be " + initialPages + " to " + MAX_PAGES);
    }
    this.pages = initialPages;
    this.maximumPages = maximumPages;
    this.baseBuffer = new byte[0];
    this.baseCards = new byte[0];
    this.buffer = baseBuffer;
    this.cards = baseCards;
  }

  FlatMemory(MemoryImage image) {
    this.pages = image.pages();
    this.maximumPages = image.maximumPages();
    this.image = image;
    this.baseBuffer = allocate(image.heldBytes());
    this.baseCards = new byte[baseBuffer.length >>> BLOCK_SHIFT];
    image.copyTo(baseBuffer, 0, Math.min(baseBuffer.length, image.contentBytes()));
    use(baseBuffer, baseCards);
  }

  /**
   * Takes the content and size of this moment as the pristine state of this memory, and of all that
   * {@link MemoryImage#newMemory()} makes from it.
   *
   * @param hotBytes low bytes that calls are likely to write, and that every memory of the image
   *     therefore holds materialised; cut to the logical size
   * @return the image
   */
  public MemoryImage capture(long hotBytes) {
    byte[] content = MemoryImage.cut(buffer);
    long hot = Math.min(Math.max(hotBytes, content.length), sizeInBytes());
    int held = (int) ((hot + BLOCK_SIZE - 1) / BLOCK_SIZE * BLOCK_SIZE);
    MemoryImage captured = new MemoryImage(content, pages, maximumPages, held);
    byte[] base = allocate(held);
    captured.copyTo(base, 0, content.length);
    baseBuffer = base;
    baseCards = new byte[held >>> BLOCK_SHIFT];
    image = captured;
    spares.clear();
    use(baseBuffer, baseCards);
    return captured;
  }

  // Size and growth.

  @Override
  public long sizeInBytes() {
    return (long) pages * PAGE_SIZE;
  }

  @Override
  public int pages() {
    return pages;
  }

  @Override
  public int maximumPages() {
    return maximumPages;
  }

  @Override
  public boolean grow(int deltaPages) {
    long grown = (long) pages + deltaPages;
    if (deltaPages < 0 || grown > maximumPages) {
      return false;
    }
    if (grown > ADDRESSABLE_PAGES) {
      throw new GrowthRefusedException(
          "growth from "
              + pages
              + " to "
              + grown
              + " pages is allowed by the module, but a flat memory addresses at most "
              + ADDRESSABLE_PAGES
              + " pages; use a sparse memory or a smaller maximum",
          null);
    }
    pages = (int) grown;
    return true;
  }

  // Loads and stores: the array's bounds check first, all else behind the exception.

  /**
   * Loads a byte.
   *
   * @param address u32
   * @return the byte
   * @throws MemoryAccessException outside the logical size
   */
  public byte readByte(int address) {
    try {
      return buffer[address];
    } catch (IndexOutOfBoundsException e) {
      return (byte) loadCold(address, Byte.BYTES);
    }
  }

  /**
   * Loads a 16-bit value.
   *
   * @param address u32 of the first byte
   * @return the value
   * @throws MemoryAccessException outside the logical size
   */
  public short readShort(int address) {
    try {
      return (short) SHORT.get(buffer, address);
    } catch (IndexOutOfBoundsException e) {
      return (short) loadCold(address, Short.BYTES);
    }
  }

  /**
   * Loads a 32-bit value.
   *
   * @param address u32 of the first byte
   * @return the value
   * @throws MemoryAccessException outside the logical size
   */
  public int readInt(int address) {
    try {
      return (int) INT.get(buffer, address);
    } catch (IndexOutOfBoundsException e) {
      return (int) loadCold(address, Integer.BYTES);
    }
  }

  @Override
  public long readLong(int address) {
    try {
      return (long) LONG.get(buffer, address);
    } catch (IndexOutOfBoundsException e) {
      return loadCold(address, Long.BYTES);
    }
  }

  /**
   * Stores a byte.
   *
   * @param address u32
   * @param value the byte
   * @throws MemoryAccessException outside the logical size
   */
  public void writeByte(int address, byte value) {
    try {
      cards[address >>> BLOCK_SHIFT] = DIRTY;
      buffer[address] = value;
    } catch (IndexOutOfBoundsException e) {
      materialiseFor(address, Byte.BYTES);
      writeByte(address, value);
    }
  }

  /**
   * Stores a 16-bit value.
   *
   * @param address u32 of the first byte
   * @param value the value
   * @throws MemoryAccessException outside the logical size
   */
  public void writeShort(int address, short value) {
    try {
      cards[address >>> BLOCK_SHIFT] = DIRTY;
      SHORT.set(buffer, address, value);
    } catch (IndexOutOfBoundsException e) {
      materialiseFor(address, Short.BYTES);
      writeShort(address, value);
    }
  }

  /**
   * Stores a 32-bit value.
   *
   * @param address u32 of the first byte
   * @param value the value
   * @throws MemoryAccessException outside the logical size
   */
  public void writeInt(int address, int value) {
    try {
      cards[address >>> BLOCK_SHIFT] = DIRTY;
      INT.set(buffer, address, value);
    } catch (IndexOutOfBoundsException e) {
      materialiseFor(address, Integer.BYTES);
      writeInt(address, value);
    }
  }

  @Override
  public void writeLong(int address, long value) {
    try {
      cards[address >>> BLOCK_SHIFT] = DIRTY;
      LONG.set(buffer, address, value);
    } catch (IndexOutOfBoundsException e) {
      materialiseFor(address, Long.BYTES);
      writeLong(address, value);
    }
  }

  // Bulk access: check, materialise, mark, act.

  @Override
  public void read(int address, byte[] destination, int offset, int length) {
    int from = checkRange(address, length);
    int stored = Math.max(0, Math.min(length, buffer.length - from));
    System.arraycopy(buffer, Math.min(from, buffer.length), destination, offset, stored);
    Arrays.fill(destination, offset + stored, offset + length, (byte) 0);
  }

  @Override
  public void write(int address, byte[] source, int offset, int length) {
    int from = prepareStore(address, length);
    System.arraycopy(source, offset, buffer, from, length);
  }

  /**
   * Sets a range to one value.
   *
   * @param address u32 of the first byte
   * @param value the value
   * @param length bytes, u32
   * @throws MemoryAccessException if the range leaves the memory; nothing is written
   */
  public void fill(int address, byte value, int length) {
    int from = checkRange(address, length);
    // What lies beyond the array is zero already, so zeros need no memory there.
    int stored = value == 0 ? Math.max(0, Math.min(length, buffer.length - from)) : length;
    if (stored > 0) {
      prepareStore(address, stored);
      Arrays.fill(buffer, from, from + stored, value);
    }
  }

  /**
   * Copies within the memory; the ranges may overlap.
   *
   * @param destination u32 of the first byte written
   * @param source u32 of the first byte read
   * @param length bytes, u32
   * @throws MemoryAccessException if a range leaves the memory; nothing is written
   */
  public void copy(int destination, int source, int length) {
    int from = checkRange(source, length);
    int to = prepareStore(destination, length);
    int stored = Math.max(0, Math.min(length, buffer.length - from));
    System.arraycopy(buffer, Math.min(from, buffer.length), buffer, to, stored);
    Arrays.fill(buffer, to + stored, to + length, (byte) 0);
  }

  // The way back.

  /**
   * Puts content and size back to the image: finds the dirty blocks, joins them to runs, copies the
   * runs back, clears their cards.
   *
   * @return blocks that were copied back
   * @throws IllegalStateException if nothing was captured yet
   */
  @Override
  public int restore() {
    MemoryImage pristine = image;
    if (pristine == null) {
      throw new IllegalStateException("capture() comes before restore()");
    }
    int restored = restoreArrays(pristine, buffer, cards);
    if (buffer != baseBuffer) {
      spares.put(buffer, cards);
      use(baseBuffer, baseCards);
    }
    pages = pristine.pages();
    coldLoads = 0;
    return restored;
  }

  /**
   * Compares all that is materialised with the image: for tests, and for arrays that come from an
   * instance that did not end normally.
   *
   * @return the address of the first byte that differs, if any; {@code -1} if the size does
   * @throws IllegalStateException if nothing was captured yet
   */
  public OptionalLong firstDifference() {
    MemoryImage pristine = image;
    if (pristine == null) {
      throw new IllegalStateException("capture() comes before firstDifference()");
    }
    if (pages != pristine.pages()) {
      return OptionalLong.of(-1);
    }
    int at = pristine.firstDifference(buffer);
    return at < 0 ? OptionalLong.empty() : OptionalLong.of(at);
  }

  /**
   * Gives up spare arrays, without entering the memory; any thread may do so at any time.
   *
   * @return bytes given up
   */
  public long trim() {
    return spares.clear();
  }

  @Override
  public long materialisedBytes() {
    return heldBytes + spares.bytes();
  }

  @Override
  public String toString() {
    return "FlatMemory["
        + pages
        + " pages, maximum "
        + maximumPages
        + ", "
        + materialisedBytes()
        + " bytes materialised]";
  }

  private static int restoreArrays(MemoryImage pristine, byte[] buffer, byte[] cards) {
    int restored = 0;
    for (int run = nextDirty(cards, 0); run < cards.length; ) {
      int end = endOfRun(cards, run);
      pristine.copyTo(buffer, run << BLOCK_SHIFT, runLimit(end, buffer.length));
      Arrays.fill(cards, run, end, (byte) 0);
      restored += end - run;
      run = nextDirty(cards, end);
    }
    return restored;
  }

  /** The first dirty card from {@code from} on, or the number of cards. */
  private static int nextDirty(byte[] cards, int from) {
    int at = from;
    while (at < cards.length) {
      int chunk = Math.min(CLEAN.length, cards.length - at);
      int found = Arrays.mismatch(cards, at, at + chunk, CLEAN, 0, chunk);
      if (found >= 0) {
        return at + found;
      }
      at += chunk;
    }
    return cards.length;
  }

  private static int endOfRun(byte[] cards, int from) {
    int end = from + 1;
    while (end < cards.length && cards[end] != 0) {
      end++;
    }
    return end;
  }

  /** First byte after a run of blocks that ends before block {@code endBlock}, overhang included. */
  private static int runLimit(int endBlock, int length) {
    return (int) Math.min(length, ((long) endBlock << BLOCK_SHIFT) + STORE_OVERHANG);
  }

  private long loadCold(int address, int width) {
    checkRange(address, width);
    if (++coldLoads > COLD_LOADS) {
      materialiseFor(address, width);
    }
    long value = 0;
    for (int i = width - 1; i >= 0; i--) {
      int at = address + i;
      value = value << Byte.SIZE | (at < buffer.length ? buffer[at] & 0xFF : 0);
    }
    return value;
  }

  /** Checks, materialises and marks a range that is about to be written; returns its first index. */
  private int prepareStore(int address, int length) {
    int from = checkRange(address, length);
    if (length > 0) {
      if ((long) from + length > buffer.length) {
        materialise((long) from + length);
      }
      int last = from + length - 1;
      Arrays.fill(cards, from >>> BLOCK_SHIFT, (last >>> BLOCK_SHIFT) + 1, DIRTY);
    }
    return from;
  }

  /** Throws unless the range, both ends u32, lies in the logical size; returns its first index. */
  private int checkRange(int address, int length) {
    long end = Integer.toUnsignedLong(address) + Integer.toUnsignedLong(length);
    if (end > sizeInBytes()) {
      throw new MemoryAccessException(address, Integer.toUnsignedLong(length), sizeInBytes());
    }
    return address;
  }

  private void materialiseFor(int address, int width) {
    checkRange(address, width);
    materialise(Integer.toUnsignedLong(address) + width);
  }

  /** Makes the array reach at least {@code end}, which lies inside the logical size. */
  private void materialise(long end) {
    int shortest = (int) ((end + PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE);
    if (shortest <= buffer.length) {
      return;
    }
    int longest = (int) sizeInBytes();
    int doubled = (int) Math.min(Math.max(shortest, 2L * buffer.length), longest);
    MemoryImage pristine = image;
    if (pristine == null) {
      byte[] longer = allocate(doubled);
      System.arraycopy(buffer, 0, longer, 0, buffer.length);
      use(longer, Arrays.copyOf(cards, doubled >>> BLOCK_SHIFT));
      return;
    }
    // All memory is taken before any state changes: a refusal leaves this memory as it was.
    SpareArrays.Pair next = spares.take(shortest, longest);
    if (next == null) {
      byte[] longer = allocate(doubled);
      pristine.copyTo(longer, 0, pristine.contentBytes());
      next = new SpareArrays.Pair(longer, new byte[doubled >>> BLOCK_SHIFT]);
    }
    moveDirtyRuns(pristine, next);
  }

  /** Moves what was written to longer arrays, and leaves the present ones pristine. */
  private void moveDirtyRuns(MemoryImage pristine, SpareArrays.Pair next) {
    for (int run = nextDirty(cards, 0); run < cards.length; ) {
      int end = endOfRun(cards, run);
      int from = run << BLOCK_SHIFT;
      int limit = runLimit(end, buffer.length);
      System.arraycopy(buffer, from, next.buffer(), from, limit - from);
      Arrays.fill(next.cards(), run, end, DIRTY);
      run = nextDirty(cards, end);
    }
    restoreArrays(pristine, buffer, cards);
    if (buffer != baseBuffer) {
      spares.put(buffer, cards);
    }
    use(next.buffer(), next.cards());
  }

  private void use(byte[] nextBuffer, byte[] nextCards) {
    buffer = nextBuffer;
    cards = nextCards;
    long bytes = (long) nextBuffer.length + nextCards.length;
    heldBytes =
        nextBuffer == baseBuffer ? bytes : bytes + baseBuffer.length + baseCards.length;
  }

  private static byte[] allocate(int bytes) {
    try {
      return new byte[bytes];
    } catch (OutOfMemoryError e) {
      throw new GrowthRefusedException(
          "the JVM has no "
              + bytes
              + " bytes for a linear memory; raise -Xmx or use fewer instances",
          e);
    }
  }
}
