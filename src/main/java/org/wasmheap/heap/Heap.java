package org.wasmheap.heap;

import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.wasmheap.allocator.BlockLimit;
import org.wasmheap.memory.LinearMemory;
import org.wasmheap.memory.WasmHeapException;
import org.wasmheap.text.Printable;

/**
 * One allocator on one memory with one owner.
 *
 * <ol>
 *   <li>At every instant a heap has at most one owner thread; it alone begins calls and resets.
 *   <li>A call gets a {@link HeapHandle} that no other thread and no other call can use.
 *   <li>After {@link #reset()} memory content, logical size and allocator are those of a new heap.
 *   <li>An allocator's fault poisons the heap; a refusal by the host aborts it. Either is final
 *       until the reset, and a host function that swallows the exception cannot make the call
 *       succeed.
 *   <li>A call has one first cause of its failure: a fault, a refusal, what the guest ended with,
 *       or its interruption. It is kept until the reset, and what comes after it is refused.
 * </ol>
 *
 * <p>Executors make heaps and drive them; the code that runs in a call sees only the handle, and
 * listeners see only the {@link HeapView}.
 */
public final class Heap {
  private final HeapView view;
  private final LinearMemory memory;
  private final HeapListener listener;
  private final HeapOperations operations;

  /** Whether a call has begun and not ended. The owner's alone. */
  private boolean inCall;

  /** Whether the listener has heard of this heap. The owner's alone. */
  private boolean announced;

  /**
   * A heap that nobody owns yet.
   *
   * @param pool name of the pool, for logs
   * @param name name of the heap, unique in its pool, for logs
   * @param memory pristine memory of a guest; its {@link LinearMemory#restore()} must work
   * @param heapBase where the allocator begins, u32
   * @param blockLimit the largest block
   * @param policy has a say in growth
   * @param listener hooks
   * @throws IllegalArgumentException if the heap base is out of range
   */
  public Heap(
      String pool,
      String name,
      LinearMemory memory,
      int heapBase,
      BlockLimit blockLimit,
      GrowthPolicy policy,
      HeapListener listener) {
    this.view = new HeapView(pool, name, memory);
    this.memory = memory;
    this.listener = HeapListener.all(listener);
    HeapEvents events = new HeapEvents(view, false);
    this.operations = new HeapOperations(view, heapBase, blockLimit, policy, this.listener, events);
  }

  /**
   * Brings about each failure of a heap once, on a heap of its own, so that nothing of it is used
   * for the first time where a guest wants it: a class that dies in its initialisation, since the
   * stack ends there, is dead for the whole JVM. Logs one event, so that what writes the log has
   * written, too. Executors and engines call it; it does its work once in a JVM.
   */
  public static void preload() {
    HeapPreloader.ensure();
  }

  /**
   * Makes the calling thread the owner.
   *
   * @throws HeapConfinementException if the heap has an owner, or is retired
   */
  public void claim() {
    if (!view.take()) {
      throw view.notOwner("claim");
    }
    if (!announced) {
      announced = true;
      listener.created(view);
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
    view.giveUp();
  }

  /**
   * Kills the handle of the call that runs: from any thread, for a call whose thread does not come
   * back. The owner must not begin another call on this heap.
   */
  public void revoke() {
    view.allow(null);
  }

  /**
   * Begins a call.
   *
   * @param callNumber number of the call, for logs
   * @param callName name of the call, for logs
   * @return the handle, valid on this thread until {@link #reset()}, {@link #abort} or {@link
   *     #retire()}
   * @throws HeapConfinementException if the calling thread is not the owner
   * @throws IllegalStateException if the heap is not ready
   */
  public HeapHandle begin(long callNumber, String callName) {
    return begin(callNumber, callName, HeapOperations::never);
  }

  /**
   * Begins a call that may be interrupted: what fails after that is no first cause, and the heap
   * counts neither as poisoned nor as aborted by it.
   *
   * @param callNumber number of the call, for logs
   * @param callName name of the call, for logs
   * @param interrupted whether the call was interrupted; asked on this thread, when something fails
   * @return the handle, valid on this thread until {@link #reset()}, {@link #abort} or {@link
   *     #retire()}
   * @throws HeapConfinementException if the calling thread is not the owner
   * @throws IllegalStateException if the heap is not ready
   */
  public HeapHandle begin(long callNumber, String callName, BooleanSupplier interrupted) {
    requireDriver("begin");
    requireReady("begin a call");
    operations.begin(interrupted);
    long generation = view.nextGeneration(callNumber, callName);
    HeapHandle handle = new HeapHandle(view, operations, Thread.currentThread(), generation);
    inCall = true;
    view.allow(handle);
    OperationTap tap = view.tap();
    if (tap != null) {
      tap.began();
    }
    return handle;
  }

  /**
   * Ends the call as failed by the host's doing, unless it has failed already. The handle is dead.
   *
   * @param cause why
   * @throws HeapConfinementException if the calling thread is not the owner
   */
  public void abort(WasmHeapException cause) {
    requireDriver("abort");
    end();
    if (view.state() == HeapView.State.IN_CALL) {
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
    view.become(HeapView.State.READY);
    listener.reset(view, blocks);
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
      view.become(HeapView.State.RETIRED);
      operations.forget();
      listener.retired(view);
    } finally {
      view.become(HeapView.State.RETIRED);
      view.giveUp();
    }
  }

  private void end() {
    view.allow(null);
    if (inCall) {
      inCall = false;
      OperationTap tap = view.tap();
      if (tap != null) {
        tap.ended();
      }
    }
  }

  /**
   * The heap, to be looked at.
   *
   * @return always the same view
   */
  public HeapView view() {
    return view;
  }

  /**
   * Why the present call fails, if it does; on the owner's thread.
   *
   * @return the allocator's fault, the host's refusal, or what {@link HeapHandle#fail} told,
   *     whichever came first; kept until the heap is reset or retired
   */
  public @Nullable Throwable firstCause() {
    return operations.firstCause();
  }

  /**
   * Whether the present call was interrupted before it failed by its {@link #firstCause()}; on the
   * owner's thread. Then that is no verdict on the guest: it may be what an interrupted call did to
   * clean up.
   *
   * @return {@code false} also if the call has not failed
   */
  public boolean isInterruptedFirst() {
    return operations.isInterruptedFirst();
  }

  /**
   * The heap as it was when its allocator failed in the present call, if it did; on the owner's
   * thread. Taken whether or not anybody asks.
   *
   * @return the report, kept until the heap is reset or retired
   */
  public @Nullable PoisonReport poisonReport() {
    return operations.poisonReport();
  }

  @Override
  public String toString() {
    return view.toString();
  }

  private void requireReady(String action) {
    if (view.state() != HeapView.State.READY) {
      throw new IllegalStateException(
          "heap "
              + Printable.name(view.name())
              + " is "
              + view.state()
              + "; only a READY heap can "
              + action);
    }
  }

  /** The owner may drive the heap, but not from within a hook. */
  private void requireDriver(String action) {
    view.requireOwner(action);
    if (view.telling.set) {
      throw new IllegalStateException(
          "a hook may not " + action + " heap " + Printable.name(view.name()));
    }
  }
}
