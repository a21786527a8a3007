package org.wasmheap.endive;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.function.IntUnaryOperator;
import org.wasmheap.memory.FlatMemory;
import org.wasmheap.memory.MemoryAccessException;
import run.endive.runtime.ConstantEvaluators;
import run.endive.runtime.Instance;
import run.endive.runtime.Memory;
import run.endive.runtime.WasmInterruptedException;
import run.endive.wasm.UninstantiableException;
import run.endive.wasm.types.ActiveDataSegment;
import run.endive.wasm.types.DataSegment;
import run.endive.wasm.types.PassiveDataSegment;

/**
 * The engine's view of a {@link FlatMemory}: every store path marks its blocks, so that the memory
 * can be put back.
 *
 * <p>The only class of the engine's memory interface that this library loads, so that the guest's
 * loads and stores stay monomorphic. In a pool, growth goes through the heap of the call, where a
 * policy can refuse it. Used by one thread at a time.
 */
final class EndiveMemory implements Memory, FlatMemory.Window {
  private static final int BLOCK_SHIFT = FlatMemory.BLOCK_SHIFT;
  private static final VarHandle SHORT =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final byte[] NO_BYTES = {};

  /**
   * From this size on a bulk instruction looks for an interrupt: the engine itself looks at calls
   * and jumps back only, and a module may have any number of these in a straight line. What shorter
   * ones do is bounded by their code: ten bytes of it for a copy that takes a tenth of a
   * microsecond.
   */
  private static final int LOOKS_FROM = 4 << 10;

  /** Bytes that a longer one moves between two looks: some tens of microseconds. */
  private static final int PIECE = 1 << 20;

  private final FlatMemory memory;
  private final IntUnaryOperator growth;
  private final boolean initialise;

  /** The memory's arrays of the moment: an indirection less for the guest's loads and stores. */
  private byte[] buffer = NO_BYTES;

  private byte[] cards = NO_BYTES;

  /** The engine's own array, in which {@code data.drop} replaces segments. */
  private DataSegment[] segments = {};

  private final SegmentBytes segmentBytes;

  /**
   * A view for those who make instances of the engine themselves, without a heap: the guest's
   * growth is bounded by the memory's maximum alone.
   *
   * @param memory what the guest works on; zeros, as the engine writes the data segments
   * @return the view
   */
  public static Memory over(FlatMemory memory) {
    return new EndiveMemory(
        memory,
        delta -> {
          int before = memory.pages();
          return memory.grow(delta) ? before : -1;
        },
        true,
        new SegmentBytes());
  }

  /**
   * A view.
   *
   * @param growth the guest's {@code memory.grow}: pages to add, to pages before or -1
   * @param initialise whether instantiation writes the data segments; not where the memory holds
   *     their bytes already
   * @param segmentBytes of the module
   */
  EndiveMemory(
      FlatMemory memory, IntUnaryOperator growth, boolean initialise, SegmentBytes segmentBytes) {
    this.memory = memory;
    this.growth = growth;
    this.initialise = initialise;
    this.segmentBytes = segmentBytes;
    memory.showTo(this);
  }

  @Override
  public void use(byte[] nextBuffer, byte[] nextCards) {
    buffer = nextBuffer;
    cards = nextCards;
  }

  // Size.

  @Override
  public int pages() {
    return memory.pages();
  }

  @Override
  public int grow(int deltaPages) {
    return growth.applyAsInt(deltaPages);
  }

  @Override
  public int initialPages() {
    return memory.pages();
  }

  /**
   * {@inheritDoc}
   *
   * @return 0: the engine holds this against the maximum that a module's import declares, for
   *     nothing else, and whoever sizes the memory may overwrite that
   */
  @Override
  public int maximumPages() {
    return 0;
  }

  /** The engine's own array, in which a dropped segment is replaced by an empty one. */
  DataSegment[] segments() {
    return segments;
  }

  // Instantiation.

  @Override
  public void initialize(Instance instance, DataSegment[] dataSegments) {
    initialize(instance, dataSegments, 0);
  }

  @Override
  public void initialize(Instance instance, DataSegment[] dataSegments, int memoryIndex) {
    segments = dataSegments;
    if (!initialise) {
      return;
    }
    for (DataSegment segment : dataSegments) {
      if (segment instanceof ActiveDataSegment active) {
        int offset =
            (int) ConstantEvaluators.computeConstantValue(instance, active.offsetInstructions())[0];
        byte[] data = active.data();
        try {
          memory.write(offset, data, 0, data.length);
        } catch (MemoryAccessException e) {
          throw new UninstantiableException(e.getMessage(), e);
        }
      }
    }
  }

  @Override
  public void zero() {
    if (initialise) {
      memory.fill(0, (byte) 0, (int) memory.sizeInBytes());
    }
  }

  @Override
  public void initPassiveSegment(int segmentId, int destination, int offset, int size) {
    // An active segment counts as dropped once it was written.
    byte[] data =
        segments[segmentId] instanceof PassiveDataSegment passive
            ? segmentBytes.of(segmentId, passive)
            : NO_BYTES;
    requireInside(offset, size, data.length);
    write(destination, data, offset, size);
  }

  @Override
  public void drop(int segment) {
    segments[segment] = PassiveDataSegment.EMPTY;
  }

  // Loads and stores: at most 35 bytes of code each, which the compiler inlines everywhere, also
  // where a guest seldom passes. What is not in the array is the memory's own business.

  /**
   * Whether so many bytes from an address on, u32, are in an array. The comparisons are those that
   * the array's own access makes, so the compiler makes them once.
   */
  private static boolean isIn(byte[] bytes, int address, int width) {
    int end = bytes.length - (width - 1);
    return end >= 0 && Integer.compareUnsigned(address, end) < 0;
  }

  @Override
  public byte read(int address) {
    byte[] bytes = buffer;
    return isIn(bytes, address, Byte.BYTES) ? bytes[address] : memory.readByte(address);
  }

  @Override
  public short readShort(int address) {
    byte[] bytes = buffer;
    return isIn(bytes, address, Short.BYTES)
        ? (short) SHORT.get(bytes, address)
        : memory.readShort(address);
  }

  @Override
  public long readU16(int address) {
    return readShort(address) & 0xFFFFL;
  }

  @Override
  public int readInt(int address) {
    byte[] bytes = buffer;
    return isIn(bytes, address, Integer.BYTES)
        ? (int) INT.get(bytes, address)
        : memory.readInt(address);
  }

  @Override
  public long readLong(int address) {
    byte[] bytes = buffer;
    return isIn(bytes, address, Long.BYTES)
        ? (long) LONG.get(bytes, address)
        : memory.readLong(address);
  }

  @Override
  public long readF32(int address) {
    return readInt(address);
  }

  @Override
  public float readFloat(int address) {
    return Float.intBitsToFloat(readInt(address));
  }

  @Override
  public double readDouble(int address) {
    return Double.longBitsToDouble(readLong(address));
  }

  @Override
  public long readF64(int address) {
    return readLong(address);
  }

  @Override
  public void writeByte(int address, byte value) {
    if (!putByte(buffer, address, value)) {
      memory.writeByte(address, value);
    }
  }

  private boolean putByte(byte[] bytes, int address, byte value) {
    if (!isIn(bytes, address, Byte.BYTES)) {
      return false;
    }
    cards[address >>> BLOCK_SHIFT] = 1;
    bytes[address] = value;
    return true;
  }

  @Override
  public void writeShort(int address, short value) {
    if (!putShort(buffer, address, value)) {
      memory.writeShort(address, value);
    }
  }

  private boolean putShort(byte[] bytes, int address, short value) {
    if (!isIn(bytes, address, Short.BYTES)) {
      return false;
    }
    cards[address >>> BLOCK_SHIFT] = 1;
    SHORT.set(bytes, address, value);
    return true;
  }

  @Override
  public void writeI32(int address, int value) {
    if (!putInt(buffer, address, value)) {
      memory.writeInt(address, value);
    }
  }

  private boolean putInt(byte[] bytes, int address, int value) {
    if (!isIn(bytes, address, Integer.BYTES)) {
      return false;
    }
    cards[address >>> BLOCK_SHIFT] = 1;
    INT.set(bytes, address, value);
    return true;
  }

  @Override
  public void writeLong(int address, long value) {
    if (!putLong(buffer, address, value)) {
      memory.writeLong(address, value);
    }
  }

  private boolean putLong(byte[] bytes, int address, long value) {
    if (!isIn(bytes, address, Long.BYTES)) {
      return false;
    }
    cards[address >>> BLOCK_SHIFT] = 1;
    LONG.set(bytes, address, value);
    return true;
  }

  @Override
  public void writeF32(int address, float value) {
    writeI32(address, Float.floatToRawIntBits(value));
  }

  @Override
  public void writeF64(int address, double value) {
    writeLong(address, Double.doubleToRawLongBits(value));
  }

  // Bulk: the short ones at once, the long ones checked as a whole and then piece by piece.

  @Override
  public byte[] readBytes(int address, int length) {
    requireInside(address, length, memory.sizeInBytes());
    byte[] bytes = new byte[length];
    memory.read(address, bytes, 0, length);
    return bytes;
  }

  @Override
  public void write(int address, byte[] data, int offset, int size) {
    if (isShort(size)) {
      memory.write(address, data, offset, size);
      return;
    }
    requireInside(address, size, memory.sizeInBytes());
    endIfInterrupted();
    memory.materialiseTo((long) address + size);
    for (int left = size; left > 0; left -= PIECE) {
      endIfInterrupted();
      int done = size - left;
      memory.write(address + done, data, offset + done, Math.min(left, PIECE));
    }
  }

  @Override
  public void fill(byte value, int fromIndex, int toIndex) {
    // The engine adds size to address in 32 bits; the difference is the size again.
    int size = toIndex - fromIndex;
    if (isShort(size)) {
      memory.fill(fromIndex, value, size);
      return;
    }
    requireInside(fromIndex, size, memory.sizeInBytes());
    if (value != 0) {
      endIfInterrupted();
      memory.materialiseTo((long) fromIndex + size);
    }
    for (int left = size; left > 0; left -= PIECE) {
      endIfInterrupted();
      memory.fill(fromIndex + size - left, value, Math.min(left, PIECE));
    }
  }

  @Override
  public void copy(int destination, int source, int size) {
    if (isShort(size)) {
      memory.copy(destination, source, size);
      return;
    }
    requireInside(source, size, memory.sizeInBytes());
    requireInside(destination, size, memory.sizeInBytes());
    // Towards higher addresses from the end down, so that no piece is overwritten before its turn.
    boolean down = destination > source;
    for (int left = size; left > 0; left -= PIECE) {
      endIfInterrupted();
      int piece = Math.min(left, PIECE);
      int at = down ? left - piece : size - left;
      memory.copy(destination + at, source + at, piece);
    }
  }

  /** Whether a size, u32, is below what looks for an interrupt. */
  private static boolean isShort(int size) {
    return size >= 0 && size < LOOKS_FROM;
  }

  /** Inside memory and segments no size or address is 2 GiB or more: sums of them are ints. */
  private static void requireInside(int address, int size, long end) {
    long bytes = Integer.toUnsignedLong(size);
    if (Integer.toUnsignedLong(address) + bytes > end) {
      throw new MemoryAccessException(address, bytes, end);
    }
  }

  /** As the engine does it elsewhere: the flag stays, whoever set it clears it. */
  private static void endIfInterrupted() {
    if (Thread.currentThread().isInterrupted()) {
      throw new WasmInterruptedException("Thread interrupted");
    }
  }

  // Threads: refused at load.

  @Override
  public boolean shared() {
    return false;
  }

  @Override
  @Deprecated
  @SuppressWarnings("removal")
  public Object lock(int address) {
    throw noThreads();
  }

  @Override
  @Deprecated
  @SuppressWarnings("removal")
  public int waitOn(int address, int expected, long timeout) {
    throw noThreads();
  }

  @Override
  @Deprecated
  @SuppressWarnings("removal")
  public int waitOn(int address, long expected, long timeout) {
    throw noThreads();
  }

  @Override
  @Deprecated
  @SuppressWarnings("removal")
  public int notify(int address, int maxThreads) {
    throw noThreads();
  }

  private static UnsupportedOperationException noThreads() {
    return new UnsupportedOperationException("modules that use threads are refused at load");
  }
}
