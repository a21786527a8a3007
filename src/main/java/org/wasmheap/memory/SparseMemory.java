package org.wasmheap.memory;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A paged memory of up to the full 4 GiB, with real memory only where something was written.
 *
 * <p>A page of WebAssembly is set aside when a byte that is not zero is first written to it; pages
 * without such a byte read as zero. Growing costs no more than a table of references. Accesses pay
 * a check and an indirection that {@link FlatMemory} does without: this kind is for address space
 * that no array holds, and for tests of what happens there.
 *
 * <p>Pristine means zeros at the initial size: {@link #restore()} goes back to that.
 *
 * <p>Used by one thread at a time; only {@link #materialisedBytes()} may be called from any.
 */
final class SparseMemory implements LinearMemory {
  private static final int PAGE_SHIFT = 16;
  private static final int OFFSET_MASK = PAGE_SIZE - 1;

  /** What a reference takes at most. */
  private static final int REFERENCE_BYTES = Long.BYTES;

  private static final byte[] ZEROS = new byte[PAGE_SIZE];

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final int initialPages;
  private final int maximumPages;

  // From here to the sizes: the owner's alone. When the owner changes, the heap orders it.

  /** The content of each page, absent where it is all zero; at least {@link #pages} long. */
  private byte[] @Nullable [] contents;

  private int pages;
  private int pagesHeld;

  /** What counts the bytes; {@code null} if nobody does. */
  private @Nullable MemoryBudget budget;

  /** Written by the owner, read by any thread for statistics: nothing else follows from it. */
  private volatile long heldBytes;

  /**
   * A memory of zeros, of which nothing is set aside yet.
   *
   * @param initialPages logical size, 0 to {@value LinearMemory#MAX_PAGES} pages
   * @param maximumPages the size it may grow to, from {@code initialPages} to {@value
   *     LinearMemory#MAX_PAGES} pages
   * @throws IllegalArgumentException if a size is out of its range
   */
  SparseMemory(int initialPages, int maximumPages) {
    if (initialPages < 0 || maximumPages < initialPages || maximumPages > MAX_PAGES) {
      throw new IllegalArgumentException(
          "initialPages is %d and maximumPages is %d, must be 0 <= initial <= maximum <= %d"
              .formatted(initialPages, maximumPages, MAX_PAGES));
    }
    this.initialPages = initialPages;
    this.maximumPages = maximumPages;
    this.pages = initialPages;
    this.contents = new byte[initialPages][];
    this.heldBytes = tableBytes(initialPages);
  }

  private static long tableBytes(int pages) {
    return (long) pages * REFERENCE_BYTES;
  }

  @Override
  public long sizeInBytes() {
    return (long) pages << PAGE_SHIFT;
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
    if (deltaPages < 0 || deltaPages > maximumPages - pages) {
      return false;
    }
    int grown = pages + deltaPages;
    if (grown > contents.length) {
      int longer = Math.max(grown, Math.min(2 * pages, maximumPages));
      lengthenTable(longer);
    }
    pages = grown;
    return true;
  }

  private void lengthenTable(int length) {
    long bytes = tableBytes(length - contents.length);
    count(bytes);
    try {
      contents = Arrays.copyOf(contents, length);
    } catch (OutOfMemoryError e) {
      count(-bytes);
      throw new GrowthRefusedException(
          "the JVM has no memory for the page table of a linear memory; raise -Xmx", e);
    }
  }

  @Override
  public long readLong(int address) {
    checkRange(address, Long.BYTES);
    int offset = address & OFFSET_MASK;
    if (offset > PAGE_SIZE - Long.BYTES) {
      byte[] bytes = new byte[Long.BYTES];
      copyOut(address, bytes, 0, Long.BYTES);
      return (long) LONG.get(bytes, 0);
    }
    byte[] content = contents[address >>> PAGE_SHIFT];
    return content == null ? 0 : (long) LONG.get(content, offset);
  }

  @Override
  public void writeLong(int address, long value) {
    checkRange(address, Long.BYTES);
    int page = address >>> PAGE_SHIFT;
    int offset = address & OFFSET_MASK;
    byte[] content = contents[page];
    if (offset > PAGE_SIZE - Long.BYTES || content == null) {
      byte[] bytes = new byte[Long.BYTES];
      LONG.set(bytes, 0, value);
      copyIn(address, bytes, 0, Long.BYTES);
    } else {
      LONG.set(content, offset, value);
    }
  }

  @Override
  public void read(int address, byte[] destination, int offset, int length) {
    Objects.checkFromIndexSize(offset, length, destination.length);
    checkRange(address, length);
    copyOut(address, destination, offset, length);
  }

  /**
   * {@inheritDoc}
   *
   * @throws GrowthRefusedException if JVM or budget have no memory for a page; those before it are
   *     written
   */
  @Override
  public void write(int address, byte[] source, int offset, int length) {
    Objects.checkFromIndexSize(offset, length, source.length);
    checkRange(address, length);
    copyIn(address, source, offset, length);
  }

  /**
   * Puts every byte back to zero and the size to the initial one, and gives up all pages.
   *
   * @return pages that were given up
   */
  @Override
  public int restore() {
    int givenUp = pagesHeld;
    contents = new byte[initialPages][];
    pages = initialPages;
    pagesHeld = 0;
    count(tableBytes(initialPages) - heldBytes);
    return givenUp;
  }

  /** Counts more bytes, or fewer; refused, nothing has changed. */
  private void count(long bytes) {
    MemoryBudget counts = budget;
    if (counts != null && bytes > 0) {
      counts.take(bytes);
    } else if (counts != null) {
      counts.give(-bytes);
    }
    long before = heldBytes;
    heldBytes = before + bytes;
  }

  @Override
  public void chargeTo(MemoryBudget next) {
    if (next != budget) {
      next.take(heldBytes);
      discharge();
      budget = next;
    }
  }

  @Override
  public void discharge() {
    MemoryBudget counts = budget;
    if (counts != null) {
      budget = null;
      counts.give(heldBytes);
    }
  }

  /** {@inheritDoc} Whole pages, and the table that finds them. */
  @Override
  public long materialisedBytes() {
    return heldBytes;
  }

  @Override
  public String toString() {
    return "SparseMemory[" + pages + " pages, " + heldBytes + " bytes materialised]";
  }

  private void copyOut(int address, byte[] destination, int offset, int length) {
    int at = address;
    for (int done = 0; done < length; ) {
      int from = at & OFFSET_MASK;
      int part = Math.min(length - done, PAGE_SIZE - from);
      byte[] content = contents[at >>> PAGE_SHIFT];
      System.arraycopy(content == null ? ZEROS : content, from, destination, offset + done, part);
      done += part;
      at += part;
    }
  }

  private void copyIn(int address, byte[] source, int offset, int length) {
    int at = address;
    for (int done = 0; done < length; ) {
      int to = at & OFFSET_MASK;
      int part = Math.min(length - done, PAGE_SIZE - to);
      int from = offset + done;
      byte[] content = contents[at >>> PAGE_SHIFT];
      if (content == null && !isZero(source, from, part)) {
        content = setAside(at >>> PAGE_SHIFT);
      }
      if (content != null) {
        System.arraycopy(source, from, content, to, part);
      }
      done += part;
      at += part;
    }
  }

  private static boolean isZero(byte[] bytes, int from, int length) {
    return Arrays.equals(bytes, from, from + length, ZEROS, 0, length);
  }

  private byte[] setAside(int page) {
    byte[] content;
    count(PAGE_SIZE);
    try {
      content = new byte[PAGE_SIZE];
    } catch (OutOfMemoryError e) {
      count(-PAGE_SIZE);
      throw new GrowthRefusedException(
          "the JVM has no memory for page " + page + " of a linear memory; raise -Xmx", e);
    }
    contents[page] = content;
    pagesHeld++;
    return content;
  }

  private void checkRange(int address, int length) {
    if (Integer.toUnsignedLong(address) + length > sizeInBytes()) {
      throw new MemoryAccessException(address, length, sizeInBytes());
    }
  }
}
