package org.wasmheap.heap;

import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.wasmheap.allocator.AllocatorException;
import org.wasmheap.allocator.AllocatorStatistics;
import org.wasmheap.allocator.FreeingBumpAllocator;
import org.wasmheap.heap.HeapListener.GrowthCause;
import org.wasmheap.memory.GrowthRefusedException;
import org.wasmheap.memory.LinearMemory;
import org.wasmheap.memory.WasmHeapException;

/**
 * One allocator on one memory with one owner.
 *
 * <ol>
 *   <li>At every instant a heap has at most one owner thread; it alone begins calls and resets.
 *   <li>A call gets a {@link HeapHandle} that no other thread and no other call can use.
 *   <li>After {@link #reset()} memory content, logical size and allocator are those of a new heap.
 *   <li>An allocator's fault poisons the heap; a refusal by the host aborts it. Either is final
 *       until the reset, the first cause is kept, and a host function that swallows the exception
 *       cannot make the call succeed.
 * </ol>
 *
 * <p>Executors make and drive heaps; code that runs in a call sees only the handle.
 */
public final class Heap {
  private final String name;
  private final LinearMemory memory;
  private final FreeingBumpAllocator allocator;
  private final HeapListener listener;
  private final HeapEvents events;
  private final HeapGrowth growth;

  /** Taken by {@link #claim()} and given up by the owner alone; the exchange is atomic. */
  private final AtomicReference<@Nullable Thread> owner = new AtomicReference<>();

  /** Written by the owner; read by any thread, for messages and statistics. */
  private volatile State state = State.READY;

  /** Written by the owner; read by any thread, for messages and statistics. */
  private volatile long generation;

  /**
   * The handle of the call that runs, if one does. Written by the owner. Another thread that reads
   * it through a handle fails the thread check first, so no order is needed.
   */
  private @Nullable HeapHandle current;

  private @Nullable WasmHeapException firstCause;
  private @Nullable Observer observer;

  /** Where a heap is in its life. */
  public enum State {
    /** Pristine, waiting for a call. */
    READY,
    /** A call runs. */
    IN_CALL,
    /** The allocator failed; the call is lost. */
    POISONED,
    /** The host failed the call; nothing follows about the guest. */
    ABORTED,
    /** Out of use for ever. */
    RETIRED
  }

  /** Hears of each operation of a heap, on its owner's thread: for recorders. */
  public interface Observer {
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
   * A heap that nobody owns yet.
   *
   * @param pool name of the pool, for logs
   * @param name name of the heap, unique in the JVM, for logs
   * @param memory pristine memory of a guest; its {@link LinearMemory#restore()} must work
   * @param heapBase where the allocator begins, u32
   * @param blockLimit largest block, {@link FreeingBumpAllocator#ON_CHAIN_LIMIT} or {@link
   *     FreeingBumpAllocator#WIDE_LIMIT}
   * @param listener hooks
   * @throws IllegalArgumentException if heap base or limit is out of range
   */
  public Heap(
      String pool,
      String name,
      LinearMemory memory,
      int heapBase,
      int blockLimit,
      HeapListener listener) {
    this.events = new HeapEvents(pool);
    this.name = Objects.requireNonNull(name, "name");
    this.memory = Objects.requireNonNull(memory, "memory");
    this.listener = new GuardedListener(Objects.requireNonNull(listener, "listener"));
    this.growth = new HeapGrowth(this, this.listener, events);
    this.allocator = new FreeingBumpAllocator(memory, heapBase, blockLimit, this::growForAllocator);
  }

  // Life cycle: the owner's methods.

  /**
   * Makes the calling thread the owner.
   *
   * @throws HeapConfinementException if the heap has an owner, or is retired
   */
  public void claim() {
    if (state == State.RETIRED || !owner.compareAndSet(null, Thread.currentThread())) {
      throw HeapConfinementException.notOwner(this, "claim");
    }
    listener.created(this);
  }

  /**
   * Begins a call.
   *
   * @param callNumber number of the call, for logs
   * @param nameOfCall name of the call, for logs
   * @return the handle, valid on this thread until {@link #reset()}, {@link #abort} or {@link
   *     #retire()}
   * @throws HeapConfinementException if the calling thread is not the owner
   * @throws IllegalStateException if the heap is not ready
   */
  public HeapHandle begin(long callNumber, String nameOfCall) {
    requireOwner("begin");
    if (state != State.READY) {
      throw new IllegalStateException(
          "heap " + name + " is " + state + "; only a READY heap can begin a call");
    }
    long next = generation + 1;
    generation = next;
    state = State.IN_CALL;
    events.inCall(callNumber, nameOfCall);
    HeapHandle handle = new HeapHandle(this, Thread.currentThread(), next);
    current = handle;
    Observer hears = observer;
    if (hears != null) {
      hears.began(this);
    }
    return handle;
  }

  /**
   * Ends the call as lost by the host's doing, unless it is lost already. The handle is dead.
   *
   * @param cause why
   * @throws HeapConfinementException if the calling thread is not the owner
   */
  public void abort(WasmHeapException cause) {
    requireOwner("abort");
    end();
    if (state == State.IN_CALL) {
      markAborted(cause);
    }
  }

  /**
   * Ends the call and puts allocator, memory content and logical size back to pristine. The handle
   * is dead.
   *
   * @return blocks of memory that were put back
   * @throws HeapConfinementException if the calling thread is not the owner
   */
  public int reset() {
    requireOwner("reset");
    end();
    firstCause = null;
    allocator.reset();
    int blocks = memory.restore();
    state = State.READY;
    listener.reset(this, blocks);
    return blocks;
  }

  /**
   * Takes the heap out of use. The handle is dead.
   *
   * @throws HeapConfinementException if the calling thread is not the owner
   */
  public void retire() {
    requireOwner("retire");
    end();
    state = State.RETIRED;
    listener.retired(this);
    owner.set(null);
  }

  /**
   * Sets who hears of each operation, from the next call on.
   *
   * @param hears the observer
   * @throws HeapConfinementException if the calling thread is not the owner
   */
  public void observe(Observer hears) {
    requireOwner("observe");
    observer = Objects.requireNonNull(hears, "observer");
  }

  /**
   * Tells the listener that a call is over.
   *
   * @param report what the call was and took
   */
  public void completed(CallReport report) {
    listener.callCompleted(report);
  }

  private void end() {
    Observer hears = observer;
    if (current != null && hears != null) {
      hears.ended(this);
    }
    current = null;
  }

  // What a call does, through its handle.

  boolean isCurrent(HeapHandle handle) {
    return current == handle;
  }

  int malloc(int size) {
    if (firstCause != null) {
      refuseLost();
    }
    int pointer;
    try {
      pointer = allocator.allocate(size);
    } catch (AllocatorException e) {
      throw poisoned(e);
    } catch (GrowthRefusedException e) {
      throw aborted(e);
    }
    Observer hears = observer;
    if (hears != null) {
      hears.allocated(size, pointer);
    }
    return pointer;
  }

  void free(int pointer) {
    if (firstCause != null) {
      refuseLost();
    }
    try {
      allocator.deallocate(pointer);
    } catch (AllocatorException e) {
      throw poisoned(e);
    } catch (GrowthRefusedException e) {
      throw aborted(e);
    }
    Observer hears = observer;
    if (hears != null) {
      hears.deallocated(pointer);
    }
  }

  int growForGuest(int deltaPages) {
    int from = memory.pages();
    long to = from + Integer.toUnsignedLong(deltaPages);
    if (to > memory.maximumPages()) {
      return -1;
    }
    try {
      boolean fits = deltaPages == 0 || growth.grow(from, (int) to, GrowthCause.GUEST, observer);
      return fits ? from : -1;
    } catch (GrowthRefusedException e) {
      throw aborted(e);
    }
  }

  void write(int address, byte[] bytes) {
    try {
      memory.write(address, bytes, 0, bytes.length);
    } catch (GrowthRefusedException e) {
      throw aborted(e);
    }
  }

  private boolean growForAllocator(int fromPages, int toPages) {
    return growth.grow(fromPages, toPages, GrowthCause.ALLOCATOR, observer);
  }

  private AllocatorException poisoned(AllocatorException fault) {
    firstCause = fault;
    state = State.POISONED;
    events.poisoned(this, fault);
    Observer hears = observer;
    if (hears != null) {
      hears.failed(fault);
    }
    listener.poisoned(this, fault);
    return fault;
  }

  private GrowthRefusedException aborted(GrowthRefusedException refusal) {
    markAborted(refusal);
    return refusal;
  }

  private void markAborted(WasmHeapException cause) {
    firstCause = cause;
    state = State.ABORTED;
    events.aborted(this, cause);
  }

  /** An operation after the call was lost: the allocator's own refusal, or the host's again. */
  private void refuseLost() {
    if (firstCause instanceof GrowthRefusedException refusal) {
      throw new GrowthRefusedException(
          "heap " + name + " was aborted in this call, and stays so until its reset", refusal);
    }
  }

  // State, for anybody.

  /**
   * Where the heap is in its life; from any thread, a recent value.
   *
   * @return the state
   */
  public State state() {
    return state;
  }

  /**
   * How many calls were begun; from any thread, a recent value.
   *
   * @return 0 and up
   */
  public long generation() {
    return generation;
  }

  /**
   * The name of the heap.
   *
   * @return pool and number
   */
  public String name() {
    return name;
  }

  /**
   * The memory, which is the owner's but for {@link LinearMemory#materialisedBytes()}.
   *
   * @return the memory
   */
  public LinearMemory memory() {
    return memory;
  }

  /**
   * Where the allocator begins.
   *
   * @return address, u32, a multiple of 8
   */
  public long heapBase() {
    return allocator.heapBase();
  }

  /**
   * The largest block.
   *
   * @return bytes
   */
  public long blockLimit() {
    return allocator.limit();
  }

  /**
   * What the allocator did since the last reset; on the owner's thread.
   *
   * @return a snapshot
   */
  public AllocatorStatistics statistics() {
    return allocator.statistics();
  }

  /**
   * Why the present call is lost, if it is; on the owner's thread.
   *
   * @return the allocator's fault or the host's refusal, whichever came first
   */
  public @Nullable WasmHeapException firstCause() {
    return firstCause;
  }

  @Override
  public String toString() {
    return "Heap[" + name + ", " + state + ", generation " + generation + "]";
  }

  private void requireOwner(String action) {
    if (owner.get() != Thread.currentThread()) {
      throw HeapConfinementException.notOwner(this, action);
    }
  }

  /** The owner, for messages. */
  @Nullable Thread owner() {
    return owner.get();
  }
}
