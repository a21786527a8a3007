package org.wasmheap.heap;

import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.wasmheap.allocator.AllocatorStatistics;
import org.wasmheap.allocator.BlockLimit;
import org.wasmheap.allocator.FreeingBumpAllocator;
import org.wasmheap.memory.LinearMemory;
import org.wasmheap.text.EventRates;
import org.wasmheap.text.Printable;

/**
 * A heap, to be looked at: what hooks, statistics and reports see of it.
 *
 * <p>Name, state and generation may be asked from any thread, and are then recent values; all else
 * is for the thread that owns the heap, which is the one that a hook runs on.
 */
public final class HeapView {
  private final String pool;
  private final String name;
  private final LinearMemory memory;

  /** Set once, before any other thread can see this object. */
  private @Nullable FreeingBumpAllocator allocator;

  /**
   * Taken by {@link #take} and given up by the owner alone; the exchange is atomic. It orders all
   * that is the owner's alone, here and in the memory: what one owner wrote before it gave the heap
   * up, the next one finds.
   */
  private final AtomicReference<@Nullable Thread> owner = new AtomicReference<>();

  // Both: written by the owner; read by any thread, for messages and statistics.
  private volatile State state = State.READY;
  private volatile long generation;

  /**
   * The handle that may be used. Written by the owner when a call begins and ends, and cleared by
   * whoever gives the call up; volatile, so that no use that begins afterwards finds it.
   */
  private volatile @Nullable Object validHandle;

  // The call that runs or ran last. The owner's alone.
  private long call = -1;
  private @Nullable String callName;
  private int pagesBefore;

  /** What hears of each operation; {@code null} if nothing does. The owner's alone. */
  private @Nullable OperationTap tap;

  /** How often events of this heap are written: shared with the others of its pool. */
  final EventRates events;

  final HookMark telling;

  /** Where a heap is in its life. */
  public enum State {
    /** Pristine, waiting for a call. */
    READY,
    /** A call runs. */
    IN_CALL,
    /** The allocator failed, and with it the call. */
    POISONED,
    /** The host failed the call; nothing follows about the guest. */
    ABORTED,
    /** Out of use for ever. */
    RETIRED
  }

  HeapView(String pool, String name, LinearMemory memory) {
    this.pool = Objects.requireNonNull(pool, "pool");
    this.name = Objects.requireNonNull(name, "name");
    this.memory = Objects.requireNonNull(memory, "memory");
    EventRates ofPool = EventRates.find(pool);
    this.events = ofPool == null ? EventRates.unnamed(System::nanoTime) : ofPool;
    this.telling = new HookMark(events);
  }

  // For anybody who looks.

  /**
   * The name of the pool.
   *
   * @return as it was set
   */
  public String pool() {
    return pool;
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
   * The call that runs or ran last; on the owner's thread.
   *
   * @return its number; -1 if there was none
   */
  public long call() {
    return call;
  }

  /**
   * The name of that call; on the owner's thread.
   *
   * @return as its caller named it; {@code null} if there was none
   */
  public @Nullable String callName() {
    return callName;
  }

  /**
   * The memory, to be read by the owner, and to be asked from any thread what {@link LinearMemory}
   * allows any thread.
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
    return allocator().heapBase();
  }

  /**
   * The largest block.
   *
   * @return the limit
   */
  public BlockLimit blockLimit() {
    return allocator().blockLimit();
  }

  /**
   * What the allocator did since the last reset; on the owner's thread.
   *
   * @return a snapshot
   */
  public AllocatorStatistics statistics() {
    return allocator().statistics();
  }

  /**
   * Sets the observer of each operation, from the next call on; in {@link HeapListener#created},
   * say.
   *
   * @param observer hears of each
   * @throws HeapConfinementException if the calling thread is not the owner
   */
  public void observe(HeapObserver observer) {
    requireOwner("observe");
    tap = OperationTap.observing(telling, tap, Objects.requireNonNull(observer, "observer"));
  }

  /**
   * Keeps the last 64 operations of each call, from the next call on, for the report on a poison;
   * in {@link HeapListener#created}, say. It is not done unless asked for, as a malloc or free
   * takes some tenth longer with it.
   *
   * @throws HeapConfinementException if the calling thread is not the owner
   */
  public void keepOperations() {
    requireOwner("keepOperations");
    tap = OperationTap.keeping(telling, tap);
  }

  @Override
  public String toString() {
    return "Heap[" + Printable.name(name) + ", " + state + ", generation " + generation + "]";
  }

  // Ownership and life, for Heap.

  void allocateWith(FreeingBumpAllocator made) {
    allocator = made;
  }

  /** Makes the calling thread the owner; {@code false} if there is one, or the heap is retired. */
  boolean take() {
    return state != State.RETIRED && owner.compareAndSet(null, Thread.currentThread());
  }

  void giveUp() {
    owner.set(null);
  }

  void requireOwner(String action) {
    if (owner.get() != Thread.currentThread()) {
      throw notOwner(action);
    }
  }

  HeapConfinementException notOwner(String action) {
    return HeapConfinementException.notOwner(name, owner.get(), action);
  }

  void become(State next) {
    state = next;
  }

  /** A call begins; gives the generation that it makes. */
  long nextGeneration(long callNumber, String nameOfCall) {
    long next = generation + 1;
    generation = next;
    state = State.IN_CALL;
    call = callNumber;
    callName = nameOfCall;
    pagesBefore = memory.pages();
    return next;
  }

  void allow(@Nullable Object handle) {
    validHandle = handle;
  }

  boolean isAllowed(Object handle) {
    return validHandle == handle && !telling.set;
  }

  // For the parts of a heap that tell of it.

  FreeingBumpAllocator allocator() {
    return Objects.requireNonNull(allocator, "set right after the constructor");
  }

  @Nullable OperationTap tap() {
    return tap;
  }

  /** The last operations of the present call, if they are kept. */
  List<PoisonReport.Operation> lastOperations() {
    return tap == null ? List.of() : tap.operations();
  }

  /** Logical size when it began. */
  int pagesBefore() {
    return pagesBefore;
  }
}
