package org.wasmheap.allocator;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.wasmheap.allocator.AllocatorException.Operation;
import org.wasmheap.memory.FlatMemory;
import org.wasmheap.memory.GrowthRefusedException;
import org.wasmheap.memory.LinearMemory;
import org.wasmheap.memory.MemoryAccessException;

/**
 * The freeing-bump allocator: hands out blocks of a guest's linear memory, each a power of two from
 * 8 bytes up, from a free list of its order or from the bumper.
 *
 * <p><b>Layout.</b> The heap begins at the heap base, rounded up to 8, and ends where the memory
 * ends. Each block has a header of 8 bytes before it, a little-endian u64 in guest memory. Bit 32
 * set: occupied, and the low half is the order. Bit 32 clear: free, and the low half is the address
 * of the next free header of that order, or 0xFFFFFFFF. Blocks are never merged or split, and the
 * bumper never moves back.
 *
 * <p><b>The guest can overwrite every header and link.</b> What it can reach is checked as far as
 * the reference checks it, and no further: a wild pointer with a plausible header is accepted. Each
 * failure poisons the allocator; until {@link #reset()} all operations fail with {@link
 * AllocatorFault#POISONED}. Sums are 64-bit, so nothing wraps at 2 GiB or at 4 GiB.
 *
 * <p>Single-threaded. The main path allocates no object and takes no lock. Source: the allocators
 * of smoldot 0.5.0 and of the Polkadot SDK ({@code sc-allocator}, with its proposed change #6081
 * for {@link BlockLimit#WIDE}).
 */
public final class FreeingBumpAllocator {
  /** Bytes of the header before each block: a pointer less this is the header's address. */
  public static final int HEADER_BYTES = BlockHeader.BYTES;

  /** Up to this size with its header, a new block gets real memory before it is handed out. */
  private static final long LARGEST_EAGER = 1 << 20;

  private static final long ADDRESS_SPACE = 1L << 32;

  /** No memory has this size, so the next operation looks closer. */
  private static final long UNKNOWN_SIZE = -1;

  /** Highest heap base: the reference adds 8 before it rounds, and must not overflow. */
  private static final long MAX_HEAP_BASE = 0xFFFF_FFF7L;

  private final LinearMemory memory;

  /** The memory again if it is of the main class: a call on a final class is inlined. */
  private final @Nullable FlatMemory flat;

  private final Grower grower;
  private final long heapBase;
  private final BlockLimit blockLimit;

  /** First free header of each order, {@link BlockHeader#NIL} where there is none. */
  private final int[] heads;

  private long bumper;

  /** How far the operation that poisoned the allocator had moved the bumper. */
  private long bumpedInVain;

  /** The memory's size that the next operation may find without a closer look. */
  private long expectedSize;

  /** Its size at the last operation. */
  private long observedSize;

  private @Nullable AllocatorFault poison;

  private long bytesAllocated;
  private long bytesAllocatedPeak;
  private long bytesAllocatedSum;
  private long allocations;
  private long deallocations;

  /** How an allocator gets more memory. */
  @FunctionalInterface
  public interface Grower {
    /**
     * Grows the memory.
     *
     * @param fromPages its size now
     * @param toPages the size wanted, more than {@code fromPages} and at most the memory's maximum
     * @return {@code false} if the memory will not grow: the guest's OUT_OF_SPACE
     * @throws GrowthRefusedException if the host cannot or will not provide the memory; passes
     *     through the allocator, which is not poisoned by it
     */
    boolean grow(int fromPages, int toPages);
  }

  /**
   * An allocator that grows its memory by {@link LinearMemory#grow}.
   *
   * @param memory the guest's memory
   * @param heapBase u32, where the heap begins; at most 0xFFFFFFF7; may lie beyond the memory's end
   * @param blockLimit the largest block
   * @throws IllegalArgumentException if the heap base is out of range
   */
  public FreeingBumpAllocator(LinearMemory memory, int heapBase, BlockLimit blockLimit) {
    this(memory, heapBase, blockLimit, (from, to) -> memory.grow(to - from));
  }

  /**
   * An allocator that asks {@code grower} for more memory.
   *
   * @param memory the guest's memory
   * @param heapBase u32, where the heap begins; at most 0xFFFFFFF7; may lie beyond the memory's end
   * @param blockLimit the largest block
   * @param grower grows {@code memory}
   * @throws IllegalArgumentException if the heap base is out of range
   */
  public FreeingBumpAllocator(
      LinearMemory memory, int heapBase, BlockLimit blockLimit, Grower grower) {
    long base = Integer.toUnsignedLong(heapBase);
    if (base > MAX_HEAP_BASE) {
      throw new IllegalArgumentException(
          "heap base is " + base + ", must be at most " + MAX_HEAP_BASE);
    }
    this.memory = Objects.requireNonNull(memory, "memory");
    this.flat = memory instanceof FlatMemory main ? main : null;
    this.grower = Objects.requireNonNull(grower, "grower");
    this.heapBase = (base + HEADER_BYTES - 1) & -HEADER_BYTES;
    this.blockLimit = Objects.requireNonNull(blockLimit, "blockLimit");
    this.heads = new int[orderOf((int) blockLimit.bytes()) + 1];
    reset();
  }

  /** Back to the state of a new allocator. The memory is not touched. */
  public void reset() {
    Arrays.fill(heads, BlockHeader.NIL);
    bumper = heapBase;
    bumpedInVain = 0;
    expectedSize = UNKNOWN_SIZE;
    observedSize = 0;
    poison = null;
    bytesAllocated = 0;
    bytesAllocatedPeak = 0;
    bytesAllocatedSum = 0;
    allocations = 0;
    deallocations = 0;
  }

  /**
   * Hands out a block.
   *
   * @param size u32, bytes asked for; 0 to 8 give the smallest block
   * @return u32, address of the first byte, a multiple of 8
   * @throws AllocatorException if the request fails; the allocator is poisoned
   * @throws GrowthRefusedException if the host refused memory; the allocator is not poisoned
   */
  public int allocate(int size) {
    long memorySize = observeMemory(Operation.ALLOCATE, size);
    int order = orderOf(size);
    // The limit is the size of the largest order.
    if (order >= heads.length) {
      throw fault(AllocatorFault.REQUEST_TOO_LARGE, Operation.ALLOCATE, size);
    }
    long taken = BlockHeader.blockBytes(order);

    int head = heads[order];
    long header;
    if (head != BlockHeader.NIL) {
      header = Integer.toUnsignedLong(head);
      heads[order] = popLink(header, taken, memorySize, size);
    } else {
      header = bumper;
      bump(taken, memorySize, size);
    }

    long allocated = bytesAllocated + taken;
    try {
      writeHeader(header, BlockHeader.occupied(order), Operation.ALLOCATE, size);
      // Only a guest that forges links, and so has one block counted again and again, gets here.
      if (allocated >= ADDRESS_SPACE) {
        throw fault(AllocatorFault.ACCOUNTING, Operation.ALLOCATE, size);
      }
    } catch (AllocatorException e) {
      bumpedInVain = head == BlockHeader.NIL ? taken : 0;
      throw e;
    }
    bytesAllocated = allocated;
    bytesAllocatedSum += taken;
    if (allocated > bytesAllocatedPeak) {
      bytesAllocatedPeak = allocated;
    }
    allocations++;
    return BlockHeader.pointerBehind(header);
  }

  /**
   * Takes a block back.
   *
   * @param pointer u32, as {@link #allocate} returned it
   * @throws AllocatorException if the header before the pointer is not that of an occupied block;
   *     the allocator is poisoned
   */
  public void deallocate(int pointer) {
    long memorySize = observeMemory(Operation.DEALLOCATE, pointer);
    long header = BlockHeader.beforePointer(pointer);
    if (header < 0) {
      throw fault(AllocatorFault.INVALID_POINTER, Operation.DEALLOCATE, pointer);
    }
    if (header + HEADER_BYTES > memorySize) {
      throw fault(AllocatorFault.READ_OUT_OF_BOUNDS, Operation.DEALLOCATE, pointer);
    }
    long word = readHeader(header, Operation.DEALLOCATE, pointer);
    if (!BlockHeader.isOccupied(word)) {
      throw fault(AllocatorFault.EMPTY_HEADER, Operation.DEALLOCATE, pointer);
    }
    int order = BlockHeader.order(word);
    if (order < 0 || order >= heads.length) {
      throw fault(AllocatorFault.INVALID_ORDER, Operation.DEALLOCATE, pointer);
    }
    long freed = BlockHeader.free(heads[order]);
    heads[order] = (int) header;
    writeHeader(header, freed, Operation.DEALLOCATE, pointer);
    long allocated = bytesAllocated - BlockHeader.blockBytes(order);
    if (allocated < 0) {
      throw fault(AllocatorFault.ACCOUNTING, Operation.DEALLOCATE, pointer);
    }
    bytesAllocated = allocated;
    deallocations++;
  }

  /**
   * The order of the smallest block that holds so many bytes.
   *
   * @param size bytes, u32
   * @return the order, from 0
   */
  public static int orderOf(int size) {
    return size == 0
        ? 0
        : 29 - Integer.numberOfLeadingZeros((size - 1) | (BlockHeader.SMALLEST_BLOCK - 1));
  }

  /** The fewest pages that hold {@code bytes}, 0 to 2^32 + 2^31. */
  static long pagesFor(long bytes) {
    return (bytes + LinearMemory.PAGE_SIZE - 1) / LinearMemory.PAGE_SIZE;
  }

  /** The checks that come before all others; gives the memory's size. */
  private long observeMemory(Operation operation, int operand) {
    FlatMemory main = flat;
    long memorySize = main != null ? main.sizeInBytes() : memory.sizeInBytes();
    if (memorySize != expectedSize) {
      observeChange(memorySize, operation, operand);
    }
    return memorySize;
  }

  /** The first operation, one after the memory was grown or has shrunk, or one too many. */
  private void observeChange(long memorySize, Operation operation, int operand) {
    if (poison != null) {
      throw new AllocatorException(AllocatorFault.POISONED, operation, operand);
    }
    if (memorySize < observedSize) {
      throw fault(AllocatorFault.MEMORY_SHRANK, operation, operand);
    }
    observedSize = memorySize;
    expectedSize = memorySize;
  }

  /** The link in the free header that is about to be handed out, unchecked until it is popped. */
  private int popLink(long header, long taken, long memorySize, int size) {
    if (header + taken > memorySize) {
      throw fault(AllocatorFault.INVALID_LINK, Operation.ALLOCATE, size);
    }
    long word = readHeader(header, Operation.ALLOCATE, size);
    if (BlockHeader.isOccupied(word)) {
      boolean orderExists = Integer.compareUnsigned(BlockHeader.order(word), heads.length) < 0;
      throw fault(
          orderExists ? AllocatorFault.OCCUPIED_LINK : AllocatorFault.INVALID_ORDER,
          Operation.ALLOCATE,
          size);
    }
    return BlockHeader.link(word);
  }

  private void bump(long taken, long memorySize, int size) {
    long end = bumper + taken;
    if (end > memorySize && !growTo(end)) {
      throw fault(AllocatorFault.OUT_OF_SPACE, Operation.ALLOCATE, size);
    }
    // A growth already made stays.
    if (end >= ADDRESS_SPACE) {
      throw fault(AllocatorFault.ADDRESS_OVERFLOW, Operation.ALLOCATE, size);
    }
    FlatMemory main = flat;
    if (main != null) {
      // The guest is about to write here. What it does with a large block is not known.
      main.materialiseTo(taken <= LARGEST_EAGER ? end : bumper + HEADER_BYTES);
    }
    bumper = end;
  }

  /** Doubles the memory, or more if that is required; there is no second try for less. */
  private boolean growTo(long end) {
    int current = memory.pages();
    int maximum = memory.maximumPages();
    long required = pagesFor(end);
    if (current >= maximum || required > maximum) {
      return false;
    }
    long target = Math.max(Math.min(2L * current, maximum), required);
    return grower.grow(current, (int) target);
  }

  private long readHeader(long header, Operation operation, int operand) {
    try {
      FlatMemory main = flat;
      return main != null ? main.readLong((int) header) : memory.readLong((int) header);
    } catch (MemoryAccessException | IndexOutOfBoundsException e) {
      throw fault(AllocatorFault.READ_OUT_OF_BOUNDS, operation, operand);
    }
  }

  private void writeHeader(long header, long word, Operation operation, int operand) {
    try {
      FlatMemory main = flat;
      if (main != null) {
        main.writeLong((int) header, word);
      } else {
        memory.writeLong((int) header, word);
      }
    } catch (MemoryAccessException | IndexOutOfBoundsException e) {
      throw fault(AllocatorFault.WRITE_OUT_OF_BOUNDS, operation, operand);
    }
  }

  private AllocatorException fault(AllocatorFault fault, Operation operation, int operand) {
    poison = fault;
    expectedSize = UNKNOWN_SIZE;
    return new AllocatorException(fault, operation, operand);
  }

  /**
   * The fault that poisoned this allocator: the first cause, not the refusals after it.
   *
   * @return the fault, or {@code null} if the allocator is healthy
   */
  public @Nullable AllocatorFault poison() {
    return poison;
  }

  /**
   * Where the heap begins.
   *
   * @return address, u32, a multiple of 8
   */
  public long heapBase() {
    return heapBase;
  }

  /**
   * The largest block.
   *
   * @return the limit that the allocator was made with
   */
  public BlockLimit blockLimit() {
    return blockLimit;
  }

  /**
   * The memory's size at the last operation, 0 if there was none since the reset.
   *
   * @return bytes
   */
  public long observedMemorySize() {
    return observedSize;
  }

  /**
   * The first free header of an order.
   *
   * @param order 0 up to 22 or 28
   * @return address, u32; -1 if the list is empty
   */
  public long freeListHead(int order) {
    return heads[order] == BlockHeader.NIL ? -1 : Integer.toUnsignedLong(heads[order]);
  }

  /**
   * How many orders of blocks there are.
   *
   * @return 23 or 29
   */
  public int orders() {
    return heads.length;
  }

  /**
   * What was done since the last reset.
   *
   * @return a snapshot
   */
  public AllocatorStatistics statistics() {
    long highestBumper = bumper - bumpedInVain;
    return new AllocatorStatistics(
        bytesAllocated,
        bytesAllocatedPeak,
        bytesAllocatedSum,
        highestBumper - heapBase,
        bumper,
        highestBumper,
        allocations,
        deallocations);
  }
}
