package org.wasmheap.bench;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import run.endive.runtime.ConstantEvaluators;
import run.endive.runtime.Instance;
import run.endive.runtime.Memory;
import run.endive.wasm.types.ActiveDataSegment;
import run.endive.wasm.types.DataSegment;
import run.endive.wasm.types.MemoryLimits;
import run.endive.wasm.types.PassiveDataSegment;

/**
 * A memory in the copy-on-write manner, as one would make it on the JVM without this library: all
 * instances share the pages of one that was instantiated before them; the first write into a page
 * of 4 KiB makes it private; the way back lets go of the private pages. Each access looks its page
 * up first, and then the byte in it.
 *
 * <p>One thread's at a time. An access outside of it ends in an {@link IndexOutOfBoundsException}.
 */
final class CowMemory implements Memory {
  private static final VarHandle SHORT =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private static final int SHIFT = 12;
  private static final int PAGE = 1 << SHIFT;
  private static final int MASK = PAGE - 1;
  private static final int PAGES_IN_ONE_OF_WASM = PAGE_SIZE / PAGE;

  /** What every page holds that nothing was ever written to. Nobody writes to it. */
  private static final byte[] ZEROS = new byte[PAGE];

  private final MemoryLimits limits;

  /** Shared by all instances, and never written; {@code null} in the one that makes them. */
  private final byte @Nullable [][] golden;

  /** Of each page its private copy, or else the shared one. */
  private byte[][] pages;

  private boolean[] isPrivate;

  /** Numbers of the private pages, so that the way back does not look for them. */
  private int[] privates = new int[16];

  private int privateCount;
  private DataSegment[] segments = {};

  /** A memory that instantiation fills, to be shared afterwards. */
  CowMemory(MemoryLimits limits) {
    this(limits, null);
  }

  /** A memory on the pages of another one. */
  CowMemory(MemoryLimits limits, byte @Nullable [][] golden) {
    this.limits = limits;
    this.golden = golden;
    int count = limits.initialPages() * PAGES_IN_ONE_OF_WASM;
    this.pages = golden == null ? zeros(count) : golden.clone();
    this.isPrivate = new boolean[count];
  }

  private static byte[][] zeros(int count) {
    byte[][] pages = new byte[count][];
    Arrays.fill(pages, ZEROS);
    return pages;
  }

  /** The pages as they are now, for other memories; this one must not be used again. */
  byte[][] share() {
    return pages.clone();
  }

  /** Puts content and size back to what the pages held that this memory was made on. */
  void reset() {
    byte[][] pristine = golden;
    if (pristine == null) {
      throw new IllegalStateException("a memory without golden pages has nothing to go back to");
    }
    if (pages.length > pristine.length) {
      pages = pristine.clone();
      isPrivate = new boolean[pristine.length];
    } else {
      for (int i = 0; i < privateCount; i++) {
        int page = privates[i];
        pages[page] = pristine[page];
        isPrivate[page] = false;
      }
    }
    privateCount = 0;
  }

  /** The page of an address, which may be written. */
  private byte[] own(int address) {
    int page = address >>> SHIFT;
    return isPrivate[page] ? pages[page] : makePrivate(page);
  }

  private byte[] makePrivate(int page) {
    byte[] copy = pages[page].clone();
    pages[page] = copy;
    isPrivate[page] = true;
    if (privateCount == privates.length) {
      privates = Arrays.copyOf(privates, 2 * privateCount);
    }
    privates[privateCount++] = page;
    return copy;
  }

  private void requireInside(int address, long size) {
    if (Integer.toUnsignedLong(address) + size > (long) pages.length << SHIFT) {
      throw new IndexOutOfBoundsException(
          size + " bytes at " + Integer.toUnsignedLong(address) + " leave the memory");
    }
  }

  // Size.

  @Override
  public int pages() {
    return pages.length / PAGES_IN_ONE_OF_WASM;
  }

  @Override
  public int grow(int deltaPages) {
    int before = pages();
    if (deltaPages < 0 || deltaPages > maximumPages() - before) {
      return -1;
    }
    int old = pages.length;
    int count = old + deltaPages * PAGES_IN_ONE_OF_WASM;
    pages = Arrays.copyOf(pages, count);
    Arrays.fill(pages, old, count, ZEROS);
    isPrivate = Arrays.copyOf(isPrivate, count);
    return before;
  }

  @Override
  public int initialPages() {
    return limits.initialPages();
  }

  @Override
  public int maximumPages() {
    return limits.maximumPages();
  }

  // Instantiation.

  @Override
  public void initialize(Instance instance, DataSegment[] dataSegments) {
    segments = dataSegments;
    if (golden != null) {
      return; // Its pages hold the segments already.
    }
    for (DataSegment segment : dataSegments) {
      if (segment instanceof ActiveDataSegment active) {
        byte[] data = active.data();
        long offset =
            ConstantEvaluators.computeConstantValue(instance, active.offsetInstructions())[0];
        write((int) offset, data, 0, data.length);
      }
    }
  }

  @Override
  public void initPassiveSegment(int segmentId, int destination, int offset, int size) {
    byte[] data =
        segments[segmentId] instanceof PassiveDataSegment passive ? passive.data() : new byte[0];
    write(destination, data, offset, size);
  }

  @Override
  public void drop(int segment) {
    segments[segment] = PassiveDataSegment.EMPTY;
  }

  @Override
  public void zero() {
    if (golden == null) {
      Arrays.fill(pages, ZEROS);
      Arrays.fill(isPrivate, false);
      privateCount = 0;
    }
  }

  // Many bytes.

  @Override
  public void write(int address, byte[] data, int offset, int size) {
    requireInside(address, size);
    int done = 0;
    while (done < size) {
      int at = address + done;
      int piece = Math.min(size - done, PAGE - (at & MASK));
      System.arraycopy(data, offset + done, own(at), at & MASK, piece);
      done += piece;
    }
  }

  @Override
  public byte[] readBytes(int address, int length) {
    requireInside(address, length);
    byte[] bytes = new byte[length];
    int done = 0;
    while (done < length) {
      int at = address + done;
      int piece = Math.min(length - done, PAGE - (at & MASK));
      System.arraycopy(pages[at >>> SHIFT], at & MASK, bytes, done, piece);
      done += piece;
    }
    return bytes;
  }

  @Override
  public void fill(byte value, int from, int to) {
    requireInside(from, (long) to - from);
    int at = from;
    while (at < to) {
      int piece = Math.min(to - at, PAGE - (at & MASK));
      Arrays.fill(own(at), at & MASK, (at & MASK) + piece, value);
      at += piece;
    }
  }

  // Loads and stores. Those that reach into a second page go byte by byte.

  @Override
  public byte read(int address) {
    return pages[address >>> SHIFT][address & MASK];
  }

  @Override
  public void writeByte(int address, byte value) {
    own(address)[address & MASK] = value;
  }

  @Override
  public short readShort(int address) {
    int at = address & MASK;
    return at <= PAGE - Short.BYTES
        ? (short) SHORT.get(pages[address >>> SHIFT], at)
        : (short) gather(address, Short.BYTES);
  }

  @Override
  public void writeShort(int address, short value) {
    int at = address & MASK;
    if (at <= PAGE - Short.BYTES) {
      SHORT.set(own(address), at, value);
    } else {
      scatter(address, value, Short.BYTES);
    }
  }

  @Override
  public int readInt(int address) {
    int at = address & MASK;
    return at <= PAGE - Integer.BYTES
        ? (int) INT.get(pages[address >>> SHIFT], at)
        : (int) gather(address, Integer.BYTES);
  }

  @Override
  public void writeI32(int address, int value) {
    int at = address & MASK;
    if (at <= PAGE - Integer.BYTES) {
      INT.set(own(address), at, value);
    } else {
      scatter(address, value, Integer.BYTES);
    }
  }

  @Override
  public long readLong(int address) {
    int at = address & MASK;
    return at <= PAGE - Long.BYTES
        ? (long) LONG.get(pages[address >>> SHIFT], at)
        : gather(address, Long.BYTES);
  }

  @Override
  public void writeLong(int address, long value) {
    int at = address & MASK;
    if (at <= PAGE - Long.BYTES) {
      LONG.set(own(address), at, value);
    } else {
      scatter(address, value, Long.BYTES);
    }
  }

  private long gather(int address, int size) {
    requireInside(address, size);
    long value = 0;
    for (int i = size - 1; i >= 0; i--) {
      value = (value << Byte.SIZE) | Byte.toUnsignedLong(read(address + i));
    }
    return value;
  }

  private void scatter(int address, long value, int size) {
    requireInside(address, size);
    for (int i = 0; i < size; i++) {
      writeByte(address + i, (byte) (value >>> (i * Byte.SIZE)));
    }
  }

  @Override
  public long readU16(int address) {
    return readShort(address) & 0xFFFF;
  }

  @Override
  public void writeF32(int address, float value) {
    writeI32(address, Float.floatToRawIntBits(value));
  }

  @Override
  public float readFloat(int address) {
    return Float.intBitsToFloat(readInt(address));
  }

  @Override
  public long readF32(int address) {
    return readInt(address);
  }

  @Override
  public void writeF64(int address, double value) {
    writeLong(address, Double.doubleToRawLongBits(value));
  }

  @Override
  public double readDouble(int address) {
    return Double.longBitsToDouble(readLong(address));
  }

  @Override
  public long readF64(int address) {
    return readLong(address);
  }

  // Threads share no memory here.

  @Override
  public boolean shared() {
    return false;
  }

  @Override
  @SuppressWarnings("removal")
  public Object lock(int address) {
    throw new UnsupportedOperationException("lock");
  }

  @Override
  @SuppressWarnings("removal")
  public int waitOn(int address, int expected, long timeout) {
    throw new UnsupportedOperationException("waitOn");
  }

  @Override
  @SuppressWarnings("removal")
  public int waitOn(int address, long expected, long timeout) {
    throw new UnsupportedOperationException("waitOn");
  }

  @Override
  @SuppressWarnings("removal")
  public int notify(int address, int count) {
    throw new UnsupportedOperationException("notify");
  }
}
