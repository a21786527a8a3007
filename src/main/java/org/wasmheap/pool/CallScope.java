package org.wasmheap.pool;

import org.jspecify.annotations.Nullable;
import org.wasmheap.heap.HeapConfinementException;
import org.wasmheap.heap.HeapHandle;

/**
 * What a call carries to its guest and to the host functions: heap, host context, and the marks
 * round host functions, inside which the call is never interrupted.
 *
 * <p>Valid on the call's thread until the call ends; afterwards every method throws {@link
 * HeapConfinementException}, and so does the handle that {@link #heap()} gives.
 */
public final class CallScope {
  private final HeapHandle heap;
  private final @Nullable Object context;
  private final InterruptGate gate;

  /** The first failure of the guest in this call. The worker's alone. */
  private @Nullable Throwable lost;

  CallScope(HeapHandle heap, @Nullable Object context, InterruptGate gate) {
    this.heap = heap;
    this.context = context;
    this.gate = gate;
  }

  /**
   * The heap of this call.
   *
   * @return a handle that is valid as long as this scope
   */
  public HeapHandle heap() {
    return heap;
  }

  /**
   * What the caller gave the call for its host functions: the storage overlay of a block, say.
   *
   * @return as {@link CallOptions#context()} was, {@code null} if it was not given
   */
  public @Nullable Object context() {
    heap.check();
    return context;
  }

  /**
   * Enters a host function: from here to {@link #exitHost} a deadline or a cancellation waits, so
   * that it cannot close a channel or leave the host's state half changed.
   *
   * @return {@code false} if the call is inside a host function already; then do not exit
   * @throws CallException if the call was interrupted before this point
   */
  public boolean enterHost() {
    heap.check();
    return gate.enterHost();
  }

  /**
   * Leaves the host function that {@link #enterHost} entered.
   *
   * @throws CallException if the call was to be interrupted meanwhile
   */
  public void exitHost() {
    heap.check();
    gate.exitHost();
  }

  /**
   * Tells that the guest ended abnormally: from here on the call fails with this, whatever its own
   * code makes of the exception. For engines.
   *
   * @param failure what ended the guest; the first one counts
   */
  public void guestFailed(Throwable failure) {
    heap.check();
    if (lost == null) {
      lost = failure;
    }
  }

  @Nullable Throwable lost() {
    return lost;
  }
}
