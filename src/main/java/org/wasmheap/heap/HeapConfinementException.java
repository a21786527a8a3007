package org.wasmheap.heap;

import org.jspecify.annotations.Nullable;
import org.wasmheap.memory.WasmHeapException;
import org.wasmheap.text.Printable;

/**
 * A heap was used by a thread that does not own it, or through a handle whose call has ended: a bug
 * in the embedding code.
 *
 * <p>Nothing was changed. Use a handle on the thread that got it, and let go of it when the call
 * returns; copy out what is to outlive the call.
 */
public final class HeapConfinementException extends WasmHeapException {
  private static final long serialVersionUID = 1L;

  private HeapConfinementException(String message) {
    super(message, null);
  }

  /** A thread that does not own the heap did what only its owner may do. */
  static HeapConfinementException notOwner(String heap, @Nullable Thread owner, String action) {
    return new HeapConfinementException(
        "heap "
            + Printable.name(heap)
            + " belongs to "
            + (owner == null ? "no thread" : "thread '" + nameOf(owner) + "'")
            + "; thread '"
            + nameOf(Thread.currentThread())
            + "' may not "
            + action
            + " it");
  }

  /**
   * A handle was used on another thread than its own, after its call, or by a hook.
   *
   * @param thread the handle's own
   * @param generation the handle's own
   * @param now the heap's generation now
   * @param telling whether a hook of the heap is told something; of use on its own thread alone
   */
  static HeapConfinementException handle(
      String heap, Thread thread, long generation, Object state, long now, boolean telling) {
    boolean own = Thread.currentThread() == thread && now == generation;
    return new HeapConfinementException(
        "heap "
            + Printable.name(heap)
            + " was used through the handle of generation "
            + generation
            + ", which belongs to thread '"
            + nameOf(thread)
            + "', by thread '"
            + nameOf(Thread.currentThread())
            + "' while the heap is "
            + state
            + " in generation "
            + now
            + (own
                ? ownFault(telling)
                : "; use a handle only on its own thread and until its call returns"));
  }

  private static String ownFault(boolean telling) {
    return telling
        ? "; nothing may be done through it while a hook is told of it: look at the HeapView"
        : "; its call is over, or was given up since it did not return in time";
  }

  /** Threads of pools have names that are escaped already. */
  private static String nameOf(Thread thread) {
    return Printable.text(thread.getName(), Printable.MAX_NAME);
  }

  /** {@inheritDoc} Always {@code false}: it is the host's mistake. */
  @Override
  public boolean isDeterministic() {
    return false;
  }
}
