package org.wasmheap.conformance;

import java.util.BitSet;
import org.wasmheap.memory.LinearMemory;
import org.wasmheap.memory.MemoryAccessException;

/**
 * A memory that can do what vectors ask for and a memory of WebAssembly cannot: have a size in
 * bytes or over its maximum, and be cut off or extended to any size.
 *
 * <p>It stands over a memory of the kind under test, of as many whole pages as its bytes need. Cut
 * off or extended, it takes a new one from the factory and copies what is left, so that what was
 * cut off reads as zero when the memory is extended again.
 *
 * <p>All writes come through here and are noted, so that the digest of a memory of 4 GiB need not
 * read all of it.
 */
final class ScriptedMemory implements LinearMemory {
  private static final int CHUNK_SHIFT = 16;

  /** Bits of a chunk's index, in 4 GiB. */
  private static final int INDEX_BITS = 16;

  private final MemoryFactory memories;

  /** What the memory may grow to, be it larger already; not used for a memory of bytes. */
  private final int maximumPages;

  private final boolean inBytes;

  /** Chunks that were written to. */
  private final BitSet written = new BitSet();

  /** The memory under test. */
  private LinearMemory memory;

  /** Bytes at the end of {@link #memory} that are beyond the size in bytes. */
  private int hiddenBytes;

  private ScriptedMemory(
      MemoryFactory memories, boolean inBytes, long sizeInBytes, int maximumPages) {
    this.memories = memories;
    this.inBytes = inBytes;
    this.maximumPages = maximumPages;
    this.memory = create(sizeInBytes);
  }

  /** Of any size in bytes, and never grown by an allocator. */
  static ScriptedMemory ofBytes(MemoryFactory memories, long sizeInBytes) {
    return new ScriptedMemory(memories, true, sizeInBytes, 0);
  }

  /** Of pages, and grown up to a maximum. */
  static ScriptedMemory ofPages(MemoryFactory memories, long sizeInBytes, int maximumPages) {
    return new ScriptedMemory(memories, false, sizeInBytes, maximumPages);
  }

  private LinearMemory create(long sizeInBytes) {
    int pages = (int) ((sizeInBytes + PAGE_SIZE - 1) / PAGE_SIZE);
    LinearMemory created = memories.create(pages, Math.max(pages, maximumPages));
    hiddenBytes = (int) ((long) pages * PAGE_SIZE - sizeInBytes);
    return created;
  }

  /** Cuts the memory off, or extends it by zeros; its maximum does not bound this. */
  void resize(long sizeInBytes) {
    LinearMemory before = memory;
    long kept = Math.min(sizeInBytes(), sizeInBytes);
    memory = create(sizeInBytes);
    byte[] chunk = new byte[1 << CHUNK_SHIFT];
    for (int index = written.nextSetBit(0); index >= 0; index = written.nextSetBit(index + 1)) {
      long start = (long) index << CHUNK_SHIFT;
      if (start >= kept) {
        written.clear(index, written.length());
        return;
      }
      int length = (int) Math.min(chunk.length, kept - start);
      before.read((int) start, chunk, 0, length);
      memory.write((int) start, chunk, 0, length);
    }
  }

  @Override
  public long sizeInBytes() {
    return memory.sizeInBytes() - hiddenBytes;
  }

  @Override
  public int maximumPages() {
    return inBytes ? pages() : Math.min(memory.maximumPages(), maximumPages);
  }

  @Override
  public boolean grow(int deltaPages) {
    return !inBytes && (long) pages() + deltaPages <= maximumPages && memory.grow(deltaPages);
  }

  @Override
  public long readLong(int address) {
    checkRange(address, Long.BYTES);
    return memory.readLong(address);
  }

  @Override
  public void writeLong(int address, long value) {
    checkRange(address, Long.BYTES);
    note(address, Long.BYTES);
    memory.writeLong(address, value);
  }

  @Override
  public void read(int address, byte[] destination, int offset, int length) {
    checkRange(address, length);
    memory.read(address, destination, offset, length);
  }

  @Override
  public void write(int address, byte[] source, int offset, int length) {
    checkRange(address, length);
    note(address, length);
    memory.write(address, source, offset, length);
  }

  @Override
  public long materialisedBytes() {
    return memory.materialisedBytes();
  }

  /**
   * Whether a chunk may hold anything: if it was written, or if its place in the memory differs
   * from one that was in a single bit of the address (a memory that takes an address for signed, or
   * loses its top bit, writes there instead).
   */
  boolean mayHoldData(int chunk) {
    boolean may = written.get(chunk);
    for (int bit = 0; bit < INDEX_BITS && !may; bit++) {
      may = written.get(chunk ^ 1 << bit);
    }
    return may;
  }

  private void note(int address, int length) {
    if (length > 0) {
      int last = address + length - 1;
      written.set(address >>> CHUNK_SHIFT, (last >>> CHUNK_SHIFT) + 1);
    }
  }

  /** The memory under test knows whole pages only. */
  private void checkRange(int address, int length) {
    if (hiddenBytes > 0 && Integer.toUnsignedLong(address) + length > sizeInBytes()) {
      throw new MemoryAccessException(address, length, sizeInBytes());
    }
  }
}
