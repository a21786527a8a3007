package org.wasmheap.memory;

import org.jspecify.annotations.Nullable;

/**
 * The host could not, or would not, provide memory that the module's limits allow: a growth policy
 * said no, the engine cannot address that much, or the JVM is out of memory.
 *
 * <p>The guest never sees this as -1, and no heap is poisoned by it: the call ends, and nothing
 * follows about its validity. Give the process more memory, or allow the growth, and call again.
 */
public final class GrowthRefusedException extends WasmHeapException {
  private static final long serialVersionUID = 1L;

  /**
   * Says who refused what.
   *
   * @param message what was asked for, who refused it and why
   * @param cause the failure behind it, if any
   */
  public GrowthRefusedException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /** {@inheritDoc} Always {@code false}: another host may have the memory. */
  @Override
  public boolean isDeterministic() {
    return false;
  }
}
