package org.wasmheap.heap;

import java.util.Objects;
import org.wasmheap.allocator.AllocatorException;
import org.wasmheap.memory.GrowthRefusedException;
import org.wasmheap.memory.LinearMemory;
import org.wasmheap.memory.MemoryAccessException;
import org.wasmheap.text.Printable;

/**
 * A heap, for the length of one call and on the thread of that call.
 *
 * <p>Every method checks both and throws {@link HeapConfinementException} otherwise, also when the
 * same thread is already in a later call on the same heap, and while a hook, an observer or the
 * growth policy of the heap is being asked or told something. Addresses and sizes are u32.
 */
public final class HeapHandle {
  private final HeapView heap;
  private final HeapOperations operations;
  private final Thread thread;
  private final long generation;

  HeapHandle(HeapView heap, HeapOperations operations, Thread thread, long generation) {
    this.heap = heap;
    this.operations = operations;
    this.thread = thread;
    this.generation = generation;
  }

  /**
   * Hands out a block.
   *
   * @param size bytes, u32
   * @return pointer, u32, a multiple of 8
   * @throws AllocatorException if the allocator fails: the heap is poisoned, the call fails
   * @throws GrowthRefusedException if the host refused memory: the heap is aborted, the call fails;
   *     also if the call has failed before
   */
  public int malloc(int size) {
    check();
    return operations.malloc(size);
  }

  /**
   * Takes a block back.
   *
   * @param pointer as {@link #malloc} returned it, u32
   * @throws AllocatorException if the allocator fails: the heap is poisoned, the call fails
   * @throws GrowthRefusedException if the call has failed before
   */
  public void free(int pointer) {
    check();
    operations.free(pointer);
  }

  /**
   * The guest's {@code memory.grow}.
   *
   * @param deltaPages pages to add, u32
   * @return pages before, or -1 if the memory's maximum does not allow it
   * @throws GrowthRefusedException if the maximum allows it and the host does not: the heap is
   *     aborted, the call fails; also if the call has failed before
   */
  public int growMemory(int deltaPages) {
    check();
    return operations.growForGuest(deltaPages);
  }

  /**
   * Copies bytes out of the memory, into an array as long as they are.
   *
   * <p>WARNING: a guest may name all of its memory, also such as was never written to and takes no
   * real memory. Where a length is the guest's, bound it, or read piece by piece with {@link
   * #read(int, byte[], int, int)}.
   *
   * @param address first byte, u32
   * @param length bytes, u32; must fit a Java array
   * @return a new array
   * @throws MemoryAccessException if the range leaves the memory
   */
  public byte[] read(int address, int length) {
    check();
    requireInside(address, length);
    byte[] copy = new byte[length];
    heap.memory().read(address, copy, 0, length);
    return copy;
  }

  /**
   * Copies bytes out of the memory, into an array of the caller's.
   *
   * @param address first byte, u32
   * @param destination where they go
   * @param offset index of the first byte in {@code destination}
   * @param length bytes, 0 and up
   * @throws IndexOutOfBoundsException if {@code destination} has no such range
   * @throws MemoryAccessException if the range leaves the memory; nothing is copied
   */
  public void read(int address, byte[] destination, int offset, int length) {
    check();
    Objects.checkFromIndexSize(offset, length, destination.length);
    requireInside(address, length);
    heap.memory().read(address, destination, offset, length);
  }

  /**
   * Copies bytes into the memory.
   *
   * @param address first byte, u32
   * @param bytes what to write
   * @throws MemoryAccessException if the range leaves the memory; nothing is written
   * @throws GrowthRefusedException if the JVM has no memory for it: the heap is aborted, the call
   *     fails
   */
  public void write(int address, byte[] bytes) {
    check();
    requireInside(address, bytes.length);
    operations.write(address, bytes);
  }

  /**
   * Tells that the call fails, unless it has failed before: the first cause counts, over heap and
   * guest together. Afterwards the heap does nothing more in this call. For engines, and for those
   * who know that a guest broke a convention.
   *
   * @param cause what the call fails with, whatever its own code does afterwards
   */
  public void fail(Throwable cause) {
    check();
    operations.fail(cause);
  }

  /**
   * Here for every kind of memory: a guest's wild pointer is its trap, whatever the memory says.
   */
  private void requireInside(int address, int length) {
    LinearMemory memory = heap.memory();
    long bytes = Integer.toUnsignedLong(length);
    if (length < 0 || Integer.toUnsignedLong(address) + bytes > memory.sizeInBytes()) {
      throw new MemoryAccessException(address, bytes, memory.sizeInBytes());
    }
  }

  /**
   * The logical size of the memory.
   *
   * @return bytes
   */
  public long memoryBytes() {
    check();
    return heap.memory().sizeInBytes();
  }

  /**
   * The name of the heap; from any thread, at any time.
   *
   * @return pool and number
   */
  public String heapName() {
    return heap.name();
  }

  /**
   * The name of the pool; from any thread, at any time.
   *
   * @return as the pool was named
   */
  public String poolName() {
    return heap.pool();
  }

  /**
   * The heap's count of calls, this one included; from any thread, at any time.
   *
   * @return 1 and up
   */
  public long generation() {
    return generation;
  }

  /**
   * Does nothing in the call of this handle, on its thread.
   *
   * @throws HeapConfinementException anywhere else
   */
  public void check() {
    if (Thread.currentThread() != thread || !heap.isAllowed(this)) {
      throw confined();
    }
  }

  /**
   * Whether the calling thread is the one that got this handle, also when the handle is dead.
   *
   * @return {@code false} on all other threads
   */
  public boolean isOnItsThread() {
    return Thread.currentThread() == thread;
  }

  /** Out of line, so that the check itself stays small. */
  private HeapConfinementException confined() {
    return HeapConfinementException.handle(
        heap.name(), thread, generation, heap.state(), heap.generation(), heap.telling.set);
  }

  @Override
  public String toString() {
    return "HeapHandle[" + Printable.name(heap.name()) + ", generation " + generation + "]";
  }
}
