package org.wasmheap.memory;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The memory of a pooled instance: flat, little-endian, and able to go back to its image at a cost
 * in proportion to what was written.
 *
 * <p><b>Logical size and materialised bytes are two things.</b> Guest and allocator see the logical
 * size; the array holds only the low part that something has written to. Once a call has grown the
 * memory, by small steps or with a longer spare at hand, the array may also be longer than the
 * logical size: room for the next growth, all zero.
 *
 * <p><b>The limit</b> is the lesser of the two, and each load and store of these methods compares
 * its address with it first. An access beyond it takes a slow path: inside the logical size it
 * reads zero or materialises more, outside it is the guest's {@link MemoryAccessException}. The
 * comparison is signed; an address from 2 GiB up is negative, passes it, and takes the same slow
 * path by the exception of the array.
 *
 * <p><b>Cards.</b> One byte for each {@value #BLOCK_SIZE} bytes, {@code cards.length} exactly
 * {@code buffer.length >>> 12}. Each store marks the block of its first byte, unconditionally and
 * before the data, so that no failure between the two can leave a changed block unmarked. A store
 * may reach up to 7 bytes into the next block, whose card stays clear: whoever restores or copies a
 * run of dirty blocks takes 7 bytes more.
 *
 * <p><b>Growing again and again.</b> The smallest array is kept for life. Longer ones are kept
 * pristine for a later call, until somebody trims the memory.
 *
 * <p>Used by one thread at a time; only {@link #materialisedBytes()} and {@link #trim} may be
 * called from any.
 */
public final class FlatMemory implements LinearMemory {
  /** Bytes that one card stands for. */
  public static final int BLOCK_SIZE = Blocks.SIZE;

  /** Address to number of its block: {@value} bits. */
  public static final int BLOCK_SHIFT = Blocks.SHIFT;

  /** The most pages that a Java array can hold: {@value} of {@value LinearMemory#PAGE_SIZE}. */
  public static final int ADDRESSABLE_PAGES = 32_767;

  private static final byte DIRTY = TrackedArray.DIRTY;

  /** Loads beyond the array that are answered with zero before the array is made longer. */
  private static final int COLD_LOADS = 32;

  private static final byte[] NO_BYTES = {};

  private static final VarHandle SHORT =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  /**
   * An engine's own way to the arrays, so that the guest's loads and stores are one indirection
   * nearer to them.
   *
   * <p>WARNING: an engine that stores through it owes what {@link FlatMemory} does: first marks the
   * card of the block of the first byte ({@code cards[address >>> BLOCK_SHIFT] = 1}), then stores 8
   * bytes at most, little-endian. An access that does not fit the array goes to the memory's own
   * method.
   */
  public interface Window {
    /**
     * These are in use from here on, also if only the memory's size has changed; called on the
     * thread that uses the memory.
     *
     * @param buffer the materialised bytes, all of them inside the memory; no bytes at all while
     *     the array goes on beyond the memory's end
     * @param cards one for each block of the array
     */
    void use(byte[] buffer, byte[] cards);
  }

  private final int maximumPages;

  // From here to the sizes: the owner's alone. When the owner changes, the heap orders it.

  private final BackingArrays arrays;

  /** The materialised bytes; an indirection less. Zero beyond the logical size. */
  private byte[] buffer;

  private byte[] cards;

  /** The lesser of the buffer's length and the logical size. */
  private int limit;

  /** Sees the arrays too, if an engine asked for it. */
  private @Nullable Window window;

  private int pages;

  /** What {@link #restore()} goes back to, once there is an image; the initial size until then. */
  private int pristinePages;

  /** The size before the present call grew it last; of no meaning in one that has not. */
  private int grewFrom;

  private int coldLoads;

  /**
   * A memory of zeros, of which nothing is materialised yet.
   *
   * @param initialPages logical size, 0 to {@value #ADDRESSABLE_PAGES} pages
   * @param maximumPages the size it may grow to, from {@code initialPages} to {@value
   *     LinearMemory#MAX_PAGES} pages
   * @throws IllegalArgumentException if a size is out of its range
   */
  public FlatMemory(int initialPages, int maximumPages) {
    this.pages = requirePages("initialPages", initialPages, 0, ADDRESSABLE_PAGES);
    this.pristinePages = pages;
    this.maximumPages = requirePages("maximumPages", maximumPages, initialPages, MAX_PAGES);
    this.arrays = new BackingArrays();
    this.buffer = arrays.current().buffer();
    this.cards = arrays.current().cards();
  }

  private static int requirePages(String name, int pages, int least, int most) {
    if (pages < least || pages > most) {
      throw new IllegalArgumentException(
          name + " is " + pages + ", must be " + least + " to " + most);
    }
    return pages;
  }

  /**
   * Another memory with the content and size of an image, which {@link #restore()} brings back to
   * it.
   *
   * @param image what was captured of a memory of the same module
   * @throws GrowthRefusedException if the JVM has no memory for it
   */
  public FlatMemory(MemoryImage image) {
    this.pages = image.pages();
    this.pristinePages = image.pages();
    this.maximumPages = image.maximumPages();
    this.arrays = new BackingArrays(image.content(), image.heldBytes());
    this.buffer = arrays.current().buffer();
    this.cards = arrays.current().cards();
    this.limit = (int) Math.min(buffer.length, sizeInBytes());
  }

  /**
   * Takes the content and size of this moment as pristine, for this memory and for all that are
   * made from the image.
   *
   * @param hotBytes low bytes that calls are likely to write: held materialised at all times
   * @return the image
   * @throws GrowthRefusedException if the JVM has no memory to hold; nothing has changed
   */
  public MemoryImage capture(long hotBytes) {
    PristineContent content = PristineContent.of(buffer);
    int held = arrays.capture(content, Math.min(hotBytes, sizeInBytes()));
    pristinePages = pages;
    useCurrent();
    return new MemoryImage(content, pages, maximumPages, held);
  }

  /**
   * Whether {@link #restore()} goes back to an image.
   *
   * @param image what was captured of this memory, or of another
   * @return {@code false} if this memory goes back to another, or to none
   */
  public boolean isOf(MemoryImage image) {
    return arrays.goesBackTo(image.content());
  }

  /**
   * Shows the arrays to the engine that asked last, now and whenever others take their place.
   *
   * @param sees the engine's window
   */
  public void showTo(Window sees) {
    window = sees;
    show(sees);
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
          "the module's maximum allows growth from %d to %d pages, a flat memory does not: it addresses %d"
              .formatted(pages, grown, ADDRESSABLE_PAGES),
          null);
    }
    grewFrom = deltaPages == 0 ? grewFrom : pages;
    pages = (int) grown;
    useCurrent();
    return true;
  }

  /**
   * Sets real memory aside up to an address, since what lies below is about to be used. An access
   * would do the same, but out of line, and compiled code that has met some is slower for good.
   *
   * @param end address after the last byte; nothing happens if it is beyond {@link #sizeInBytes()}
   * @throws GrowthRefusedException if the JVM has no memory for it; nothing has changed
   */
  public void materialiseTo(long end) {
    if (end > buffer.length && end <= sizeInBytes()) {
      materialise((int) (end - 1), 1);
    }
  }

  // Loads and stores: the limit first, all else out of line. An empty catch is where addresses from
  // 2 GiB up join what the limit refuses.

  /**
   * Loads a byte.
   *
   * @param address u32
   * @return the byte
   */
  public byte readByte(int address) {
    try {
      if (address <= limit - Byte.BYTES) {
        return buffer[address];
      }
    } catch (IndexOutOfBoundsException e) {
      // Cold, as below.
    }
    return (byte) loadCold(address, Byte.BYTES);
  }

  /**
   * Loads a 16-bit value.
   *
   * @param address u32
   * @return the value
   */
  public short readShort(int address) {
    try {
      if (address <= limit - Short.BYTES) {
        return (short) SHORT.get(buffer, address);
      }
    } catch (IndexOutOfBoundsException e) {
      // Cold, as below.
    }
    return (short) loadCold(address, Short.BYTES);
  }

  /**
   * Loads a 32-bit value.
   *
   * @param address u32
   * @return the value
   */
  public int readInt(int address) {
    try {
      if (address <= limit - Integer.BYTES) {
        return (int) INT.get(buffer, address);
      }
    } catch (IndexOutOfBoundsException e) {
      // Cold, as below.
    }
    return (int) loadCold(address, Integer.BYTES);
  }

  @Override
  public long readLong(int address) {
    try {
      if (address <= limit - Long.BYTES) {
        return (long) LONG.get(buffer, address);
      }
    } catch (IndexOutOfBoundsException e) {
      // Cold, as below.
    }
    return loadCold(address, Long.BYTES);
  }

  /**
   * Stores a byte.
   *
   * @param address u32
   * @param value the byte
   */
  public void writeByte(int address, byte value) {
    try {
      if (address <= limit - Byte.BYTES) {
        cards[address >>> BLOCK_SHIFT] = DIRTY;
        buffer[address] = value;
        return;
      }
    } catch (IndexOutOfBoundsException e) {
      // Cold, as below.
    }
    storeCold(address, Byte.BYTES, value);
  }

  /**
   * Stores a 16-bit value.
   *
   * @param address u32
   * @param value the value
   */
  public void writeShort(int address, short value) {
    try {
      if (address <= limit - Short.BYTES) {
        cards[address >>> BLOCK_SHIFT] = DIRTY;
        SHORT.set(buffer, address, value);
        return;
      }
    } catch (IndexOutOfBoundsException e) {
      // Cold, as below.
    }
    storeCold(address, Short.BYTES, value);
  }

  /**
   * Stores a 32-bit value.
   *
   * @param address u32
   * @param value the value
   */
  public void writeInt(int address, int value) {
    try {
      if (address <= limit - Integer.BYTES) {
        cards[address >>> BLOCK_SHIFT] = DIRTY;
        INT.set(buffer, address, value);
        return;
      }
    } catch (IndexOutOfBoundsException e) {
      // Cold, as below.
    }
    storeCold(address, Integer.BYTES, value);
  }

  @Override
  public void writeLong(int address, long value) {
    try {
      if (address <= limit - Long.BYTES) {
        cards[address >>> BLOCK_SHIFT] = DIRTY;
        LONG.set(buffer, address, value);
        return;
      }
    } catch (IndexOutOfBoundsException e) {
      // Cold, as below.
    }
    storeCold(address, Long.BYTES, value);
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
   * @param address u32
   * @param value the value
   * @param length bytes, u32
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
   */
  public void copy(int destination, int source, int length) {
    int from = checkRange(source, length);
    int to = checkRange(destination, length);
    // What lies beyond the array is zero already: a copy of it needs no memory of its own.
    int stored = Math.max(0, Math.min(length, buffer.length - from));
    if (stored > 0) {
      prepareStore(destination, stored);
      System.arraycopy(buffer, from, buffer, to, stored);
    }
    if (stored < length) {
      fill(to + stored, (byte) 0, length - stored);
    }
  }

  // The way back.

  /**
   * Puts content and size back to the image: finds the dirty blocks, joins them to runs, copies the
   * runs back, clears their cards.
   *
   * @return blocks that were copied back
   */
  @Override
  public int restore() {
    return restored(arrays.restore());
  }

  /**
   * Puts content and size back to the image as {@link #restore()} does, and gives up all real
   * memory but what is held at all times. What a longer array has been written is not put back but
   * dropped with it: the cost is bounded by the held bytes, whatever the call did and earlier ones
   * had.
   *
   * @return blocks that were copied back
   */
  public int restoreHeld() {
    return restored(arrays.restoreBase());
  }

  private int restored(int blocks) {
    pages = pristinePages;
    coldLoads = 0;
    useCurrent();
    return blocks;
  }

  /**
   * {@inheritDoc} Looks at all that is materialised: what is in use, and what is kept for later.
   */
  @Override
  public @Nullable String difference() {
    String found = arrays.difference();
    return pages == pristinePages
        ? found
        : "the size is " + pages + " pages, the image has " + pristinePages;
  }

  @Override
  public long trim(Duration unusedFor) {
    return arrays.trim(unusedFor.toNanos());
  }

  @Override
  public long spareBytes() {
    return arrays.spareBytes();
  }

  @Override
  public void chargeTo(MemoryBudget budget) {
    arrays.chargeTo(budget);
  }

  @Override
  public void discharge() {
    arrays.discharge();
  }

  /**
   * Counts bytes that the guest holds beside its memory, for as long as the memory is not restored
   * by {@link #restoreHeld()} or {@link #discharge() discharged}: copies of tables, say.
   *
   * @param bytes how many more, or, below 0, how many fewer
   * @throws GrowthRefusedException if the budget has no room for more; nothing has changed
   */
  public void countBeside(long bytes) {
    arrays.countBeside(bytes);
  }

  @Override
  public long materialisedBytes() {
    return arrays.heldBytes();
  }

  @Override
  public String toString() {
    return "FlatMemory[" + pages + " pages, " + materialisedBytes() + " bytes materialised]";
  }

  /** Out of line: an exception on the way of a store must not cost the stores that raise none. */
  private void storeCold(int address, int width, long value) {
    materialise(address, width);
    cards[address >>> BLOCK_SHIFT] = DIRTY;
    long rest = value;
    for (int i = 0; i < width; i++) {
      buffer[address + i] = (byte) rest;
      rest >>>= Byte.SIZE;
    }
  }

  private long loadCold(int address, int width) {
    checkRange(address, width);
    if (++coldLoads > COLD_LOADS) {
      materialise(address, width);
    }
    long value = 0;
    for (int i = width - 1; i >= 0; i--) {
      int at = address + i;
      value = value << Byte.SIZE | (at < buffer.length ? buffer[at] & 0xFF : 0);
    }
    return value;
  }

  /** Checks, materialises, marks a range to write; its index, cut to the array where empty. */
  private int prepareStore(int address, int length) {
    int from = checkRange(address, length);
    if (length > 0) {
      materialise(address, length);
      arrays.current().mark(from, length);
    }
    return Math.min(from, buffer.length);
  }

  /** Throws unless the range, both ends u32, lies in the logical size; returns its first index. */
  private int checkRange(int address, int length) {
    long end = Integer.toUnsignedLong(address) + Integer.toUnsignedLong(length);
    if (end > sizeInBytes()) {
      throw new MemoryAccessException(address, Integer.toUnsignedLong(length), sizeInBytes());
    }
    return address;
  }

  /** Makes the array reach at least to the end of a range, which must lie in the logical size. */
  private void materialise(int address, int length) {
    long end = (long) checkRange(address, length) + length;
    if (end <= buffer.length) {
      return;
    }
    int shortest = (int) ((end + PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE);
    // A call that has grown page by page may go on: with room ahead, all its growth costs in
    // proportion to the size it reaches. One that has not grown, or by half and more at once, needs
    // no more than there is.
    int size = (int) sizeInBytes();
    boolean hasGrown = pages > pristinePages;
    int most = hasGrown ? Math.min(maximumPages, ADDRESSABLE_PAGES) * PAGE_SIZE : size;
    boolean bySmallSteps = hasGrown && 2L * pages < 3L * grewFrom;
    arrays.lengthen(shortest, bySmallSteps ? most : size, most);
    useCurrent();
  }

  private void useCurrent() {
    buffer = arrays.current().buffer();
    cards = arrays.current().cards();
    limit = (int) Math.min(buffer.length, sizeInBytes());
    Window sees = window;
    if (sees != null) {
      show(sees);
    }
  }

  /** To compare with the length of an array alone costs less than to compare with a limit, too. */
  private void show(Window sees) {
    sees.use(limit == buffer.length ? buffer : NO_BYTES, cards);
  }
}
