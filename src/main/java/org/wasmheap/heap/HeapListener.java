package org.wasmheap.heap;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.wasmheap.allocator.AllocatorException;
import org.wasmheap.allocator.AllocatorException.Operation;
import org.wasmheap.allocator.AllocatorFault;
import org.wasmheap.allocator.AllocatorStatistics;
import org.wasmheap.allocator.HeapAudit;

/**
 * Hooks into the life of heaps and of the pools that they belong to; every method does nothing
 * unless overridden.
 *
 * <p>Each runs on the thread that its Javadoc names, in the midst of what it tells of: keep them
 * short, and neither block nor wait for calls in them. A call whose hook blocks is not over: past
 * its deadline it is given up, as if its host function had blocked; no other thread waits for it.
 *
 * <p>An exception in a hook, an {@link Error} included, is logged and suppressed, and no hook can
 * change a result; {@link #mayGrow} alone has a say, and what it refuses is the host's doing. A
 * heap that a hook is given is to be looked at: its life cycle's methods throw {@link
 * IllegalStateException} there, but for {@link Heap#observe} and {@link Heap#keepOperations}; its
 * memory is only to be read. One listener hears of many heaps, from many threads at once.
 */
public interface HeapListener {
  /** Hears nothing. For it alone no {@link CallReport} is made. */
  HeapListener NONE = new HeapListener() {};

  /** Who asked for a growth. */
  enum GrowthCause {
    /** The allocator, to satisfy a request. */
    ALLOCATOR,
    /** The guest's own {@code memory.grow}. */
    GUEST
  }

  /**
   * A heap took the place of one that was discarded.
   *
   * @param pool name of the pool
   * @param heap name of the new heap
   * @param replaced name of the heap that was discarded
   * @param reason the label of the {@link FailureKind} that ended the last call on the discarded
   *     one; {@code reset_failed} or {@code reset_incomplete} if it could not be put back; {@code
   *     given_up} if its thread came back too late; {@code lost} if the executor itself failed
   * @param nanos from the moment when the old one was discarded until the new one was ready, its
   *     factory's failures and the pauses after them included
   */
  record Replacement(String pool, String heap, String replaced, String reason, long nanos) {}

  /**
   * A call found no room in the queue.
   *
   * @param pool name of the pool
   * @param call number of the call, unique in its executor
   * @param name name of the call, for people
   * @param callClass label of the class whose places are taken
   * @param waiting calls of this class that wait
   * @param running calls of all classes that run
   * @param longestWaitNanos how long the oldest of the class has waited
   */
  record Rejection(
      String pool,
      long call,
      String name,
      String callClass,
      int waiting,
      int running,
      long longestWaitNanos) {}

  /**
   * One listener for several. Each hears of everything, in the order given; what one throws keeps
   * no other from hearing. Memory grows if all of them allow it; the first refusal stands, and
   * those after it are not asked.
   *
   * @param listeners who hears; nobody is allowed
   * @return a listener that tells them all
   */
  static HeapListener all(HeapListener... listeners) {
    return GuardedListener.of(listeners);
  }

  /**
   * A heap was made and has its owner. On the owner's thread, before the first call: a worker's, or
   * the one that makes instances in reserve.
   *
   * @param heap the heap, ready for calls
   */
  default void created(Heap heap) {}

  /**
   * The memory is about to grow, within its maximum. A refusal is the host's: the guest does not
   * see it, the call is aborted, and no verdict follows. An exception counts as a refusal. On the
   * thread of the call, in the middle of it.
   *
   * @param heap the heap in its call
   * @param fromPages logical size now
   * @param toPages logical size wanted
   * @param cause who asked
   * @return {@code false} to refuse
   */
  default boolean mayGrow(Heap heap, int fromPages, int toPages, GrowthCause cause) {
    return true;
  }

  /**
   * The memory has grown. On the thread of the call, in the middle of it.
   *
   * @param heap the heap in its call
   * @param fromPages logical size before
   * @param toPages logical size now
   * @param cause who asked
   */
  default void grown(Heap heap, int fromPages, int toPages, GrowthCause cause) {}

  /**
   * The allocator failed; told once for each poison, with its first cause. On the thread of the
   * call, in the middle of it.
   *
   * @param heap the heap in its call
   * @param cause the fault with the operation that met it
   * @param report what the heap was like at that moment
   */
  default void poisoned(Heap heap, AllocatorException cause, PoisonReport report) {}

  /**
   * A call is over and the heap is pristine again. On the thread of the call.
   *
   * @param heap the heap, ready for calls
   * @param blocksRestored blocks of memory that were put back
   */
  default void reset(Heap heap, int blocksRestored) {}

  /**
   * The heap will not be used again. On the thread that owns it at that time: that of its last
   * call, or for one that was idle, its worker's, the one that makes instances in reserve, or the
   * one that shuts the executor down.
   *
   * @param heap the heap
   */
  default void retired(Heap heap) {}

  /**
   * A call that ran on a heap is over, the heap is put back or retired, and the future of the call
   * is about to complete. On the thread of the call.
   *
   * @param report what the call was and took
   */
  default void callCompleted(CallReport report) {}

  /**
   * A heap has taken the place of one that was discarded. On the thread that owns the new one,
   * after {@link #created}, before its first call.
   *
   * @param heap the new heap, ready for calls
   * @param replacement which it replaces, why, and how long that took
   */
  default void replaced(Heap heap, Replacement replacement) {}

  /**
   * A call found no room in the queue, and its future has failed. On the thread that submitted it,
   * inside {@code submit}. Told of every such call, so possibly often.
   *
   * @param rejection which call, and what was in its way
   */
  default void rejected(Rejection rejection) {}

  /** Hears of each operation of a heap, on its owner's thread: for recorders. */
  interface Observer {
    /**
     * A call begins.
     *
     * @param heap the heap, pristine
     */
    void began(Heap heap);

    /**
     * A block was handed out.
     *
     * @param size bytes asked for, u32
     * @param pointer the block, u32
     */
    void allocated(int size, int pointer);

    /**
     * A block was taken back.
     *
     * @param pointer the block, u32
     */
    void deallocated(int pointer);

    /**
     * An operation failed.
     *
     * @param fault why
     */
    void failed(AllocatorException fault);

    /**
     * The memory has grown.
     *
     * @param fromPages logical size before
     * @param toPages logical size now
     * @param cause who asked
     */
    void grown(int fromPages, int toPages, GrowthCause cause);

    /**
     * The call is over, and nothing was put back yet.
     *
     * @param heap the heap as the call left it
     */
    void ended(Heap heap);
  }

  /**
   * A heap as it was when its allocator failed: for whoever must find out why. Immutable, and some
   * megabytes at most.
   *
   * @param heap name of the heap
   * @param generation the heap's count of calls, this one included
   * @param call number of the call
   * @param callName name of the call
   * @param operation the operation that failed
   * @param operand size or pointer, u32
   * @param fault why it failed
   * @param pagesBefore logical size when the call began
   * @param pages logical size now
   * @param maximumPages the size that the memory may grow to
   * @param heapBase where the heap begins, u32
   * @param blockLimit largest block, bytes
   * @param statistics what the allocator had done in this call, its bumper among it
   * @param lastOperations the last successful operations of this call, the oldest first; at most
   *     64, and none unless the heap was told to {@link Heap#keepOperations}
   * @param growths the last growths of this call, the oldest first; at most 16
   * @param badHeader address of the header that the operation met, or of the first bad one; -1 if
   *     none is known
   * @param bytesAddress address of the first of {@code bytes}; -1 without a bad header
   * @param bytes up to 64 bytes round the bad header, in lower-case hex
   * @param audit what the headers say; {@code null} if the memory could not be read
   */
  record PoisonReport(
      String heap,
      long generation,
      long call,
      String callName,
      Operation operation,
      long operand,
      AllocatorFault fault,
      int pagesBefore,
      int pages,
      int maximumPages,
      long heapBase,
      long blockLimit,
      AllocatorStatistics statistics,
      List<HeapOperation> lastOperations,
      List<Growth> growths,
      long badHeader,
      long bytesAddress,
      String bytes,
      @Nullable HeapAudit audit) {
    /** In short: the report itself may be long. */
    @Override
    public String toString() {
      return "PoisonReport["
          + heap
          + ", generation "
          + generation
          + ", call "
          + call
          + ", "
          + operation.verb()
          + " "
          + operand
          + ", "
          + fault
          + "]";
    }
  }

  /**
   * A successful operation of a heap.
   *
   * @param operand the size asked for, or the pointer given back; u32
   * @param pointer the pointer handed out, u32; 0 if one was given back
   */
  record HeapOperation(long operand, long pointer) {
    @Override
    public String toString() {
      return pointer == 0 ? "free " + operand : "malloc " + operand + " = " + pointer;
    }
  }

  /**
   * A growth of the memory.
   *
   * @param operations how many operations of the call came before it
   * @param fromPages logical size before
   * @param toPages logical size after
   * @param cause who asked
   */
  record Growth(long operations, int fromPages, int toPages, GrowthCause cause) {}
}
