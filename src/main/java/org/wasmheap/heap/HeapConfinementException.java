package org.wasmheap.heap;

import org.wasmheap.memory.WasmHeapException;

/**
 * A heap was used by a thread that does not own it, or through a handle whose call has ended: a bug
 * in the embedding code.
 *
 * <p>Nothing was changed. Use a handle on the thread that got it, and let go of it when the call
 * returns; copy out what is to outlive the call.
 */
public final class HeapConfinementException extends WasmHeapException {
  private static final long serialVersionUID = 1L;

  HeapConfinementException(String message) {
    super(message, null);
  }

  /** {@inheritDoc} Always {@code false}: it is the host's mistake. */
  @Override
  public boolean isDeterministic() {
    return false;
  }
}
