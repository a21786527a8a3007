package org.wasmheap.memory;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What allocator and host functions need of a guest's linear memory.
 *
 * <p>Addresses are u32 held in an {@code int}; sizes are {@code long} bytes or {@code int} pages of
 * {@value #PAGE_SIZE} bytes. All multi-byte values are little-endian. The size seen here is the
 * logical size, the one that the guest's {@code memory.size} gives.
 *
 * <p>WARNING: a memory is used by one thread at a time. Implementations need no synchronisation;
 * callers owe the confinement. Embedders implement this interface over engines that own their
 * memory; each access outside {@link #sizeInBytes()} must throw {@link MemoryAccessException} and
 * change nothing. This library checks ranges against {@link #sizeInBytes()} where it can, so an
 * {@link IndexOutOfBoundsException} does as well where only its own handles and allocator ask.
 */
public interface LinearMemory {
  /** Bytes in a page of WebAssembly. */
  int PAGE_SIZE = 65_536;

  /** The most pages that 32-bit addresses reach: 4 GiB. */
  int MAX_PAGES = 65_536;

  /**
   * The logical size, 0 to 2^32.
   *
   * @return bytes
   */
  long sizeInBytes();

  /**
   * The logical size in whole pages, 0 to {@value #MAX_PAGES}.
   *
   * @return pages
   */
  default int pages() {
    return (int) (sizeInBytes() / PAGE_SIZE);
  }

  /**
   * The size that this memory may grow to, {@value #MAX_PAGES} if nothing limits it.
   *
   * @return pages
   */
  int maximumPages();

  /**
   * Grows the logical size; the new bytes are zero.
   *
   * @param deltaPages pages to add, 0 to {@value #MAX_PAGES}
   * @return {@code false} if this memory will not grow that far, with nothing changed
   * @throws GrowthRefusedException if the maximum allows it and the host cannot do it
   */
  boolean grow(int deltaPages);

  /**
   * Reads a u64.
   *
   * @param address u32 of the first byte; any alignment
   * @return the value
   * @throws MemoryAccessException if a byte of it lies outside the memory
   */
  long readLong(int address);

  /**
   * Writes a u64.
   *
   * @param address u32 of the first byte; any alignment
   * @param value the value
   * @throws MemoryAccessException if a byte of it lies outside the memory; nothing is written
   */
  void writeLong(int address, long value);

  /**
   * Copies bytes out of the memory.
   *
   * @param address u32 of the first byte
   * @param destination where they go
   * @param offset index of the first byte in {@code destination}
   * @param length bytes, 0 and up
   * @throws MemoryAccessException if the range leaves the memory; nothing is copied
   */
  void read(int address, byte[] destination, int offset, int length);

  /**
   * Copies bytes into the memory.
   *
   * @param address u32 of the first byte
   * @param source where they come from
   * @param offset index of the first byte in {@code source}
   * @param length bytes, 0 and up
   * @throws MemoryAccessException if the range leaves the memory; nothing is copied
   */
  void write(int address, byte[] source, int offset, int length);

  /**
   * Puts content and size back to pristine, for memories that can.
   *
   * @return blocks that were put back, a measure of the work done
   * @throws UnsupportedOperationException if this memory has no pristine content to go back to
   */
  default int restore() {
    throw new UnsupportedOperationException(
        getClass().getName() + " cannot be restored; override restore() or discard the instance");
  }

  /**
   * Compares content and size with pristine, for memories that can.
   *
   * @return the first difference with its address and both values; {@code null} if there is none,
   *     or this memory cannot tell
   */
  default @Nullable String difference() {
    return null;
  }

  /**
   * Gives up all real memory that is set aside for later, without entering the memory; from any
   * thread, also while another uses it.
   *
   * @return bytes given up
   */
  default long trim() {
    return trim(Duration.ZERO);
  }

  /**
   * Gives up real memory that is set aside for later and was not used for a while; from any thread,
   * also while another uses the memory.
   *
   * @param unusedFor for how long; each piece by its own last use
   * @return bytes given up
   */
  default long trim(Duration unusedFor) {
    return 0;
  }

  /**
   * What {@link #trim()} would give up now: a recent value. May be asked from any thread. A memory
   * that overrides {@link #trim(Duration)} overrides this too: a budget that is short asks nobody
   * to trim where all that is spare would not do.
   *
   * @return bytes
   */
  default long spareBytes() {
    return 0;
  }

  /**
   * Counts all real bytes, from here on, as those of a budget, and of no other any more. A memory
   * that does not override this is in no budget.
   *
   * @param budget what they are taken from
   * @throws GrowthRefusedException if what is set aside already does not fit; nothing has changed
   */
  default void chargeTo(MemoryBudget budget) {}

  /** The memory is out of use: spare memory is given up, and the rest is in no budget any more. */
  default void discharge() {}

  /**
   * A memory of up to 4 GiB that holds real memory only where something was written, page by page,
   * and goes back to all zeros. It is slower than a {@link FlatMemory}.
   *
   * @param initialPages logical size, 0 to {@value #MAX_PAGES} pages
   * @param maximumPages the size it may grow to, from {@code initialPages} to {@value #MAX_PAGES}
   *     pages
   * @return a memory of zeros, of which nothing is set aside yet
   * @throws IllegalArgumentException if a size is out of its range
   */
  static LinearMemory sparse(int initialPages, int maximumPages) {
    return new SparseMemory(initialPages, maximumPages);
  }

  /**
   * Real bytes set aside for this memory, spare arrays included. May be asked from any thread, and
   * is then a recent value.
   *
   * @return bytes
   */
  default long materialisedBytes() {
    return sizeInBytes();
  }
}
