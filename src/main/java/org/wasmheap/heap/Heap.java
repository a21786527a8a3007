package org.wasmheap.heap;

import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.wasmheap.allocator.AllocatorStatistics;
import org.wasmheap.allocator.BlockLimit;
import org.wasmheap.heap.HeapListener.HeapOperation;
import org.wasmheap.heap.HeapListener.Observer;
import org.wasmheap.heap.HeapListener.PoisonReport;
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
  private final GuardedListener listener;
  private final HeapOperations operations;
  private final CallHistory history;

  /**
   * Taken by {@link #claim()} and given up by the owner alone; the exchange is atomic. It orders
   * all that is the owner's alone, here and in the memory: what one owner wrote before it gave the
   * heap up, the next one finds.
   */
  private final AtomicReference<@Nullable Thread> owner = new AtomicReference<>();

  // Both: written by the owner; read by any thread, for messages and statistics.
  private volatile State state = State.READY;
  private volatile long generation;

  /**
   * The handle that may be used. Written by the owner when a call begins and ends, and cleared by
   * whoever gives the call up; volatile, so that no use that begins afterwards finds it.
   */
  private volatile @Nullable HeapHandle current;

  /** Whether a call has begun and not ended. The owner's alone. */
  private boolean inCall;

  /** Whether the listener has heard of this heap. The owner's alone. */
  private boolean announced;

  /** Who hears of each operation: the ring, if there is one, and who it tells. Owner's alone. */
  private @Nullable Observer observer;

  private @Nullable OperationRing ring;

  /** Whether hooks run, which may look at the heap and not drive it. The owner's alone. */
  boolean telling;

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

  /**
   * A heap that nobody owns yet.
   *
   * @param pool name of the pool, for logs
   * @param name name of the heap, unique in the JVM, for logs
   * @param memory pristine memory of a guest; its {@link LinearMemory#restore()} must work
   * @param heapBase where the allocator begins, u32
   * @param blockLimit the largest block
   * @param listener hooks
   * @throws IllegalArgumentException if the heap base is out of range
   */
  public Heap(
      String pool,
      String name,
      LinearMemory memory,
      int heapBase,
      BlockLimit blockLimit,
      HeapListener listener) {
    this.name = Objects.requireNonNull(name, "name");
    this.memory = Objects.requireNonNull(memory, "memory");
    this.listener = GuardedListener.of(listener);
    this.history = new CallHistory(Objects.requireNonNull(pool, "pool"), this, this.listener);
    this.operations =
        new HeapOperations(this, heapBase, blockLimit, this.listener, new HeapEvents(pool));
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
    if (!announced) {
      announced = true;
      listener.created(this);
    }
  }

  /**
   * Gives the heap up, so that another thread may claim it.
   *
   * @throws HeapConfinementException if the calling thread is not the owner
   * @throws IllegalStateException if the heap is not ready
   */
  public void release() {
    requireDriver("release");
    requireReady("be released");
    owner.set(null);
  }

  /**
   * Kills the handle of the call that runs: from any thread, for a call whose thread does not come
   * back. The owner must not begin another call on this heap.
   */
  public void revoke() {
    current = null;
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
    requireDriver("begin");
    requireReady("begin a call");
    long next = generation + 1;
    generation = next;
    state = State.IN_CALL;
    HeapHandle handle = new HeapHandle(this, Thread.currentThread(), next, callNumber, nameOfCall);
    inCall = true;
    history.began(handle);
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
    requireDriver("abort");
    end();
    if (state == State.IN_CALL) {
      operations.abort(cause);
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
    requireDriver("reset");
    end();
    operations.reset();
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
    requireDriver("retire");
    try {
      end();
      state = State.RETIRED;
      listener.retired(this);
    } finally {
      state = State.RETIRED;
      owner.set(null);
    }
  }

  /**
   * Sets who hears of each operation, from the next call on.
   *
   * @param hears the observer
   * @throws HeapConfinementException if the calling thread is not the owner
   */
  public void observe(Observer hears) {
    requireOwner("observe");
    observer = new GuardedObserver(Objects.requireNonNull(hears, "observer"));
    if (ring != null) {
      ring = new OperationRing(observer);
      observer = ring;
    }
  }

  /**
   * Keeps the last 64 operations of each call, from the next call on, for the report on a poison:
   * in {@link HeapListener#created}, say. Not done by itself, as a malloc or free takes some tenth
   * longer with it.
   *
   * @throws HeapConfinementException if the calling thread is not the owner
   */
  public void keepOperations() {
    requireOwner("keepOperations");
    if (ring == null) {
      ring = new OperationRing(observer);
      observer = ring;
    }
  }

  /**
   * Counts the call that ended last, and reports it if there is a listener.
   *
   * @param callClass label of what it was made for
   * @param failure how it failed, {@code null} if it did not
   * @param queueNanos time from its submission to its beginning
   * @param runNanos time from there to its end
   * @param resetNanos time that the reset took
   * @param blocksRestored what {@link #reset()} returned
   */
  public void completed(
      String callClass,
      @Nullable FailureKind failure,
      long queueNanos,
      long runNanos,
      long resetNanos,
      int blocksRestored) {
    history.completed(callClass, failure, queueNanos, runNanos, resetNanos, blocksRestored);
  }

  private void end() {
    current = null;
    if (inCall) {
      inCall = false;
      history.ended(operations.allocator(), memory.pages());
      Observer hears = observer;
      if (hears != null) {
        hears.ended(this);
      }
    }
  }

  // For the handle of the call, and for what it does.

  boolean isCurrent(HeapHandle handle) {
    return current == handle;
  }

  HeapOperations operations() {
    return operations;
  }

  @Nullable Observer observer() {
    return observer;
  }

  /** The last operations of the present call, if they are kept. */
  List<HeapOperation> lastOperations() {
    return ring == null ? List.of() : ring.operations();
  }

  /** The call is lost; the state says by whose doing. */
  void lost(State how) {
    state = how;
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
   * The memory, which is the owner's but for what {@link LinearMemory} allows any thread.
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
    return operations.allocator().heapBase();
  }

  /**
   * The largest block.
   *
   * @return the limit that the heap was made with
   */
  public BlockLimit blockLimit() {
    return operations.allocator().blockLimit();
  }

  /**
   * What the allocator did since the last reset; on the owner's thread.
   *
   * @return a snapshot
   */
  public AllocatorStatistics statistics() {
    return operations.allocator().statistics();
  }

  /**
   * How many calls failed; from any thread, a recent value.
   *
   * @return 0 and up
   */
  public long failures() {
    return history.failures();
  }

  /**
   * The call that ended last; from any thread, a recent value.
   *
   * @return {@code null} if there was none, or if there is no listener, since then none is made
   */
  public @Nullable CallReport lastReport() {
    return history.lastReport();
  }

  /**
   * Why the present call is lost, if it is; on the owner's thread.
   *
   * @return the allocator's fault or the host's refusal, whichever came first
   */
  public @Nullable WasmHeapException firstCause() {
    return operations.firstCause();
  }

  /**
   * The heap as it was when its allocator failed in the present call, if it did; on the owner's
   * thread. Taken whether or not anybody asks.
   *
   * @return the report, kept until the reset
   */
  public @Nullable PoisonReport poisonReport() {
    return operations.poisonReport();
  }

  @Override
  public String toString() {
    return "Heap[" + name + ", " + state + ", generation " + generation + "]";
  }

  private void requireReady(String action) {
    if (state != State.READY) {
      throw new IllegalStateException(
          "heap " + name + " is " + state + "; only a READY heap can " + action);
    }
  }

  private void requireOwner(String action) {
    if (owner.get() != Thread.currentThread()) {
      throw HeapConfinementException.notOwner(this, action);
    }
  }

  /** The owner may drive the heap, but not from within a hook. */
  private void requireDriver(String action) {
    requireOwner(action);
    if (telling) {
      throw new IllegalStateException("a hook may not " + action + " heap " + name);
    }
  }

  /** The call that runs or ran last. */
  @Nullable HeapHandle lastCall() {
    return history.lastCall();
  }

  /** The owner, for messages. */
  @Nullable Thread owner() {
    return owner.get();
  }
}
