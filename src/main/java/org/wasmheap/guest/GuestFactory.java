package org.wasmheap.guest;

import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.wasmheap.allocator.BlockLimit;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.memory.FlatMemory;
import org.wasmheap.memory.LinearMemory;
import org.wasmheap.memory.MemoryImage;

/**
 * Makes the guests of an executor.
 *
 * @param <G> what a call sees of a guest
 */
@FunctionalInterface
public interface GuestFactory<G> {
  /**
   * Makes a pristine instance. Called by many threads at once; it may take its time. An exception
   * is logged, and an instance asked for again later. When it has taken longer than the executor
   * allows, the thread is interrupted: it should then throw. The calling thread is a worker that
   * owns the instance for life; for calls that are made inside calls, it is one that only makes
   * instances.
   *
   * @return an instance that nobody else uses
   * @throws Exception if no instance can be made now
   */
  Instance<G> create() throws Exception;

  /**
   * Makes a pristine instance in the place of one that was {@linkplain Instance#discard()
   * discarded}, on its memory if this factory can: so that a call that fails costs little more than
   * one that does not.
   *
   * @param used what {@code discard()} of an instance of this factory gave, pristine; nobody else
   *     uses it
   * @return an instance that nobody else uses
   * @throws Exception if no instance can be made now; the memory is not used again
   */
  default Instance<G> create(LinearMemory used) throws Exception {
    used.discharge();
    return create();
  }

  /**
   * Bare heaps without a guest, for tests and for engines that are driven from outside.
   *
   * @param image pristine memory of each heap
   * @param heapBase where the allocator begins, u32
   * @param blockLimit the largest block
   * @return a factory whose calls see the handle of the heap
   */
  static GuestFactory<HeapHandle> bare(MemoryImage image, int heapBase, BlockLimit blockLimit) {
    Objects.requireNonNull(image, "image");
    return bare(() -> new FlatMemory(image), heapBase, blockLimit);
  }

  /**
   * Bare heaps over the embedder's own memories.
   *
   * @param memories gives a pristine memory that can be restored
   * @param heapBase where the allocator begins, u32
   * @param blockLimit the largest block
   * @return a factory whose calls see the handle of the heap
   */
  static GuestFactory<HeapHandle> bare(
      Supplier<? extends LinearMemory> memories, int heapBase, BlockLimit blockLimit) {
    Objects.requireNonNull(memories, "memories");
    return () -> new BareInstance(memories.get(), heapBase, blockLimit);
  }

  /**
   * A guest with its memory. One thread at a time uses it: for life, or, where it serves calls that
   * are made inside calls, for the length of a call; what one thread did, the next one sees. So it
   * must keep nothing in locals of a thread.
   *
   * @param <G> what a call sees of it
   */
  interface Instance<G> {
    /**
     * The guest's memory, which the executor makes a heap of and restores after each call.
     *
     * @return always the same memory
     */
    LinearMemory memory();

    /**
     * Where the allocator begins.
     *
     * @return u32
     */
    int heapBase();

    /**
     * The largest block that the allocator hands out.
     *
     * @return always the same limit
     */
    BlockLimit blockLimit();

    /**
     * Begins a call.
     *
     * @param scope what the call carries; dead when it ends
     * @return what the call may see; must refuse all work when {@code scope} is dead
     */
    G open(CallScope scope);

    /**
     * Ends a call that returned normally: lets go of its scope and puts back all that the guest
     * keeps outside its memory. An exception makes the executor discard the instance.
     */
    void close();

    /**
     * Compares the whole instance with a fresh one, after {@link #close()} and the restoring of its
     * memory.
     *
     * @return the first difference; {@code null} if there is none
     */
    default @Nullable String difference() {
      return memory().difference();
    }

    /**
     * The instance is out of use.
     *
     * @return its memory for {@link GuestFactory#create(LinearMemory)}, if it can serve another
     *     instance: restored, verified, and without spare memory; {@code null} if not
     */
    default @Nullable LinearMemory discard() {
      return null;
    }
  }
}
